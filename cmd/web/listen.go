package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// graceful is how long requests in flight may take once the program was told to stop.
const graceful = 15 * time.Second

// listen takes the desk's address.
func listen(address string) (net.Listener, error) { return listenAt("NOADESK_LISTEN", address) }

// listenAt takes the address that a setting names.
func listenAt(variable, address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, badSettings("%s: another program listens on %s already; choose another address.", variable, address)
	case err != nil:
		return nil, badSettings("%s: cannot listen on %s (%v).", variable, address, err)
	}
	return l, nil
}

// newServer has limits that keep a slow or greedy browser from holding the desk up.
func newServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       90 * time.Second,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// stops hears when the program is told to stop, from now on. Whoever asks for it says so
// before the address is announced: a signal after that is never the system's to handle.
func stops() (told <-chan os.Signal, deaf func()) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, os.Interrupt)
	return signals, func() { signal.Stop(signals) }
}

// answer serves until the program is told to stop; then it calls drain, takes no new
// connections and lets the requests in flight finish. Told a second time it stops at once.
func answer(ctx context.Context, told <-chan os.Signal, l net.Listener, s *http.Server, drain func()) error {
	failed := make(chan error, 1)
	go func() { failed <- serveOn(l, s) }()
	select {
	case err := <-failed:
		return err
	case <-told:
	case <-ctx.Done():
	}
	drain()
	return finish(s, told)
}

func serveOn(l net.Listener, s *http.Server) error {
	if s.TLSConfig != nil {
		return s.ServeTLS(l, "", "")
	}
	return s.Serve(l)
}

func finish(s *http.Server, told <-chan os.Signal) error {
	ctx, cancel := context.WithTimeout(context.Background(), graceful)
	defer cancel()
	finished := make(chan error, 1)
	go func() { finished <- s.Shutdown(ctx) }()
	var err error
	select {
	case err = <-finished:
	case <-told:
		err = context.Canceled
	}
	if err != nil {
		_ = s.Close()
		return failure{code: exitFailed, sentence: "Stopped before all requests were answered.", cause: err}
	}
	return nil
}
