package main

import (
	"strings"
	"testing"
)

const goodPassword = "correct horse 27 battery"

func TestStaff(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.do("org", "add", "--uuid", berlin, "--name", "Berlin")
	s.run(goodPassword+"\r\nmore\n", "staff", "add", "--email", "ada@example.org", "--name", "Ada", "--role", "admin").exits(exitDone)
	s.run(goodPassword, "staff", "add", "--email", " Bea@Example.org ", "--name", "Bea", "--role", "agent", "--org", "berlin").exits(exitDone)
	list := parse[[]personRow](s.do("staff", "list", "--json"))
	if len(list) != 2 {
		t.Fatalf("got %+v", list)
	}
	roles := map[string]roleRow{}
	for _, p := range list {
		roles[p.Email] = p.Roles[0]
	}
	if roles["ada@example.org"] != (roleRow{"admin", ""}) || roles["bea@example.org"] != (roleRow{"agent", "berlin"}) {
		t.Errorf("got %+v", roles)
	}
	s.do("staff", "list").says("ada@example.org", "agent in berlin", "never")

	s.do("staff", "disable", "BEA@example.org")
	s.do("staff", "list").says("disabled")
	s.run("", "staff", "disable", "ada@example.org").exits(exitNotAllowed).sentence().says("last administrator")
	s.run("", "staff", "disable", "nobody@example.org").exits(exitInput).sentence()
	s.do("staff", "enable", "bea@example.org").says("again")
	s.run("short", "staff", "password", "bea@example.org").exits(exitInput).sentence().says("characters")
	s.run("four words of another kind\n", "staff", "password", "bea@example.org").exits(exitDone).says("signed out")
	s.do("staff", "sign-out").says("Sessions ended: 0.")
	s.do("staff", "sign-out", "ada@example.org").says("Sessions ended: 0.")
	s.run("", "staff", "sign-out", "nobody@example.org").exits(exitInput).sentence()
}

func TestStaffThatCannotBeAdded(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	add := func(stdin string, changed ...string) result {
		line := []string{"staff", "add", "--email", "ada@example.org", "--name", "Ada", "--role", "admin"}
		return s.run(stdin, append(line, changed...)...)
	}
	add("short\n").exits(exitInput).sentence()
	add("").exits(exitInput).sentence()
	add(goodPassword, "--role", "boss").exits(exitInput).sentence()
	add(goodPassword, "--email", "ada").exits(exitInput).sentence()
	add(goodPassword, "--name", "").exits(exitInput).sentence()
	add(goodPassword, "--org", "nowhere").exits(exitInput).sentence().says("org list")
	if got := strings.TrimSpace(s.do("staff", "list", "--json").out); got != "[]" {
		t.Fatalf("somebody was added: %s", got)
	}
	add(goodPassword).exits(exitDone)
	add(goodPassword).exits(exitInput).sentence().says("already")
}

func TestThePasswordIsAskedForOnATerminal(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.ask = func(prompt string) ([]byte, error) { return []byte(goodPassword), nil }
	s.run("ignored", "staff", "add", "--email", "ada@example.org", "--name", "Ada", "--role", "admin").exits(exitDone)
}
