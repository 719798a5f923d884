package main

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"noadesk/internal/keystore"
	"noadesk/internal/noa"
	"noadesk/internal/sandbox"
	"noadesk/internal/staff"
	"noadesk/internal/store"
)

const practiceBand = "PRACTICE – everything here is invented"

type demoCommand struct {
	listenSettings
	Log string `setting:"NOADESK_LOG" placeholder:"FORM" help:"text or json; text on a terminal, else json."`
}

// parse checks the few settings that the demo has.
func (c demoCommand) parse(w *world) (deskSettings, error) {
	var wrong wrongSettings
	conf := deskSettings{
		place:    c.listenSettings.parse(&wrong, false),
		practice: practiceBand,
		idle:     12 * time.Hour,
		max:      12 * time.Hour,
		log:      logger(w, &wrong, c.Log),
	}
	return conf, wrong.found()
}

// Run runs a desk that needs nothing and leaves nothing.
func (c demoCommand) Run(ctx context.Context, w *world) error {
	conf, err := c.parse(w)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "noadesk-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	fake, at, err := startSandbox(ctx, conf.log)
	if err != nil {
		return err
	}
	conf.noa = noaAt(at, conf.log)
	return conf.demo(ctx, w, fake, dir)
}

// demo furnishes a desk in a folder with a practice organisation and staff, and runs it.
func (conf deskSettings) demo(ctx context.Context, w *world, fake *sandbox.Sandbox, dir string) error {
	mk, err := practiceMasterKey(dir)
	if err != nil {
		return err
	}
	r, err := openRooms(ctx, filepath.Join(dir, "data"), mk)
	if err != nil {
		return err
	}
	defer r.close()
	release, err := r.db.Lock()
	if err != nil {
		return err
	}
	defer release()
	if err := r.practise(ctx, conf.noa, fake); err != nil {
		return err
	}
	password := practicePassword()
	if err := r.hire(ctx, password); err != nil {
		return err
	}
	return conf.serve(ctx, w, r, func(address string) { w.welcome(address, password, fake) })
}

// noaAt are the settings for the sandbox at an address.
func noaAt(address string, log *slog.Logger) noa.Settings {
	return noa.Settings{
		API:     &url.URL{Scheme: "http", Host: address, Path: "/api/"},
		STS:     &url.URL{Scheme: "http", Host: address, Path: "/jwt"},
		Rate:    20,
		Keep:    2 * time.Second,
		Version: version,
		Log:     log,
	}
}

// practiceMasterKey makes a master key in a file beside the data, as a real desk has it.
func practiceMasterKey(dir string) (keystore.MasterKey, error) {
	_, text := keystore.NewMasterKey()
	file := filepath.Join(dir, "master.key")
	if err := writeSecret(file, []byte(text+"\n")); err != nil {
		return keystore.MasterKey{}, err
	}
	return keystore.ReadMasterKeyFile(file)
}

// practise takes the sandbox's organisation in, with a key that is proved to work.
func (r *rooms) practise(ctx context.Context, there noa.Settings, fake *sandbox.Sandbox) error {
	theirs := fake.Organization()
	org, err := r.rows.AddOrganisation(ctx, byDemo(), theirs.UUID, theirs.Name, "practice", true)
	if err != nil {
		return err
	}
	app := fake.ClientApps()[0]
	key, _, err := r.keys.Import(ctx, byDemo(), org.UUID, app.Name, app.PrivateKey, nil)
	if err != nil {
		return err
	}
	_, _, err = r.prove(ctx, there, key)
	return err
}

// hire adds a person for each role, all with the same password.
func (r *rooms) hire(ctx context.Context, password string) error {
	for _, role := range staff.Roles() {
		_, err := r.people.Add(ctx, byDemo(), staff.NewPerson{
			Email: practiceEmail(role), Name: practiceName(role), Password: password, Role: role,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func practiceEmail(role staff.Role) string { return string(role) + "@practice.example" }

func practiceName(role staff.Role) string {
	switch role {
	case staff.Viewer:
		return "Vera Viewer"
	case staff.Agent:
		return "Aigul Agent"
	case staff.Manager:
		return "Marat Manager"
	case staff.Security:
		return "Sara Security"
	}
	return "Adil Admin"
}

// practicePassword is made anew at each start: 80 random bits in four groups that are easy to type.
func practicePassword() string {
	return strings.ReplaceAll(grouped(strings.ToLower(rand.Text()[:16])), " ", "-")
}

// welcome says how to sign in.
func (w *world) welcome(address, password string, fake *sandbox.Sandbox) {
	operator, secret := fake.Operator()
	w.say("\nNoadesk runs beside its own sandbox Noa.\n")
	w.say("  Open      %s", address)
	w.say("  E-mail    %s", practiceEmail(staff.Admin))
	w.say("  Password  %s\n", password)
	w.say("The same password opens viewer@, agent@, manager@ and security@practice.example.")
	w.say("At this Noa the fleet operator is %s, password %s,\nwho registers client applications under Keys.", operator, secret)
	w.say("Ctrl-C stops it and removes all it wrote.\n")
}

// byDemo is the event of a change that furnishes the demo.
func byDemo() store.Event { return store.Event{Actor: "the desk"} }
