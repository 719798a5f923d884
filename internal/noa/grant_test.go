package noa

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"
)

func grantBody(header, payload string) string {
	part := base64.RawURLEncoding.EncodeToString
	return `{"jwt":"` + part([]byte(header)) + "." + part([]byte(payload)) + `.c2ln"}`
}

func TestOnlyATokenForUsIsTaken(t *testing.T) {
	t.Parallel()
	const hs = `{"alg":"HS512"}`
	const org = `"organization":"` + ourOrganization + `"`
	for name, row := range map[string]struct {
		body string
		want error
	}{
		"good":                {grantBody(hs, `{`+org+`,"exp":1715679000}`), nil},
		"fraction":            {grantBody(hs, `{`+org+`,"exp":1715679000.5}`), nil},
		"capitals":            {grantBody(hs, `{"organization":"`+strings.ToUpper(ourOrganization)+`","exp":1715679000}`), nil},
		"extra members":       {`{"expires_in":1,` + grantBody(hs, `{`+org+`,"exp":1715679000}`)[1:], nil},
		"almost valid":        {grantBody(hs, `{`+org+`,"exp":1715679000,"nbf":1715679004}`), errEnd},
		"nbf in 4 s":          {grantBody(hs, `{`+org+`,"exp":1715679900,"nbf":1715679004}`), nil},
		"nbf in 6 s":          {grantBody(hs, `{`+org+`,"exp":1715679900,"nbf":1715679006}`), errEarly},
		"past":                {grantBody(hs, `{`+org+`,"exp":1715678000}`), errEnd},
		"in 3 s":              {grantBody(hs, `{`+org+`,"exp":1715679003}`), errEnd},
		"in two days":         {grantBody(hs, `{`+org+`,"exp":1715851800}`), errEnd},
		"in eternity":         {grantBody(hs, `{`+org+`,"exp":1e300}`), errEnd},
		"before time":         {grantBody(hs, `{`+org+`,"exp":-1e300}`), errEnd},
		"text for a time":     {grantBody(hs, `{`+org+`,"exp":"soon"}`), errToken},
		"foreign":             {grantBody(hs, `{"organization":"`+someBicycle+`","exp":1715679000}`), errForeign},
		"none":                {grantBody(`{"alg":"none"}`, `{`+org+`,"exp":1715679000}`), errToken},
		"None":                {grantBody(`{"alg":"None"}`, `{`+org+`,"exp":1715679000}`), errToken},
		"no algorithm":        {grantBody(`{}`, `{`+org+`,"exp":1715679000}`), errToken},
		"not an object":       {grantBody(hs, `[]`), errToken},
		"scopes as text":      {grantBody(hs, `{`+org+`,"scopes":"bicycle:read","exp":1715679000}`), errToken},
		"two parts":           {`{"jwt":"a.b"}`, errToken},
		"four parts":          {`{"jwt":"a.b.c.d"}`, errToken},
		"no signature":        {`{"jwt":"e30.e30."}`, errToken},
		"not base64":          {`{"jwt":"e30.e30.!"}`, errToken},
		"a megabyte":          {`{"jwt":"` + strings.Repeat("a", 1<<20) + `"}`, errToken},
		"null":                {`{"jwt":null}`, errGrant},
		"number":              {`{"jwt":123}`, errGrant},
		"empty":               {`{"jwt":""}`, errGrant},
		"wrong name":          {`{"JWT":"a.b.c"}`, errGrant},
		"twice":               {`{"jwt":"a.b.c","jwt":"a.b.c"}`, errGrant},
		"HTML":                {`<html>`, errGrant},
		"nothing":             {``, errGrant},
		"list":                {`["a.b.c"]`, errGrant},
		"cut off":             {`{"jwt":"a.b.c"`, errGrant},
		"cut off in a member": {`{"jwt":"a.b`, errGrant},
	} {
		now := time.Unix(1715679000, 0)
		if name != "nbf in 4 s" && name != "nbf in 6 s" && name != "almost valid" && name != "past" && name != "in 3 s" {
			now = now.Add(-10 * time.Minute)
		}
		g, err := readGrant([]byte(row.body), ourOrganization, now, 0)
		if !errors.Is(err, row.want) {
			t.Errorf("%s: %v, want %v", name, err, row.want)
		}
		if (g.value.reveal() != "") != (row.want == nil) {
			t.Errorf("%s: a token with %v", name, err)
		}
	}
}

func TestTheExampleOfTheContractIsAToken(t *testing.T) {
	t.Parallel()
	then := time.Unix(1715677321, 0)
	g, err := readGrant([]byte(example(t, "sts-response")), ourOrganization, then, 0)
	if err != nil || len(g.scopes) != 6 || !g.scopes.Has(TicketWrite) || g.expires.Sub(then) != 30*time.Minute {
		t.Errorf("got %d scopes, %v", len(g.scopes), err)
	}
}

func TestATokenWithoutAnEndLivesFiveMinutes(t *testing.T) {
	t.Parallel()
	now := time.Now()
	g, err := readGrant([]byte(grantBody(`{"alg":"HS512"}`, `{}`)), ourOrganization, now, 0)
	if err != nil || g.expires.Sub(now) != 5*time.Minute || len(g.scopes) != 0 {
		t.Errorf("%v, %v", g.expires.Sub(now), err)
	}
}

func TestATokensEndIsReadByNoasClock(t *testing.T) {
	t.Parallel()
	now := time.Unix(1715679000, 0)
	for _, skew := range []time.Duration{10 * time.Minute, -10 * time.Minute} {
		there := now.Add(skew).Add(time.Hour)
		g, err := readGrant([]byte(`{"jwt":"`+accessToken(ourOrganization, there, nil)+`"}`), ourOrganization, now, skew)
		if err != nil || g.expires.Sub(now) != time.Hour {
			t.Errorf("%v ahead: lives %v, %v", skew, g.expires.Sub(now), err)
		}
	}
}
