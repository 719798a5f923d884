package sandbox

import (
	"crypto/subtle"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// userTokenLife is how long a person's token lasts.
const userTokenLife = 30 * time.Minute

type signedInWire struct {
	Token        string   `json:"token"`
	User         userWire `json:"user"`
	RefreshToken string   `json:"refresh_token"`
}

// credentials are what a person types.
type credentials struct{ email, password, organization string }

// login signs a person in. Wrong e-mail, wrong password and a disabled
// person are not told apart.
func (c *call) login() (answer, error) {
	sent, err := c.body()
	if err != nil {
		return answer{}, err
	}
	typed, err := c.credentials(sent)
	if err != nil {
		return answer{}, err
	}
	if c.lockout.holds(typed.email, c.now) {
		return answer{}, c.lockout.problem()
	}
	p := c.person(func(p *person) bool { return c.fits(p, typed) })
	if p == nil {
		c.lockout.failed(typed.email, typed.password, c.now)
		return answer{}, general(http.StatusBadRequest, "Invalid credentials.", "invalid_credentials")
	}
	c.lockout.clear(typed.email)
	return c.signIn(p)
}

// credentials reads the body of a login. Nobody has an activation code, so
// every one is wrong.
func (c *call) credentials(sent body) (credentials, error) {
	w := wrongs{}
	if code := sent["code"]; code != nil && code != "" {
		w.add("code", "Invalid activation code.", "invalid")
		return credentials{}, w.err()
	}
	typed := credentials{
		email:        strings.ToLower(sent.needed("email", w)),
		password:     sent.needed("password", w),
		organization: c.whiteLabel(sent, w),
	}
	return typed, w.err()
}

// whiteLabel is the organization that the login names, "" for none.
func (c *call) whiteLabel(sent body, w wrongs) string {
	if value, given := sent["organization_uuid"]; !given || value == nil || value == "" {
		return ""
	}
	text, _ := sent.text("organization_uuid", w)
	id, ok := parseUUID(text)
	switch {
	case len(w["organization_uuid"]) > 0:
	case !ok:
		w.add("organization_uuid", "Must be a valid UUID.", "invalid")
	case c.fleet.organization(id) == nil:
		w.add("organization_uuid", "Organization not found.", "organization_not_found")
	}
	return id
}

func (c *call) fits(p *person, typed credentials) bool {
	same := subtle.ConstantTimeCompare([]byte(p.password), []byte(typed.password)) == 1
	belongs := typed.organization == "" || c.fleet.organization(typed.organization).within(p.organization)
	return same && p.email == typed.email && belongs
}

// refreshToken gives a fresh token for an opaque one that does not end.
func (c *call) refreshToken() (answer, error) {
	sent, err := c.body()
	if err != nil {
		return answer{}, err
	}
	w := wrongs{}
	sent.needed("client_id", w)
	held := sent.needed("refresh_token", w)
	if err := w.err(); err != nil {
		return answer{}, err
	}
	p := c.person(func(p *person) bool { return subtle.ConstantTimeCompare([]byte(p.refresh), []byte(held)) == 1 })
	if p == nil {
		return answer{}, authenticationFailed("Invalid refresh token.")
	}
	return c.signIn(p)
}

func (c *call) signIn(p *person) (answer, error) {
	p.lastLogin = c.now
	p.touch(c.now)
	token, err := c.userToken(p)
	if err != nil {
		return answer{}, crash()
	}
	return found(signedInWire{token, c.userWire(p), p.refresh}), nil
}

// userToken has no scopes: roles say what a person may.
func (c *call) userToken(p *person) (string, error) {
	return jwt.NewWithClaims(jwt.SigningMethodHS512, jwt.MapClaims{
		"iss":      "local",
		"user_id":  p.uuid,
		"email":    p.email,
		"username": p.username(),
		"orig_iat": c.now.Unix(),
		"exp":      c.now.Add(userTokenLife).Unix(),
		"affs":     c.affiliations(p),
	}).SignedString(c.secret)
}

// affiliations are the person's roles in each organization.
func (c *call) affiliations(p *person) map[string][]string {
	out := map[string][]string{}
	for _, o := range c.fleet.tree {
		if o.within(p.organization) {
			out[o.uuid] = p.roles
		}
	}
	return out
}
