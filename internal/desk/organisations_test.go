package desk

import (
	"context"
	"errors"
	"strings"
	"testing"

	"noadesk/internal/store"
)

const uuid = "3f2b8c1e-0d4a-4c55-9c1f-6a7b8c9d0e1f"

var someone = store.Event{Actor: "test@example.org"}

func newDesk(t *testing.T) (*Desk, *store.Store) {
	t.Helper()
	db, err := store.Open(context.Background(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return New(db), db
}

func TestOrganisationIsFoundBySlugAndUUID(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d, db := newDesk(t)
	added, err := d.AddOrganisation(ctx, someone, " "+strings.ToUpper(uuid)+" ", " Räder für Köln GmbH ", "", true)
	if err != nil {
		t.Fatal(err)
	}
	if added.UUID != uuid || added.Slug != "raeder-fuer-koeln-gmbh" || added.Name != "Räder für Köln GmbH" || !added.Practice {
		t.Errorf("got %+v", added)
	}
	for _, text := range []string{added.Slug, uuid, strings.ToUpper(uuid)} {
		if got, err := d.Organisation(ctx, text); err != nil || got != added {
			t.Errorf("%s: got %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "other", "%"} {
		if _, err := d.Organisation(ctx, text); !errors.Is(err, ErrNotFound) {
			t.Errorf("%q: %v", text, err)
		}
	}
	records, err := db.Records(ctx, store.RecordQuery{Organisation: uuid})
	if err != nil || len(records) != 1 || records[0].Action != "organisation.add" || records[0].Detail["name"] != added.Name {
		t.Errorf("records %+v, %v", records, err)
	}
}

func TestWhatIsWrongWithAnOrganisationIsNamed(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d, _ := newDesk(t)
	other := strings.Replace(uuid, "3", "4", 1)
	if _, err := d.AddOrganisation(ctx, someone, uuid, "Berlin", "berlin", false); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ uuid, name, slug, field string }{
		"no uuid":      {"", "A", "", "uuid"},
		"url":          {"https://api.lock8.me/api/organizations/" + uuid + "/", "A", "", "uuid"},
		"short":        {uuid[:35], "A", "", "uuid"},
		"known uuid":   {uuid, "A", "", "uuid"},
		"no name":      {other, "  ", "", "name"},
		"long name":    {other, strings.Repeat("ä", 129), "", "name"},
		"line in name": {other, "a\nb", "", "name"},
		"broken name":  {other, "a\xff", "", "name"},
		"known slug":   {other, "A", "berlin", "slug"},
		"capital slug": {other, "A", "Berlin", "slug"},
		"path in slug": {other, "A", "a/b", "slug"},
		"long slug":    {other, "A", strings.Repeat("a", 33), "slug"},
		"umlaut slug":  {other, "A", "köln", "slug"},
		"slug is dots": {other, "A", "..", "slug"},
		"newline slug": {other, "A", "a\nb", "slug"},
	} {
		_, err := d.AddOrganisation(ctx, someone, c.uuid, c.name, c.slug, false)
		var invalid Invalid
		if !errors.As(err, &invalid) || invalid.Field != c.field || invalid.Sentence == "" {
			t.Errorf("%s: got %v, want the field %s", name, err, c.field)
		}
	}
	if list, err := d.Organisations(ctx); err != nil || len(list) != 1 {
		t.Errorf("got %v, %v", list, err)
	}
}

func TestSlugsAreMadeFromNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Berlin":                       "berlin",
		"Noa Practice Fleet":           "noa-practice-fleet",
		"  --A & B--  ":                "a-b",
		"Łódź Rowery":                  "lodz-rowery",
		"Астана":                       "fleet",
		"":                             "fleet",
		"3f2b8c1e-0d4a-4c55-9c1f-6a7b": "3f2b8c1e-0d4a-4c55-9c1f-6a7b",
		strings.Repeat("ab ", 20):      "ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab",
		strings.Repeat("a", 31) + " b": strings.Repeat("a", 31),
	} {
		if got := slugOf(name); got != want {
			t.Errorf("slugOf(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestSlugsThatAreTakenGetANumber(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d, _ := newDesk(t)
	long := strings.Repeat("a", 40)
	for i, c := range []struct{ name, want string }{
		{"Berlin", "berlin"},
		{"berlin!", "berlin-2"},
		{"BERLIN", "berlin-3"},
		{long, long[:32]},
		{long, long[:30] + "-2"},
	} {
		o, err := d.AddOrganisation(ctx, someone, strings.Replace(uuid, "3f2b", "3f2"+string(rune('0'+i)), 1), c.name, "", false)
		if err != nil || o.Slug != c.want {
			t.Errorf("%s: got %q, want %q, %v", c.name, o.Slug, c.want, err)
		}
	}
}

func TestSavingKeepsTheSlug(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d, db := newDesk(t)
	if _, err := d.AddOrganisation(ctx, someone, uuid, "Berlin", "", false); err != nil {
		t.Fatal(err)
	}
	if err := d.SaveOrganisation(ctx, someone, uuid, "Hamburg", "Europe/Berlin"); err != nil {
		t.Fatal(err)
	}
	if o, err := d.Organisation(ctx, "berlin"); err != nil || o.Name != "Hamburg" || o.Zone != "Europe/Berlin" {
		t.Errorf("got %+v, %v", o, err)
	}
	records, err := db.Records(ctx, store.RecordQuery{Action: "organisation.save"})
	if err != nil || len(records) != 1 || !strings.Contains(records[0].Detail["name before"], "Berlin") || !strings.Contains(records[0].Detail["name"], "Hamburg") {
		t.Errorf("records %+v, %v", records, err)
	}
}

func TestWhatCannotBeSavedIsNamed(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d, _ := newDesk(t)
	added, err := d.AddOrganisation(ctx, someone, uuid, "Berlin", "", false)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, zone, field string }{
		{"", "", "name"}, {"A", "Mars/Olympus", "zone"}, {"A", "Local", "zone"}, {"A", "../etc/passwd", "zone"},
	} {
		var invalid Invalid
		if err := d.SaveOrganisation(ctx, someone, uuid, c.name, c.zone); !errors.As(err, &invalid) || invalid.Field != c.field {
			t.Errorf("%q, %q: %v", c.name, c.zone, err)
		}
	}
	if err := d.SaveOrganisation(ctx, someone, "nobody", "A", ""); !errors.Is(err, ErrNotFound) {
		t.Errorf("an unknown one: %v", err)
	}
	if o, err := d.Organisation(ctx, uuid); err != nil || o != added {
		t.Errorf("got %+v, %v", o, err)
	}
}

func TestZoneIsLearntWhereNobodyHasSetOne(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d, _ := newDesk(t)
	if _, err := d.AddOrganisation(ctx, someone, uuid, "Berlin", "", false); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct{ learn, want string }{
		{"", ""}, {"Mars/Olympus", ""}, {"Asia/Almaty", "Asia/Almaty"}, {"Europe/Berlin", "Asia/Almaty"},
	} {
		if err := d.LearnZone(ctx, someone, uuid, step.learn); err != nil {
			t.Errorf("%q: %v", step.learn, err)
		}
		if o, err := d.Organisation(ctx, uuid); err != nil || o.Zone != step.want || o.Name != "Berlin" {
			t.Errorf("%q: got %+v, %v", step.learn, o, err)
		}
	}
}
