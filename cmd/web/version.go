package main

import (
	"runtime"
)

type versionCommand struct{ output }

// Run prints which program this is.
func (c versionCommand) Run(w *world) error {
	about := struct {
		Version string `json:"version"`
		Go      string `json:"go"`
	}{version, runtime.Version()}
	return c.print(w, about, func() { w.say("noadesk %s (%s)", about.Version, about.Go) })
}
