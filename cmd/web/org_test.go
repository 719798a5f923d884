package main

import (
	"strings"
	"testing"
)

const (
	astana = "3f0c9b3e-6c1d-4a55-9d0a-3b6f5f0c1a11"
	berlin = "77d1a6f2-0b34-4c67-8a2e-51c6c9d0e222"
)

func TestOrganisations(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	if got := s.do("org", "list", "--json").out; strings.TrimSpace(got) != "[]" {
		t.Errorf("no organisations are %q", got)
	}
	s.do("org", "add", "--uuid", astana, "--name", "Astana Vélo")
	s.do("org", "add", "--uuid", strings.ToUpper(berlin), "--name", "Räder Berlin", "--slug", "berlin", "--json")
	list := parse[[]orgRow](s.do("org", "list", "--json"))
	if len(list) != 2 {
		t.Fatalf("got %+v", list)
	}
	for _, org := range list {
		if org.Slug == "" || org.Created == nil || org.Practice || org.UUID != astana && org.UUID != berlin {
			t.Errorf("got %+v", org)
		}
	}
	s.do("org", "list").says("berlin", "Räder Berlin", astana)
	for _, wrong := range [][]string{
		{"--uuid", "berlin", "--name", "B"},
		{"--uuid", berlin, "--name", "Again"},
		{"--uuid", "77d1a6f2-0b34-4c67-8a2e-51c6c9d0e333", "--name", "B", "--slug", "berlin"},
		{"--uuid", "77d1a6f2-0b34-4c67-8a2e-51c6c9d0e333", "--name", "B", "--slug", "Not a slug"},
		{"--uuid", "77d1a6f2-0b34-4c67-8a2e-51c6c9d0e333", "--name", " "},
	} {
		s.run("", append([]string{"org", "add"}, wrong...)...).exits(exitInput).sentence()
	}
	if list := parse[[]orgRow](s.do("org", "list", "--json")); len(list) != 2 {
		t.Errorf("a refused organisation was stored: %+v", list)
	}
}
