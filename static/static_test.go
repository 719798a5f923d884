package static

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// embedded are the names of all files that are served.
func embedded(t *testing.T) []string {
	t.Helper()
	var names []string
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, name)
		}
		return err
	})
	if err != nil || len(names) < 8 {
		t.Fatalf("%d files, %v", len(names), err)
	}
	return names
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	content, err := files.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func fetch(t *testing.T, address string) (*http.Response, []byte) {
	t.Helper()
	answer := httptest.NewRecorder()
	Handler().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, address, nil))
	body, err := io.ReadAll(answer.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.Result(), body
}

func TestEveryFileIsServedForGood(t *testing.T) {
	t.Parallel()
	types := map[string]string{
		".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml", ".woff2": "font/woff2",
	}
	for _, name := range embedded(t) {
		answer, body := fetch(t, Path(name))
		if answer.StatusCode != http.StatusOK || !bytes.Equal(body, read(t, name)) {
			t.Errorf("%s: status %d, %d bytes", name, answer.StatusCode, len(body))
		}
		if got := answer.Header.Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
			t.Errorf("%s is cached %q", name, got)
		}
		if got, want := answer.Header.Get("Content-Type"), types[filepath.Ext(name)]; got != want || want == "" {
			t.Errorf("%s is of type %q, want %q", name, got, want)
		}
	}
}

func TestNothingElseIsServed(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"/static/", Path(""), Path("app"), Path("app/"), Path("vendor/"), Path("vendor/inter/"), Path("app/none.css"), Path("static.go"), Path("app/../static.go"), Path("vendor/MANIFEST"),
		"/static/000000000000/app/desk.css", "/static/app/desk.css", "/static/" + version + "x/app/desk.css", "/static//app/desk.css", "/app/desk.css",
	} {
		answer, body := fetch(t, address)
		if answer.StatusCode != http.StatusNotFound || bytes.Contains(body, []byte("<a href")) {
			t.Errorf("%s: status %d: %.80s", address, answer.StatusCode, body)
		}
		if got := answer.Header.Get("Cache-Control"); strings.Contains(got, "immutable") {
			t.Errorf("%s: its absence is cached %q", address, got)
		}
	}
}

func TestTheAddressFollowsTheContent(t *testing.T) {
	t.Parallel()
	if len(version) != 12 || strings.Trim(version, "0123456789abcdef") != "" || version != hash() {
		t.Errorf("the version is %q, then %q", version, hash())
	}
}

func TestStylesReferToFilesThatExist(t *testing.T) {
	t.Parallel()
	urls := regexp.MustCompile(`url\(([^)]*)\)|@import`).FindAllSubmatch(read(t, "app/desk.css"), -1)
	for _, u := range urls {
		name := filepath.Join("app", strings.Trim(string(u[1]), `"'`))
		if _, err := fs.Stat(files, name); err != nil {
			t.Errorf("%s: %v", u[0], err)
		}
	}
	if len(urls) != 3 {
		t.Errorf("%d references, want the three fonts", len(urls))
	}
}

func TestIconsHaveNamesOfTheirOwnAndStayAtHome(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"app/icons.svg", "app/favicon.svg"} {
		text := strings.ReplaceAll(string(read(t, name)), "http://www.w3.org/2000/svg", "")
		if strings.Contains(text, "http") || strings.Contains(text, "<script") || strings.Contains(text, "<image") {
			t.Errorf("%s is more than a drawing", name)
		}
	}
	seen := map[string]bool{}
	for _, id := range regexp.MustCompile(`id="([^"]*)"`).FindAllStringSubmatch(string(read(t, "app/icons.svg")), -1) {
		if seen[id[1]] {
			t.Errorf("two icons are called %s", id[1])
		}
		seen[id[1]] = true
	}
	if len(seen) < 20 {
		t.Errorf("%d icons", len(seen))
	}
}

func TestVendoredFilesAreThoseOfTheManifest(t *testing.T) {
	t.Parallel()
	listed := map[string]bool{"vendor/MANIFEST": true}
	manifest, err := os.Open("vendor/MANIFEST")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = manifest.Close() }()
	for lines := bufio.NewScanner(manifest); lines.Scan(); {
		want, name, _ := strings.Cut(lines.Text(), "  ./")
		content, err := os.ReadFile("vendor/" + name)
		if sum := sha256.Sum256(content); err != nil || hex.EncodeToString(sum[:]) != want {
			t.Errorf("%s has not the sum of the manifest, %v", name, err)
		}
		listed["vendor/"+name] = true
	}
	err = filepath.WalkDir("vendor", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !listed[name] {
			t.Errorf("%s is not in the manifest", name)
		}
		return err
	})
	if err != nil || len(listed) < 5 {
		t.Errorf("%d files, %v", len(listed), err)
	}
}

// uses are where pages name files and icons in full.
var uses = map[string]*regexp.Regexp{
	"file": regexp.MustCompile(`static\.Path\("([^"]+)"\)`),
	"icon": regexp.MustCompile(`@(?:icon\(|note\("[a-z]+", |navLink\([^"]+, )"([^"]+)"[,)]`),
}

func TestPagesNameFilesAndIconsThatExist(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("../internal/views/*.templ")
	if err != nil || len(pages) < 10 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	sprite, found := string(read(t, "app/icons.svg")), 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, use := range uses["file"].FindAllSubmatch(text, -1) {
			if _, err := fs.Stat(files, string(use[1])); err != nil {
				t.Errorf("%s: %v", page, err)
			}
			found++
		}
		for _, use := range uses["icon"].FindAllSubmatch(text, -1) {
			if !strings.Contains(sprite, `id="`+string(use[1])+`"`) {
				t.Errorf("%s: there is no icon %s", page, use[1])
			}
			found++
		}
	}
	if found < 40 {
		t.Errorf("only %d uses were found", found)
	}
}
