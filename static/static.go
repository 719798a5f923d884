// Package static holds what browsers fetch beside the pages: styles, scripts,
// icons, fonts. Everything is embedded and addressed by the hash of its content, so that it can be cached for good.
package static

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed app vendor/htmx/htmx.min.js vendor/inter/*.woff2
var files embed.FS

// prefix is where all files stand, with the hash of them all between it and
// their own path. One hash for all keeps relative references within style sheets true.
const prefix = "/static/"

var version = hash()

func hash() string {
	sum := sha256.New()
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := files.ReadFile(name)
		sum.Write([]byte(name))
		sum.Write(content)
		return err
	})
	if err != nil {
		panic(err) // an embedded file system cannot fail
	}
	return hex.EncodeToString(sum.Sum(nil))[:12]
}

// Path is the address of an embedded file, "app/desk.css" say.
func Path(name string) string { return prefix + version + "/" + name }

// Handler serves the files at their addresses of [Path]; under any other hash there is nothing.
func Handler() http.Handler {
	server := http.StripPrefix(prefix+version+"/", http.FileServerFS(files))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, ours := strings.CutPrefix(r.URL.Path, prefix+version+"/")
		if at, err := fs.Stat(files, name); !ours || err != nil || at.IsDir() {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		if path.Ext(r.URL.Path) == ".woff2" {
			w.Header().Set("Content-Type", "font/woff2")
		}
		server.ServeHTTP(w, r)
	})
}
