package main

import (
	"slices"
	"strings"
	"testing"

	"noadesk/internal/sandbox"
)

// twoKeys is a shell beside a sandbox with two keys of one organisation: the active one has all scopes, the other can only read.
func twoKeys(t *testing.T) (s *shell, fake *sandbox.Sandbox, active, next keyRow) {
	t.Helper()
	s, fake = besideNoa(t)
	bring := func(client string) keyRow {
		i := slices.IndexFunc(fake.ClientApps(), func(a sandbox.ClientApp) bool { return a.Name == client })
		text := string(fake.ClientApps()[i].PrivateKey)
		return parse[keyRow](s.run(text, "key", "import", "--org", "practice", "--client", client, "--json", "-"))
	}
	active, next = bring("noadesk-practice"), bring("noadesk-readonly")
	s.do("key", "prove", active.Fingerprint)
	return s, fake, active, next
}

func TestAWholeRotationByCommandLine(t *testing.T) {
	t.Parallel()
	s, _, active, next := twoKeys(t)
	s.run("", "key", "switch", next.Fingerprint).exits(exitInput).sentence().says("not proved yet")
	s.do("key", "prove", next.Fingerprint).says("MISSING, though the active key has it: bicycle:write, support-ticket:write.", "ready and proved")
	proof := parse[proofRow](s.do("key", "prove", "--json", next.Fingerprint))
	if !slices.Equal(proof.Lost, []string{"bicycle:write", "support-ticket:write"}) {
		t.Errorf("lost %v", proof.Lost)
	}
	s.do("key", "switch", next.Fingerprint).says("State:       active")
	s.do("key", "switch", active.Fingerprint).says("State:       active") // back
	s.do("key", "switch", next.Fingerprint)
	s.run("", "key", "retire", active.Fingerprint).exits(exitInput).sentence().says("still used at")
	s.do("key", "policy", "--org", "practice", "--drain", "0s")
	s.do("key", "retire", active.Fingerprint).says("retired")
	for _, words := range [][]string{{"key.switch", "replaces", active.Fingerprint}, {"key.retire", "active", next.Fingerprint}} {
		found := slices.ContainsFunc(strings.Split(s.do("audit", "export").out, "\n"), func(line string) bool {
			return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(line, w) })
		})
		if !found {
			t.Errorf("no record has all of %q", words)
		}
	}
}

func TestAThirdKeyWaitsAtTheCommandLineToo(t *testing.T) {
	t.Parallel()
	s, fake, _, next := twoKeys(t)
	made := parse[keyRow](s.do("key", "generate", "--org", "practice", "--client", "third", "--json"))
	if err := fake.Register("third", []string{"bicycle:read"}, []byte(made.PublicKey)); err != nil {
		t.Fatal(err)
	}
	for _, key := range []keyRow{next, made} {
		s.do("key", "prove", key.Fingerprint)
	}
	s.do("key", "switch", next.Fingerprint)
	s.run("", "key", "switch", made.Fingerprint).exits(exitInput).sentence().says("Two keys are in use already")
}

func TestAKeyIsDescribed(t *testing.T) {
	t.Parallel()
	s, _, active, next := twoKeys(t)
	s.do("key", "describe", active.Fingerprint, "--label", "Workshop", "--purpose", "Repairs at night").says("Workshop", "Repairs at night")
	s.do("key", "describe", active.Fingerprint, "--purpose", "").says("Workshop")
	s.run("", "key", "describe", next.Fingerprint, "--label", "").exits(exitInput).sentence().says("label")
	keys := parse[[]keyRow](s.do("key", "list", "--json"))
	if len(keys) != 2 || keys[0].Label != "Workshop" || keys[0].Purpose != "" || keys[1].Label != "noadesk-readonly" {
		t.Errorf("got %+v", keys)
	}
}

func TestUsesAreToldByTheHour(t *testing.T) {
	t.Parallel()
	s, _, active, next := twoKeys(t)
	hours := parse[[]useRow](s.do("key", "uses", "--json", active.Fingerprint))
	if len(hours) != 24 || hours[23].Uses+hours[22].Uses != 1 {
		t.Errorf("got %+v", hours)
	}
	s.do("key", "uses", "--hours", "48", active.Fingerprint).says("1 signatures in the last 48 hours")
	s.do("key", "uses", next.Fingerprint).says("0 signatures in the last 24 hours")
	s.run("", "key", "uses", "--hours", "0", active.Fingerprint).exits(exitInput).sentence()
}

func TestThePolicyIsSetAndDueKeysAreNamed(t *testing.T) {
	t.Parallel()
	s, _, active, _ := twoKeys(t)
	s.do("key", "policy", "--org", "practice").says("365 days", "24h0m0s")
	s.do("key", "policy", "--org", "practice", "--max-age", "90", "--drain", "2h")
	if got := parse[policyRow](s.do("key", "policy", "--org", "practice", "--json")); got != (policyRow{"practice", 90, 7200}) {
		t.Errorf("got %+v", got)
	}
	for _, wrong := range [][]string{{"--max-age", "0"}, {"--max-age=-3"}, {"--drain", "9000h"}} {
		s.run("", append([]string{"key", "policy", "--org", "practice"}, wrong...)...).exits(exitInput).sentence()
	}
	s.behind(`UPDATE signing_keys SET created = 1 WHERE fingerprint = '` + active.Fingerprint + `'`)
	s.do("doctor").says("1 to be replaced: noadesk-practice, " + grouped(active.Fingerprint[:16]))
}
