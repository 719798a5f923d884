package main

import (
	"crypto/rand"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestWhateverIsPlantedIsFound holds that the search would find a secret in every
// kind of place: a word is told to the program where it may repeat it.
func TestWhateverIsPlantedIsFound(t *testing.T) {
	t.Parallel()
	r := newSearch(t).setUp()
	word := strings.ToLower(rand.Text())
	r.markers.text("the word", word)
	r.plant(word)
	found := r.found()
	for _, place := range []string{
		"data/noadesk.db-wal beside the desk", "data/noadesk.db after the desk ended", "backups/noadesk.db as backed up", "temp as made",
		"GET /o/practice/bicycles: address", "GET /o/practice/bicycles: body", "GET /login: headers", "question to Noa", "log of Noa",
		"standard output of org list", "standard error of serve --log",
	} {
		if !slices.ContainsFunc(found, func(what string) bool { return strings.HasPrefix(what, place+" holds the word (") }) {
			t.Errorf("%s: what was planted is not found", place)
		}
	}
	if made := r.temporary(); !slices.Equal(made, []string{"temp"}) {
		t.Errorf("in the folder for temporary files: %q", made)
	}
	for _, what := range found {
		if !strings.Contains(what, " holds the word (") {
			t.Error(what)
		}
	}
}

// plant has the word written everywhere.
func (r *reader) plant(word string) {
	r.Helper()
	app := r.fake.ClientApps()[0]
	r.tool(exitDone, "key", "import", "--org", "practice", "--client", app.Name, r.write("key.pem", string(app.PrivateKey)))
	r.tool(exitDone, "org", "add", "--uuid", berlin, "--name", word)
	r.keepFiles("beside the desk", r.env["NOADESK_DATA"])
	r.tool(exitDone, "org", "list")
	r.tool(exitSettings, "serve", "--log", word)
	r.get("/login?next=/o/practice/bicycles?q="+word, http.StatusOK)
	_, _ = get(r.T, strings.TrimSuffix(r.env["NOADESK_API_URL"], "/")+"/"+word+"/")
	backups := filepath.Join(r.dir, "backups")
	if err := os.Mkdir(backups, 0o700); err != nil {
		r.Fatal(err)
	}
	r.tool(exitDone, "backup", filepath.Join(backups, "noadesk.db"))
	r.keepFiles("as backed up", backups)
	r.stop("before the end")
	temp := filepath.Join(r.env["TMPDIR"], "temp")
	if err := os.WriteFile(temp, []byte(word), 0o600); err != nil {
		r.Fatal(err)
	}
	r.keep("temp as made", []byte(r.read(temp)))
	if err := os.Remove(temp); err != nil {
		r.Fatal(err)
	}
}
