package handlers

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/klauspost/compress/gzhttp"

	"noadesk/internal/views"
)

// mostBody is how large a form may be, a key's file included.
const mostBody = 64 << 10

// mostText is how large a form of free text may be.
const mostText = 4 << 20

// policy is the content security policy of every answer: nothing inline, nothing foreign.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; " +
	"connect-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

type requestIDKey struct{}

// requestID is the number under which the log has this request.
func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// chain is what is done round every request, from the outside in.
func (s *Server) chain(routes http.Handler) http.Handler {
	guarded := s.ownPagesOnly(routes)
	packed := gzhttp.GzipHandler(limited(guarded))
	return identified(s.logged(s.recovered(s.headers(s.ownHost(packed)))))
}

// identified gives the request a number of our own; one from outside is not believed.
func identified(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var raw [8]byte
		_, _ = rand.Read(raw[:]) // never fails
		id := hex.EncodeToString(raw[:])
		w.Header().Set("X-Request-Id", id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestIDKey{}, id)))
	})
}

// logged writes one line a request, with the route's pattern in place of the
// path: what people look for stays out of the log. It tells whoever observes as much.
func (s *Server) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		seen := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		route := chi.NewRouteContext()
		route.Routes = s.mux // the mux does so only in a context of its own
		r = r.WithContext(context.WithValue(r.Context(), chi.RouteCtxKey, route))
		next.ServeHTTP(seen, r)
		level := slog.LevelInfo
		if strings.HasPrefix(r.URL.Path, "/static/") || r.URL.Path == "/healthz" || r.URL.Path == "/readyz" {
			level = slog.LevelDebug
		}
		s.options.Log.Log(r.Context(), level, "request",
			"request", requestID(r.Context()), "method", r.Method, "route", route.RoutePattern(),
			"status", seen.Status(), "bytes", seen.BytesWritten(), "ms", time.Since(begun).Milliseconds(), "from", s.client(r))
		if s.options.Observe != nil {
			s.options.Observe(Answered{r.Method, route.RoutePattern(), cmp.Or(seen.Status(), http.StatusOK), time.Since(begun)})
		}
	})
}

// wrongMethod says which methods an address takes.
func (s *Server) wrongMethod(w http.ResponseWriter, r *http.Request) {
	path := cmp.Or(r.URL.RawPath, r.URL.Path)
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		if s.mux.Match(chi.NewRouteContext(), method, path) {
			w.Header().Add("Allow", method)
		}
	}
	s.open(func(*visit) (views.Page, error) { return nil, errMethod })(w, r)
}

// client is the address that a request comes from; what a proxy says counts only where the proxy is trusted.
func (s *Server) client(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && s.trusted(host); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		host = hop.String()
	}
	return host
}

func (s *Server) trusted(host string) bool {
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	for _, p := range s.options.TrustedProxies {
		if p.Contains(addr.Unmap()) {
			return true
		}
	}
	return false
}

// recovered turns a panic into the page of an inner error.
func (s *Server) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			switch fault := recover(); fault {
			case nil:
			case http.ErrAbortHandler:
				panic(fault)
			default:
				s.options.Log.Error("panic", "request", requestID(r.Context()), "fault", fault, "stack", string(debug.Stack()))
				s.failAlone(w, r, errPanic)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// failAlone answers with an error where there is no visit to show it in.
func (s *Server) failAlone(w http.ResponseWriter, r *http.Request, err error) {
	s.fail(w, s.unknown(r), err)
}

// headers are those of every answer.
func (s *Server) headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		h.Set("Cache-Control", "no-store")
		if s.options.URL.Scheme == "https" {
			h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		next.ServeHTTP(w, r)
	})
}

// ownHost refuses requests that were sent to another name. Probes of a supervisor use whatever name they have.
func (s *Server) ownHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		probe := r.URL.Path == "/healthz" || r.URL.Path == "/readyz"
		if probe || sameHost(r.Host, s.options.URL.Host, s.options.URL.Scheme) {
			next.ServeHTTP(w, r)
			return
		}
		s.failAlone(w, r, errHost)
	})
}

// sameHost compares a Host header with the desk's own; the names of the loopback are one.
func sameHost(got, own, scheme string) bool {
	gotName, gotPort := splitHost(got, scheme)
	ownName, ownPort := splitHost(own, scheme)
	return gotPort == ownPort && (gotName == ownName || loopback(gotName) && loopback(ownName))
}

func splitHost(hostport, scheme string) (name, port string) {
	name, port, err := net.SplitHostPort(hostport)
	if err != nil {
		name, port = strings.Trim(hostport, "[]"), "80"
		if scheme == "https" {
			port = "443"
		}
	}
	return strings.ToLower(name), port
}

func loopback(name string) bool {
	return name == "localhost" || name == "127.0.0.1" || name == "::1"
}

// limited caps what a request may send.
func limited(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = &cappedBody{ReadCloser: r.Body, left: mostBody, cap: mostBody}
		next.ServeHTTP(w, r)
	})
}

// A cappedBody gives an error past its cap. Closed, it takes in some of the rest
// unread, so that a browser that is still sending gets to see the answer.
type cappedBody struct {
	io.ReadCloser
	left int64
	cap  int64
	over bool
}

// mostRest is how much of a body that is too large is taken in for politeness.
const mostRest = 16 << 20

func (b *cappedBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		b.over = true
		return 0, &http.MaxBytesError{Limit: b.cap}
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// roomier raises the cap for a form of free text, so that a text that is too long is not lost but comes back.
func roomier(r *http.Request) {
	if b, ok := r.Body.(*cappedBody); ok {
		b.left, b.cap = mostText, mostText
	}
}

// swallow takes in the rest of a body that was too large.
func swallow(r *http.Request) {
	if b, ok := r.Body.(*cappedBody); ok && b.over {
		_, _ = io.CopyN(io.Discard, b.ReadCloser, mostRest)
	}
}

// ownPagesOnly refuses posts that other sites make a browser send. A browser
// that sends our cookie says where a post comes from; one that does not say is not believed either.
func (s *Server) ownPagesOnly(next http.Handler) http.Handler {
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.failAlone(w, r, errOrigin) }))
	return guard.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		changes := r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodOptions
		silent := r.Header.Get("Sec-Fetch-Site") == "" && r.Header.Get("Origin") == ""
		_, err := r.Cookie(s.cookieName())
		if changes && silent && err == nil {
			s.failAlone(w, r, errOrigin)
			return
		}
		next.ServeHTTP(w, r)
	}))
}
