package noa

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestClientAppsOfTheContractAreRead(t *testing.T) {
	t.Parallel()
	var asked string
	p := office(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.RequestURI()
		reply(w, http.StatusOK, example(t, "client-app-list"))
	})
	page, err := p.operator().ClientApps(t.Context(), strings.ToUpper(ourOrganization))
	if err != nil || len(page.Items) != 1 || page.Total != 1 || page.More || page.Fetched.IsZero() {
		t.Fatalf("got %+v, %v", page, err)
	}
	if want := "/api/client_apps/?organization=" + ourOrganization + "&page_size=100"; asked != want {
		t.Errorf("asked %s, want %s", asked, want)
	}
	at := Time{time.Date(2024, 5, 14, 9, 2, 0, 0, time.UTC)}
	want := ClientApp{
		AsOf: page.Items[0].AsOf, UUID: someApp, Created: at, Modified: at, Name: "spatzrad-dashboard", Label: "Operations dashboard",
		Organization: "https://api.lock8.me/api/organizations/" + ourOrganization + "/", Scopes: page.Items[0].Scopes,
	}
	if diff := cmp.Diff(want, page.Items[0]); diff != "" || len(want.Scopes) != 6 || !want.Scopes.Has(TicketWrite) {
		t.Errorf("%v %s", want.Scopes, diff)
	}
}

// wireApp is a client application on the wire.
func wireApp(number int, organization string) string {
	return fmt.Sprintf(`{"uuid": "%08d-0000-4000-8000-000000000000", "name": "app-%d", "scopes": ["bicycle:read", "alert:read"],
		"organization": "https://elsewhere.example/organizations/%s/"}`, number, number, organization)
}

func listOf(next string, rows ...string) http.HandlerFunc {
	return says(http.StatusOK, `{"count": 9, "next": `+next+`, "results": [`+strings.Join(rows, ",")+`]}`)
}

func TestAListOfSeveralPagesIsWalked(t *testing.T) {
	t.Parallel()
	const more = `"https://elsewhere.example/?page=7"`
	last := listOf(`null`, wireApp(2, ourOrganization), wireApp(3, ourOrganization))
	for name, c := range map[string]struct {
		second, third http.HandlerFunc
		want          string
	}{
		"a row that moved to the next page is told once": {listOf(more, wireApp(2, ourOrganization)), last, "app-1 app-2 app-3"},
		"a list that got shorter ends":                   {says(404, example(t, "error-404-page")), last, "app-1"},
		"what is another organization's is left out":     {listOf(more, wireApp(4, someBicycle)), last, "app-1 app-2 app-3"},
	} {
		var asked []string
		answers := inTurn(listOf(more, wireApp(1, ourOrganization)), c.second, c.third)
		p := office(t, func(w http.ResponseWriter, r *http.Request) {
			asked = append(asked, r.URL.Query().Get("page"))
			answers(w, r)
		})
		page, err := p.operator().ClientApps(t.Context(), ourOrganization)
		var got []string
		for _, app := range page.Items {
			got = append(got, app.Name)
			if !app.Scopes.Has("alert:read") {
				t.Errorf("%s: an unknown scope is lost: %v", name, app.Scopes)
			}
		}
		if err != nil || strings.Join(got, " ") != c.want || page.Total != len(got) || page.More {
			t.Errorf("%s: got %v of %d, %v", name, got, page.Total, err)
		}
		if all := strings.Join(asked, " "); !strings.HasPrefix(" 2 3", all) {
			t.Errorf("%s: asked for the pages %q", name, all)
		}
	}
}

func TestAListWithoutAnEndIsLeft(t *testing.T) {
	t.Parallel()
	p := office(t, listOf(`"more"`, wireApp(1, ourOrganization)))
	o := p.operator()
	page, err := o.ClientApps(t.Context(), ourOrganization)
	if err != nil || len(page.Items) != 1 || !page.More || p.calls.Load() != 1+1+maxBarren {
		t.Errorf("got %+v, %v after %d calls", page, err, p.calls.Load())
	}
	if _, found, err := o.Find(t.Context(), ourOrganization, "app-2"); found || !errors.Is(err, ErrAnswer) {
		t.Errorf("found %v, %v, where nobody can say", found, err)
	}
}

func TestAForeignOrganizationHasNoClientApps(t *testing.T) {
	t.Parallel()
	p := office(t, listOf(`null`))
	o := p.operator()
	if page, err := o.ClientApps(t.Context(), someBicycle); err != nil || len(page.Items) != 0 || page.Total != 0 {
		t.Errorf("got %+v, %v", page, err)
	}
	asked := p.calls.Load()
	for _, organization := range []string{"", "..", ourOrganization + "&x", "nonsense"} {
		if _, err := o.ClientApps(t.Context(), organization); !errors.Is(err, ErrNotFound) {
			t.Errorf("%q: %v", organization, err)
		}
	}
	if p.calls.Load() != asked {
		t.Error("a list without an organization was asked for")
	}
}

func TestAClientAppIsFoundByItsNameToTheLetter(t *testing.T) {
	t.Parallel()
	o := office(t, listOf(`null`, wireApp(1, ourOrganization), wireApp(2, ourOrganization), wireApp(3, someBicycle))).operator()
	for name, want := range map[string]bool{"app-2": true, "app": false, "APP-2": false, "": false, "app-3": false} {
		app, found, err := o.Find(t.Context(), ourOrganization, name)
		if err != nil || found != want || found && app.Name != name {
			t.Errorf("%q: got %+v, %v, %v", name, app, found, err)
		}
	}
	o = office(t, listOf(`null`, `{"uuid": "?"}`, wireApp(2, ourOrganization))).operator()
	if _, found, err := o.Find(t.Context(), ourOrganization, "app-2"); err != nil || !found {
		t.Errorf("found %v, %v", found, err)
	}
	if _, found, err := o.Find(t.Context(), ourOrganization, "app-1"); !errors.Is(err, ErrAnswer) || found {
		t.Errorf("found %v, %v, though a row could not be read", found, err)
	}
}

func TestAReadOfClientAppsIsMadeOnceMore(t *testing.T) {
	t.Parallel()
	p := office(t, inTurn(says(503, `{}`), says(200, example(t, "client-app-list"))))
	if page, err := p.operator().ClientApps(t.Context(), ourOrganization); err != nil || len(page.Items) != 1 {
		t.Errorf("got %+v, %v", page, err)
	}
}
