package noa

import (
	"errors"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPricingsAreRead(t *testing.T) {
	t.Parallel()
	const plan = `{"uuid": "` + otherBicycle + `", "name": "Month", "cents": 990}`
	way := []Pricing{{UUID: otherBicycle, Name: "Month"}}
	for body, want := range map[string]Pricings{
		example(t, "bicycle-pricings"): {},
		`{"active_subscriptions": [` + plan + `], "pricing_schemes": [` + plan + `, 5, {}], "subscription_plans": [` + plan + `]}`: {
			Subscriptions: way, Schemes: way, Plans: way, Unread: 2,
		},
		`{"pricing_schemes": [` + plan + `], "subscription_plans": null, "active_subscriptions": {}}`: {Schemes: way},
		`{"subscription_plans": []}`: {},
	} {
		var asked string
		f := newPeer(t, func(w http.ResponseWriter, r *http.Request) {
			asked = r.RequestURI
			reply(w, http.StatusOK, body)
		}).fleet()
		got, err := f.Pricings(t.Context(), someBicycle)
		if err != nil || asked != "/api/bicycles/"+someBicycle+"/pricings/" || got.Fetched.IsZero() {
			t.Errorf("asked %s: %v", asked, err)
		}
		got.AsOf = AsOf{}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", body, diff)
		}
	}
	f := newPeer(t, says(http.StatusOK, `{"results": []}`)).fleet()
	if got, err := f.Pricings(t.Context(), someBicycle); !errors.Is(err, ErrAnswer) {
		t.Errorf("got %+v, %v", got, err)
	}
}
