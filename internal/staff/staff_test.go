package staff

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"noadesk/internal/store"
)

const fleet = "11111111-1111-4111-8111-111111111111"

var someone = store.Event{Actor: "test@example.org"}

// quick is a cost that tests can pay a thousand times.
var quick = cost{64, 1, 1}

// A clock stands still until a test moves it.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.UnixMilli(1_800_000_000_000).UTC()} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func newStaff(t testing.TB) (*Staff, *clock) {
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
	s, c := New(db), newClock()
	s.now, s.cost = c.now, quick
	exec(t, s, `INSERT INTO organisations (uuid, slug, name, created) VALUES ($1, 'fleet', 'Fleet', 1)`, fleet)
	return s, c
}

// exec changes the tables behind the staff's back.
func exec(t testing.TB, s *Staff, q string, args ...any) {
	t.Helper()
	err := s.db.Bookkeep(context.Background(), func(tx *store.Tx) error {
		_, err := tx.Exec(q, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

const password = "a long enough secret"

func add(t testing.TB, s *Staff, email string, role Role, org string) Person {
	t.Helper()
	p, err := s.Add(context.Background(), someone, NewPerson{Email: email, Name: "Somebody", Password: password, Role: role, Organisation: org})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func records(t testing.TB, s *Staff, action string) []store.Record {
	t.Helper()
	list, err := s.db.Records(context.Background(), store.RecordQuery{Action: action, Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestPeopleAreAddedAndFound(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, c := newStaff(t)
	if empty, err := s.Empty(ctx); err != nil || !empty {
		t.Errorf("empty: %t, %v", empty, err)
	}
	p, err := s.Add(ctx, someone, NewPerson{Email: " Aigul@Example.ORG ", Name: " Aigül ", Password: password, Role: Agent, Organisation: fleet})
	if err != nil {
		t.Fatal(err)
	}
	if p.Email != "aigul@example.org" || p.Name != "Aigül" || p.Roles[fleet] != Agent || p.Disabled || !p.Created.Equal(c.now()) || !p.LastSeen.IsZero() {
		t.Errorf("got %+v", p)
	}
	add(t, s, "admin@example.org", Admin, "")
	list, err := s.List(ctx)
	if err != nil || len(list) != 2 || list[0].ID != p.ID {
		t.Errorf("list %+v, %v", list, err)
	}
	if _, err := s.Person(ctx, "nobody"); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown: %v", err)
	}
	if empty, err := s.Empty(ctx); err != nil || empty {
		t.Errorf("empty: %t, %v", empty, err)
	}
	if list := records(t, s, "staff.add"); len(list) != 2 || list[1].Object != p.Email || list[1].Detail["role"] != "agent" || list[1].Organisation != fleet {
		t.Errorf("records %+v", list)
	}
}

func TestWhatIsWrongWithAnAccountIsNamed(t *testing.T) {
	t.Parallel()
	s, _ := newStaff(t)
	add(t, s, "taken@example.org", Viewer, "")
	good := NewPerson{Email: "aigul@example.org", Name: "Aigül", Password: password, Role: Viewer}
	for name, c := range map[string]struct {
		change func(*NewPerson)
		field  string
	}{
		"no e-mail":        {func(n *NewPerson) { n.Email = "" }, "email"},
		"no domain":        {func(n *NewPerson) { n.Email = "aigul" }, "email"},
		"with a name":      {func(n *NewPerson) { n.Email = "A <aigul@example.org>" }, "email"},
		"foreign letters":  {func(n *NewPerson) { n.Email = "аigul@example.org" }, "email"},
		"line end":         {func(n *NewPerson) { n.Email = "aigul@example.org\nBcc: x" }, "email"},
		"long e-mail":      {func(n *NewPerson) { n.Email = strings.Repeat("a", 250) + "@b.cd" }, "email"},
		"no name":          {func(n *NewPerson) { n.Name = " " }, "name"},
		"control in name":  {func(n *NewPerson) { n.Name = "a\x1b[0m" }, "name"},
		"no role":          {func(n *NewPerson) { n.Role = "" }, "role"},
		"unknown role":     {func(n *NewPerson) { n.Role = "root" }, "role"},
		"no organisation":  {func(n *NewPerson) { n.Organisation = "nobody" }, "organisation"},
		"short password":   {func(n *NewPerson) { n.Password = "14 characters " }, "password"},
		"long password":    {func(n *NewPerson) { n.Password = strings.Repeat("ä", 257) }, "password"},
		"broken password":  {func(n *NewPerson) { n.Password = password + "\xff" }, "password"},
		"name in password": {func(n *NewPerson) { n.Password = "Aigul aigul AIGUL!" }, "password"},
		"desk in password": {func(n *NewPerson) { n.Password = "NoaDesk-noadesk-1" }, "password"},
		"empty password":   {func(n *NewPerson) { n.Password = "" }, "password"},
	} {
		n := good
		c.change(&n)
		_, err := s.Add(context.Background(), someone, n)
		var invalid Invalid
		if !errors.As(err, &invalid) || invalid.Field != c.field || invalid.Sentence == "" {
			t.Errorf("%s: got %v, want the field %s", name, err, c.field)
		}
	}
	good.Email = "TAKEN@example.org"
	if _, err := s.Add(context.Background(), someone, good); !errors.Is(err, ErrTaken) {
		t.Errorf("taken: %v", err)
	}
	if list := records(t, s, "staff.add"); len(list) != 1 {
		t.Errorf("%d records", len(list))
	}
}

func TestLongestAndOddestPasswordsWork(t *testing.T) {
	t.Parallel()
	s, _ := newStaff(t)
	for i, p := range []string{strings.Repeat("ä", 15), strings.Repeat("🚲", 256), "with a \x00 within it", "     spaces     ", "my noadesk password"} {
		email := fmt.Sprintf("person%d@example.org", i)
		if _, err := s.Add(context.Background(), someone, NewPerson{Email: email, Name: "A", Password: p, Role: Viewer}); err != nil {
			t.Errorf("%d: %v", i, err)
			continue
		}
		if _, err := s.SignIn(context.Background(), email, p); err != nil {
			t.Errorf("%d: %v", i, err)
		}
		if _, err := s.SignIn(context.Background(), email, p[:len(p)-1]); !errors.Is(err, ErrSignIn) {
			t.Errorf("%d cut short: %v", i, err)
		}
	}
}

func TestRolesGiveTheirRightsWhereTheyHold(t *testing.T) {
	t.Parallel()
	all := See | Tickets | Maintain | EndRentals | Retire | Settings | Keys | Audit | People
	rights := map[Role]Right{
		Viewer: See, Agent: See | Tickets | Maintain, Manager: See | Tickets | Maintain | EndRentals | Retire | Settings,
		Security: See | Keys | Audit, Admin: all, "root": 0, "": 0,
	}
	for role, want := range rights {
		here := Person{Roles: map[string]Role{fleet: role}}
		everywhere := Person{Roles: map[string]Role{"": role}}
		gone := Person{Roles: map[string]Role{"": role}, Disabled: true}
		for right := See; right <= People; right <<= 1 {
			may := want&right != 0
			if here.May(right, fleet) != may || everywhere.May(right, fleet) != may || everywhere.MayEverywhere(right) != may {
				t.Errorf("%s, %s: want %t", role, right, may)
			}
			if here.May(right, "other") || here.MayEverywhere(right) || gone.May(right, fleet) {
				t.Errorf("%s, %s: holds where it should not", role, right)
			}
			if right.String() == "" {
				t.Errorf("right %d has no words", right)
			}
		}
	}
	both := Person{Roles: map[string]Role{"": Viewer, fleet: Security}}
	if !both.May(See|Keys, fleet) || both.May(Tickets, fleet) || both.May(Keys, "other") {
		t.Error("two roles do not add up")
	}
	if len(Roles()) != 5 {
		t.Errorf("roles %v", Roles())
	}
}

func TestLastAdministratorStays(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, _ := newStaff(t)
	add(t, s, "first@example.org", Admin, "")
	add(t, s, "local@example.org", Admin, fleet)
	if err := s.Disable(ctx, someone, "first@example.org"); !errors.Is(err, ErrLastAdmin) {
		t.Errorf("the last: %v", err)
	}
	if _, err := s.SignIn(ctx, "first@example.org", password); err != nil {
		t.Errorf("after that: %v", err)
	}
	add(t, s, "second@example.org", Admin, "")
	for range 2 {
		if err := s.Disable(ctx, someone, " First@example.org"); err != nil {
			t.Error(err)
		}
	}
	if err := s.Disable(ctx, someone, "nobody@example.org"); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown: %v", err)
	}
	if list := records(t, s, "staff.disable"); len(list) != 1 || list[0].Object != "first@example.org" {
		t.Errorf("records %+v", list)
	}
}
