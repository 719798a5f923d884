package main

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// harden sees to it that no other user of this machine gets at the keys in this
// process's memory or files. A kernel that refuses a step is no reason not to
// start, but to be said: the unit file asks for the same once more.
func harden() error {
	unix.Umask(0o077)
	cores := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
	if cores != nil {
		cores = fmt.Errorf("forbid core dumps: %w", cores)
	}
	dumps := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	if dumps != nil {
		dumps = fmt.Errorf("forbid reading the memory: %w", dumps)
	}
	return errors.Join(cores, dumps)
}
