package main

import (
	"golang.org/x/sys/unix"
)

// harden sees to it that no other user of this machine gets at the keys in this
// process's memory or files. A kernel that refuses a step is no reason not to
// start: the unit file asks for the same once more.
func harden() {
	unix.Umask(0o077)
	_ = unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
	_ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
}
