package sandbox

import (
	"crypto/elliptic"
	"net/http"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// TestNoasOwnSamplesWork does what the two samples of Noa's documentation do:
// sign, post a JSON text without a content type, list bicycles. One needs a
// key of P-384; the other says ES512, be the key what it may.
func TestNoasOwnSamplesWork(t *testing.T) {
	t.Parallel()
	const name = "my shiny backend"
	for sample, row := range map[string]struct {
		o     Options
		label string
	}{
		"Go":                          {Options{}, "ES384"},
		"Python with a key of P-521":  {Options{Curve: elliptic.P521()}, "ES512"},
		"Python with a key of P-384":  {Options{LooseES512: true}, "ES512"},
		"Go where the label is loose": {Options{LooseES512: true}, "ES384"},
	} {
		t.Run(sample, func(t *testing.T) {
			t.Parallel()
			n := newNoa(t, row.o)
			app := n.create(n.asOperator(), n.newApp(0, name, bicycleRead))
			given := ClientApp{PrivateKey: []byte(app["private_key"].(string))}
			text := mislabelledAs(t, row.label, given, n.claims(name))
			request, err := http.NewRequest(post, n.url+"/jwt", strings.NewReader(`{"assertion": "`+text+`"}`))
			if err != nil {
				t.Fatal(err)
			}
			header := map[string]string{"Authorization": "JWT " + n.send(request).object()["jwt"].(string)}
			if r := n.do(get, "/api/bicycles/", "", header); r.status != 200 || r.count() != "160" {
				t.Errorf("got status %d, count %s", r.status, r.count())
			}
		})
	}
}

// mislabelledAs signs under a label whatever the curve, as older signers do.
func mislabelledAs(t *testing.T, label string, app ClientApp, claims jwt.MapClaims) string {
	t.Helper()
	key := app.key(t)
	if label == "ES512" && key.Curve == elliptic.P384() {
		return mislabelled(t, app, claims, 48)
	}
	text, err := jwt.NewWithClaims(jwt.GetSigningMethod(label), claims).SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
