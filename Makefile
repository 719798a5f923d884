# Everything that people and CI do with this repository. Needs Go and gcc
# (SQLite is C); `make test` sees to the rest.

TAGS    := sqlite_fts5 sqlite_omit_load_extension
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)

# The same flags everywhere, so that SQLite's C file is compiled once and found in the cache.
export GOFLAGS := -buildvcs=false -trimpath
export CGO_ENABLED := 1

comma  := ,
empty  :=
space  := $(empty) $(empty)
TOOL   := go tool -modfile=.ci/tools.mod
STATIC := -s -w -X main.version=$(VERSION) -linkmode external -extldflags -static

.PHONY: run build test check vuln bench generate fmt tools chroot-proof clean
.PHONY: check-format check-generated check-code check-modules check-vendor

# run starts the desk beside its own sandbox Noa and prints how to sign in.
run: build
	@exec bin/noadesk demo

# build makes one static binary with everything embedded.
build:
	go build -p 2 -tags '$(TAGS) netgo osusergo' -ldflags '$(STATIC)' -o bin/noadesk ./cmd/web

# test installs what the tests need where that is missing, and runs all of them.
test: tools
	go test -race -p 2 -timeout 20m -tags '$(TAGS)' ./...

tools:
	@.ci/need chromium openssl strace

# check is all that is asked before the tests; it needs no network once the modules are there.
check: check-format check-generated check-code check-modules check-vendor

check-format:
	@bad=$$($(TOOL) gofumpt -l .); test -z "$$bad" || { echo "Not formatted (make fmt):"; echo "$$bad"; exit 1; }
	go tool templ fmt -log-level error -fail .

# Compares contents, so that it finds a stale file, a missing one and one whose page is gone.
check-generated:
	go tool templ generate -check
	@for f in $$(find . -name '*_templ.go'); do \
		test -e "$${f%_templ.go}.templ" || { echo "$$f has no .templ file (make generate)"; exit 1; }; \
	done

check-code:
	go vet -p 2 -tags '$(TAGS)' ./...
	$(TOOL) staticcheck -tags '$(subst $(space),$(comma),$(TAGS))' ./...

check-modules:
	go mod tidy -diff
	go mod verify

# Every vendored file has the sum that stands in the manifest, and none lies beside it unnamed.
check-vendor:
	cd static/vendor && sha256sum --check --strict --quiet MANIFEST
	@cd static/vendor && find . -type f ! -name MANIFEST | sed 's|^\./||' | while read -r f; do \
		grep -q "[ *]\(\./\)\?$$f\$$" MANIFEST || { echo "static/vendor/$$f is not in its MANIFEST"; exit 1; }; \
	done

# vuln asks the Go vulnerability database; VULNDB=file:///… names a local copy of it.
vuln:
	$(TOOL) govulncheck $(if $(VULNDB),-db '$(VULNDB)') -tags '$(subst $(space),$(comma),$(TAGS))' ./...

bench:
	go test -run '^$$' -bench . -benchmem -p 1 -timeout 30m -tags '$(TAGS)' ./...

generate:
	go tool templ generate

fmt:
	go tool templ fmt -log-level error .
	go tool templ generate
	$(TOOL) gofumpt -w .

# chroot-proof runs the binary as the container image would: nothing else in the
# root folder, user 65532. Needs root.
chroot-proof: build
	@.ci/chroot-proof bin/noadesk

clean:
	rm -rf bin
