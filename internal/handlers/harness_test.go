package handlers

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"noadesk/internal/desk"
	"noadesk/internal/keystore"
	"noadesk/internal/noa"
	"noadesk/internal/staff"
	"noadesk/internal/store"
)

// A house is a whole desk over a real database, with the sandbox as its Noa.
type house struct {
	*Server
	t   testing.TB
	noa *front
	org desk.Organisation // the sandbox's, with a working key
	key keystore.Key
	log *logBook

	once                        sync.Once // for what follows
	bicycleID, tripID, ticketID string
}

// host is where people reach the desk.
const host = "127.0.0.1:8080"

// password opens every account of a house.
const password = "a long enough secret"

var byTest = store.Event{Actor: "test"}

// newHouse makes a desk whose organisation has the key with all scopes.
func newHouse(t testing.TB) *house {
	t.Helper()
	h := bareHouse(t)
	h.org = h.takeIn(h.noa.sandbox.Organization().UUID, "Kulan Velo", "kulan")
	h.key = h.importKey(h.org, "noadesk-practice")
	return h
}

// bareHouse makes a desk with nobody and nothing in it.
func bareHouse(t testing.TB) *house {
	t.Helper()
	ctx := context.Background()
	db, err := store.Open(ctx, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	mk, _ := keystore.NewMasterKey()
	keys, err := keystore.Open(ctx, db, mk)
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, noa: newFront(t), log: &logBook{}}
	h.Server = New(db, keys, staff.New(db), desk.New(db), nil, h.usual())
	h.forgets()
	return h
}

// forgets gives the desk a way to Noa that knows no answers, failures or tokens from before.
func (h *house) forgets() {
	h.api = noa.New(noa.Settings{
		API: h.noa.address("/api/"), STS: h.noa.address("/jwt"), Version: "test", Log: h.log.logger(),
		Used: func(c noa.Credential, s noa.Scope) {
			h.keys.UsedScope(context.Background(), c.Fingerprint, string(s))
		},
	}, h.keys)
	h.t.Cleanup(h.api.Close)
}

// usual are the options of a desk on this machine.
func (h *house) usual() Options {
	return Options{Version: "test", URL: &url.URL{Scheme: "http", Host: host}, API: "https://api.example", STS: "https://sts.example", Log: h.log.logger()}
}

// with is the same desk with other options.
func (h *house) with(change func(*Options)) *Server {
	o := h.usual()
	change(&o)
	return New(h.db, h.keys, h.people, h.rows, h.api, o)
}

func (f *front) address(path string) *url.URL {
	return &url.URL{Scheme: "http", Host: strings.TrimPrefix(f.at.URL, "http://"), Path: path}
}

// takeIn adds an organisation.
func (h *house) takeIn(uuid, name, slug string) desk.Organisation {
	h.t.Helper()
	o, err := h.rows.AddOrganisation(context.Background(), byTest, uuid, name, slug, true)
	if err != nil {
		h.t.Fatal(err)
	}
	return o
}

// pem is the private key of one of the sandbox's client applications.
func (f *front) pem(client string) []byte {
	f.t.Helper()
	for _, app := range f.sandbox.ClientApps() {
		if app.Name == client {
			return app.PrivateKey
		}
	}
	f.t.Fatalf("the sandbox has no client application %s", client)
	return nil
}

// importKey stores the key of one of the sandbox's client applications.
func (h *house) importKey(o desk.Organisation, client string) keystore.Key {
	h.t.Helper()
	key, _, err := h.keys.Import(context.Background(), byTest, o.UUID, client, h.noa.pem(client), nil)
	if err != nil {
		h.t.Fatal(err)
	}
	return key
}

// switchTo makes the key of another client application the active one.
func (h *house) switchTo(client string) {
	h.t.Helper()
	h.activate(h.importKey(h.org, client))
}

// register makes a pair in the keystore, takes it to Noa, and makes it the active one.
func (h *house) register(client string, scopes ...string) {
	h.t.Helper()
	key, err := h.keys.Generate(context.Background(), byTest, h.org.UUID, client, "P-384")
	if err == nil {
		err = h.noa.sandbox.Register(client, scopes, []byte(key.PublicPEM))
	}
	if err != nil {
		h.t.Fatal(err)
	}
	h.activate(key)
}

func (h *house) activate(key keystore.Key) {
	h.t.Helper()
	ctx := context.Background()
	_, err := h.keys.Proved(ctx, byTest, key.Fingerprint, nil, 0)
	if err := errors.Join(err, h.keys.Switch(ctx, byTest, key.Fingerprint)); err != nil {
		h.t.Fatal(err)
	}
	h.key = key
}

// hashed is the password as it is stored. Making it takes as long as it should, so that it is made once for all tests.
var hashed = sync.OnceValues(func() (text string, err error) {
	dir, err := os.MkdirTemp("", "noadesk-test-")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	ctx := context.Background()
	db, err := store.Open(ctx, dir)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	p, err := staff.New(db).Add(ctx, byTest, staff.NewPerson{Email: "a@example.org", Name: "A", Password: password, Role: staff.Viewer})
	if err != nil {
		return "", err
	}
	err = db.QueryRow(ctx, `SELECT password FROM people WHERE id = $1`, p.ID).Scan(&text)
	return text, err
})

// hire adds somebody with a role in an organisation, "" for every one.
func (h *house) hire(email string, role staff.Role, org string) staff.Person {
	h.t.Helper()
	secret, err := hashed()
	if err != nil {
		h.t.Fatal(err)
	}
	id := rand.Text()
	h.exec(`INSERT INTO people (id, email, name, password, created) VALUES ($1, $2, $3, $4, 1)`, id, email, "Name of "+email, secret)
	h.exec(`INSERT INTO roles (person, organisation, role) VALUES ($1, $2, $3)`, id, org, role)
	p, err := h.people.Person(context.Background(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

// exec changes the tables behind the desk's back.
func (h *house) exec(q string, args ...any) {
	h.t.Helper()
	err := h.db.Bookkeep(context.Background(), func(tx *store.Tx) error {
		_, err := tx.Exec(q, args...)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// as is the browser of somebody new who is signed in and has a role everywhere.
func (h *house) as(role staff.Role) *browser {
	h.t.Helper()
	return h.signedIn(h.hire(string(role)+"@example.org", role, ""))
}

// signedIn is the browser of somebody who has signed in.
func (h *house) signedIn(p staff.Person) *browser {
	h.t.Helper()
	w := httptest.NewRecorder()
	if err := h.sessions.Begin(w, httptest.NewRequest(http.MethodPost, "/login", nil), p.ID); err != nil {
		h.t.Fatal(err)
	}
	b := h.browser()
	b.keep(w.Result().Cookies())
	return b
}

// browser is the browser of somebody who is not signed in.
func (h *house) browser() *browser { return &browser{t: h.t, to: h, jar: map[string]string{}} }

// path is an address below the house's organisation.
func (h *house) path(rest string) string { return "/o/" + h.org.Slug + "/" + rest }

// A logBook is a log that tests read.
type logBook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *logBook) logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// rowCounts are how many rows each table has.
func (h *house) rowCounts() map[string]int {
	h.t.Helper()
	counts := map[string]int{}
	for _, table := range []string{"audit", "meta", "organisations", "signing_keys", "people", "roles", "sessions", "flashes", "sign_in_tries"} {
		var n int
		if err := h.db.QueryRow(context.Background(), `SELECT count(*) FROM `+table).Scan(&n); err != nil {
			h.t.Fatal(err)
		}
		counts[table] = n
	}
	return counts
}
