package noa

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// What a token may look like; see docs/noa.md, "Tokens".
const (
	maxToken    = 16 << 10
	maxLife     = 24 * time.Hour
	unknownLife = 5 * time.Minute
	maxWait     = 5 * time.Second // until a token's "not before"
)

var (
	errGrant   = errors.New("noa: the answer holds no token")
	errToken   = errors.New("noa: the token is not a signed JWT")
	errEnd     = errors.New("noa: the token's end is past or too far away")
	errEarly   = errors.New("noa: the token is not valid yet")
	errForeign = errors.New("noa: the token is for another organization")
)

// claims are the part of an access token that is read, unverified, to plan with.
type claims struct {
	Organization string   `json:"organization"`
	Scopes       Scopes   `json:"scopes"`
	Expires      *float64 `json:"exp"`
	NotBefore    *float64 `json:"nbf"`
}

// readGrant reads an answer of the token service that arrived at that moment, with the
// service's clock ahead of ours by skew.
func readGrant(body []byte, organization string, received time.Time, skew time.Duration) (grant, error) {
	value, err := readJWT(body, "jwt")
	if err != nil {
		return grant{}, err
	}
	c, err := readClaims(value)
	if err != nil {
		return grant{}, err
	}
	if c.Organization != "" && !strings.EqualFold(c.Organization, organization) {
		return grant{}, errForeign
	}
	there := received.Add(skew)
	if c.NotBefore != nil && untilSeconds(*c.NotBefore, there) > maxWait {
		return grant{}, errEarly
	}
	life := unknownLife
	if c.Expires != nil {
		life = untilSeconds(*c.Expires, there)
	}
	if life <= spare || life > maxLife {
		return grant{}, errEnd
	}
	return grant{value: newSecret(value), scopes: c.Scopes, expires: received.Add(life)}, nil
}

// untilSeconds is the time from now to a moment in seconds since 1970, cut to a day more than any life.
func untilSeconds(at float64, now time.Time) time.Duration {
	seconds := at - float64(now.UnixMilli())/1000
	limit := (2 * maxLife).Seconds()
	return time.Duration(min(max(seconds, -limit), limit) * float64(time.Second))
}

// readJWT takes the member of that name from an object. It is stricter than
// package json: the name counts to the letter, and given twice it is no answer.
func readJWT(body []byte, member string) (string, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	if first, err := dec.Token(); err != nil || first != json.Delim('{') {
		return "", errGrant
	}
	var value string
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return "", errGrant
		}
		var content json.RawMessage
		if dec.Decode(&content) != nil {
			return "", errGrant
		}
		if name != member {
			continue
		}
		if value != "" || json.Unmarshal(content, &value) != nil || value == "" {
			return "", errGrant
		}
	}
	if _, err := dec.Token(); err != nil || value == "" {
		return "", errGrant
	}
	return value, nil
}

// readClaims reads a token's claims without verifying it, which only Noa can do.
func readClaims(value string) (claims, error) {
	var c claims
	parts := strings.Split(value, ".")
	if len(value) > maxToken || len(parts) != 3 || parts[2] == "" {
		return c, errToken
	}
	if _, err := base64.RawURLEncoding.DecodeString(parts[2]); err != nil {
		return c, errToken
	}
	var header struct {
		Algorithm string `json:"alg"`
	}
	if readPart(parts[0], &header) != nil || header.Algorithm == "" || strings.EqualFold(header.Algorithm, "none") {
		return c, errToken
	}
	return c, readPart(parts[1], &c)
}

func readPart[T any](part string, into *T) error {
	text, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil || !strings.HasPrefix(string(text), "{") || json.Unmarshal(text, into) != nil {
		return errToken
	}
	return nil
}
