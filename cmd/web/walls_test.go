package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A wall says what the files of a package may import.
type wall struct {
	ours  []string // packages of ours
	never []string // packages of others
	tests []string // packages of ours for its tests besides
}

// walls is the plan of the house: who may know whom. A new doorway is one word here.
var walls = map[string]wall{
	"migrations":        {},
	"static":            {},
	"internal/noa":      {},
	"internal/sandbox":  {},
	"internal/store":    {ours: []string{"migrations"}},
	"internal/keystore": {ours: []string{"internal/store"}},
	"internal/staff":    {ours: []string{"internal/store"}},
	"internal/verdict":  {ours: []string{"internal/noa"}},
	"internal/desk":     {ours: []string{"internal/store", "internal/noa"}, never: []string{"net/http"}},
	"internal/views":    {ours: []string{"internal/noa", "internal/verdict", "static"}},
	"internal/handlers": {
		ours: []string{
			"internal/desk", "internal/keystore", "internal/noa", "internal/staff",
			"internal/store", "internal/verdict", "internal/views", "static",
		},
		never: []string{"database/sql"},
		tests: []string{"internal/sandbox"},
	},
	"cmd/web": {
		ours: []string{
			"internal/desk", "internal/handlers", "internal/keystore", "internal/noa", "internal/staff",
			"internal/store", "internal/verdict", "internal/views", "migrations", "static",
		},
		tests: []string{"internal/sandbox"},
	},
}

// sandboxDoors are the files of the program that may know the sandbox.
var sandboxDoors = []string{"cmd/web/demo.go", "cmd/web/sandbox.go"}

func TestEveryFileKeepsToItsWalls(t *testing.T) {
	t.Parallel()
	seen := 0
	eachGoFile(t, func(file string) {
		seen++
		imports, err := parser.ParseFile(token.NewFileSet(), inHouse(file), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range imports.Imports {
			name, _ := strconv.Unquote(spec.Path.Value)
			if wrong := trespass(file, name); wrong != "" {
				t.Errorf("%s imports %s: %s", file, name, wrong)
			}
		}
	})
	if seen < 20 {
		t.Errorf("looked at %d files only", seen)
	}
}

// trespass says what is wrong with an import of a file, if anything is.
func trespass(file, name string) string {
	w, known := walls[path.Dir(file)]
	test := strings.HasSuffix(file, "_test.go")
	ours, isOurs := strings.CutPrefix(name, "noadesk/")
	switch {
	case !known:
		return "the package has no row in the table of walls"
	case !isOurs && slices.Contains(w.never, name) && !test:
		return "never here"
	case !isOurs, slices.Contains(w.ours, ours), ours == path.Dir(file):
		return ""
	case test && slices.Contains(w.tests, ours), slices.Contains(sandboxDoors, file) && ours == "internal/sandbox":
		return ""
	}
	return "there is a wall between them"
}

func TestTrespassesAreSeen(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file, name string
		allowed    bool
	}{
		{"internal/noa/noa.go", "noadesk/internal/keystore", false},
		{"internal/noa/noa.go", "net/http", true},
		{"internal/views/keys.go", "noadesk/internal/keystore", false},
		{"internal/desk/desk.go", "net/http", false},
		{"internal/handlers/keys.go", "database/sql", false},
		{"internal/handlers/keys.go", "noadesk/internal/sandbox", false},
		{"internal/handlers/keys_test.go", "noadesk/internal/sandbox", true},
		{"internal/sandbox/sandbox_test.go", "noadesk/internal/noa", false},
		{"cmd/web/serve.go", "noadesk/internal/sandbox", false},
		{"cmd/web/demo.go", "noadesk/internal/sandbox", true},
		{"internal/util/util.go", "fmt", false},
	} {
		if got := trespass(c.file, c.name) == ""; got != c.allowed {
			t.Errorf("%s imports %s: allowed %v, want %v", c.file, c.name, got, c.allowed)
		}
	}
}

func TestVerdictsDoNotAskTheClock(t *testing.T) {
	t.Parallel()
	eachGoFile(t, func(file string) {
		if path.Dir(file) != "internal/verdict" || strings.HasSuffix(file, "_test.go") {
			return
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), inHouse(file), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok && clockCall(sel) {
				t.Errorf("%s asks the clock", file)
			}
			return true
		})
	})
}

func clockCall(sel *ast.SelectorExpr) bool {
	pkg, ok := sel.X.(*ast.Ident)
	return ok && pkg.Name == "time" && slices.Contains([]string{"Now", "Since", "Until"}, sel.Sel.Name)
}

func TestViewsKnowNoDatabase(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-tags", "sqlite_fts5 sqlite_omit_load_extension", "-deps", "noadesk/internal/views").CombinedOutput()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, out)
	}
	for name := range strings.Lines(string(out)) {
		name = strings.TrimSpace(name)
		if strings.Contains(name, "sqlite") || name == "database/sql" || strings.HasPrefix(name, "noadesk/internal/keystore") {
			t.Errorf("views depends on %s", name)
		}
	}
}

func TestTheTopLevelHoldsOnlyWhatThePlanNames(t *testing.T) {
	t.Parallel()
	plan := strings.Fields(`cmd internal static migrations docs deploy .ci Dockerfile Makefile go.mod go.sum
		README.md LICENSE NOTICE CHANGELOG.md CONTRIBUTING.md SECURITY.md .gitignore .gitattributes`)
	left := strings.Fields(".git bin data") // not committed
	entries, err := os.ReadDir(inHouse("."))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains(plan, e.Name()) && !slices.Contains(left, e.Name()) {
			t.Errorf("%s has no place at the top level", e.Name())
		}
	}
}

// eachGoFile calls f with every Go file's path from the top of the house.
func eachGoFile(t *testing.T, f func(file string)) {
	t.Helper()
	err := filepath.WalkDir(inHouse("."), func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && d.Name() != ".."):
			return filepath.SkipDir
		case strings.HasSuffix(p, ".go"):
			rel, err := filepath.Rel(inHouse("."), p)
			if err != nil {
				return err
			}
			f(filepath.ToSlash(rel))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// inHouse is a path from the top of the house, as seen from this package's folder.
func inHouse(file string) string { return filepath.Join("..", "..", filepath.FromSlash(file)) }
