package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// heaviest is how much a page may weigh on its way to a phone.
const heaviest = 60 << 10

// TestEveryLinkLeadsToAPage follows what an administrator can follow, a few of each kind of address.
func TestEveryLinkLeadsToAPage(t *testing.T) {
	t.Parallel()
	s, fake := besideNoa(t)
	app := fake.ClientApps()[0]
	key := parse[keyRow](s.run(string(app.PrivateKey), "key", "import", "--org", "practice", "--client", app.Name, "--json", "-"))
	s.do("key", "prove", key.Fingerprint)
	s.run(goodPassword, "staff", "add", "--email", "ada@example.org", "--name", "Ada", "--role", "admin").exits(exitDone)
	c := newCrawl(t, s.serve())
	c.signIn("ada@example.org", goodPassword)
	c.follow("/")
	for len(c.waiting) > 0 && c.seen < 150 {
		next := c.waiting[0]
		c.waiting = c.waiting[1:]
		c.follow(next)
	}
	for _, want := range []string{"/o/practice/desk", "/o/practice/bicycles/{id}", "/o/practice/trips/{id}", "/o/practice/tickets/{id}", "/admin/system"} {
		if c.kinds[want] == 0 {
			t.Errorf("nothing leads to %s", want)
		}
	}
	if c.seen < 20 {
		t.Errorf("followed %d links only: %v", c.seen, c.kinds)
	}
}

// A crawl is a way through all pages that are linked.
type crawl struct {
	*testing.T
	base    string
	client  *http.Client
	waiting []string
	kinds   map[string]int // how many addresses of a kind were taken
	seen    int
}

func newCrawl(t *testing.T, base string) *crawl {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	// Compression is asked for by hand, to see what a page weighs.
	client := &http.Client{Jar: jar, Transport: &http.Transport{DisableCompression: true}}
	return &crawl{T: t, base: base, client: client, kinds: map[string]int{}}
}

func (c *crawl) signIn(email, password string) {
	c.Helper()
	resp, err := c.client.PostForm(c.base+"/login", url.Values{"email": {email}, "password": {password}})
	if err != nil {
		c.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK || strings.HasSuffix(resp.Request.URL.Path, "/login") {
		c.Fatalf("signing in ends at %s with %d", resp.Request.URL, resp.StatusCode)
	}
}

// follow opens an address, looks at the page and keeps what it links to.
func (c *crawl) follow(address string) {
	c.Helper()
	c.seen++
	req, err := http.NewRequest(http.MethodGet, c.base+address, nil)
	if err != nil {
		c.Fatal(err)
	}
	req.Header.Set("Accept-Encoding", "gzip")
	resp, err := c.client.Do(req)
	if err != nil {
		c.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		c.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK || len(raw) > heaviest {
		c.Errorf("%s answers %d with %d bytes", address, resp.StatusCode, len(raw))
	}
	if resp.Header.Get("Content-Disposition") != "" {
		return // a download, which is no page
	}
	if resp.Header.Get("Content-Encoding") != "gzip" {
		c.Errorf("%s is not compressed", address)
		return
	}
	c.read(address, raw)
}

// read holds what is asked of a page's text and finds its links.
func (c *crawl) read(address string, raw []byte) {
	c.Helper()
	plain, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		c.Fatal(err)
	}
	page, err := goquery.NewDocumentFromReader(plain)
	if err != nil {
		c.Fatal(err)
	}
	text := page.Find("body").Text()
	for _, wrong := range []string{"%!", "<nil>", "0001-01-01", "NaN", "Local", "{ ", "undefined"} {
		if strings.Contains(text, wrong) {
			c.Errorf("%s says %q", address, wrong)
		}
	}
	if n := page.Find("h1").Length(); n != 1 {
		c.Errorf("%s has %d headings", address, n)
	}
	page.Find("a[href]").Each(func(_ int, a *goquery.Selection) { c.keep(address, a.AttrOr("href", "")) })
}

var inAddress = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{64}`)

// keep takes a link of the desk's own, unless there is one of its kind already.
func (c *crawl) keep(from, href string) {
	c.Helper()
	at, err := url.Parse(c.base + from)
	if err != nil {
		c.Fatal(err)
	}
	u, err := at.Parse(href)
	if err != nil {
		c.Errorf("%s links to %q", from, href)
		return
	}
	if u.Host != at.Host {
		return
	}
	kind := inAddress.ReplaceAllString(u.Path, "{id}")
	for _, name := range slices.Sorted(maps.Keys(u.Query())) {
		kind += "?" + name
	}
	if c.kinds[kind]++; c.kinds[kind] == 1 {
		c.waiting = append(c.waiting, u.RequestURI())
	}
}
