// Command web is the program: the desk itself and what its operator does by
// hand. It is wiring: a file a family of commands, which read settings, open
// the rooms and hand them to each other.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/alecthomas/kong"
	"golang.org/x/term"
)

// version is stamped by the build.
var version = "dev"

// A world is all that a command may touch outside: tests bring another one.
type world struct {
	args     []string
	env      func(name string) string
	in       io.Reader
	out, err io.Writer
	ask      func(prompt string) ([]byte, error) // reads without echo; nil where standard input is no terminal
	readable bool                                // somebody reads standard error, rather than a program
}

// commands is everything that the program can be told to do.
type commands struct {
	Serve       serveCommand       `cmd:"" help:"Run the desk."`
	Demo        demoCommand        `cmd:"" help:"Run the desk beside a sandbox Noa of its own, with a practice organisation, in a temporary folder."`
	Sandbox     sandboxCommand     `cmd:"" help:"Run the sandbox Noa alone."`
	MasterKey   masterKeyCommands  `cmd:"" name:"master-key" help:"Make the master key."`
	Staff       staffCommands      `cmd:"" help:"Look after the people who work at the desk."`
	Org         orgCommands        `cmd:"" help:"Look after the organisations."`
	Key         keyCommands        `cmd:"" help:"Look after the clients' keys."`
	Backup      backupCommand      `cmd:"" help:"Write the database into one file, beside a running desk."`
	Restore     restoreCommand     `cmd:"" help:"Put a backup in the place of the database; the desk must not run."`
	Verify      verifyCommand      `cmd:"" help:"Read a backup or the database through, and open every key in it."`
	Audit       auditCommands      `cmd:"" help:"Check and print the record of what was done."`
	Doctor      doctorCommand      `cmd:"" help:"Check everything that the desk needs, a line a check."`
	Healthcheck healthcheckCommand `cmd:"" help:"Say by the exit code whether the running desk is ready."`
	Version     versionCommand     `cmd:"" help:"Print the version."`
}

func main() {
	if err := harden(); err != nil {
		fmt.Fprintf(os.Stderr, "This kernel does not let the program shield its memory: %v\n", err)
	}
	said := newLogSink(os.Stderr)
	w := &world{args: os.Args[1:], env: os.Getenv, in: os.Stdin, out: os.Stdout, err: said}
	w.readable = term.IsTerminal(int(os.Stderr.Fd()))
	if term.IsTerminal(int(os.Stdin.Fd())) {
		w.ask = askTerminal
	}
	code := run(context.Background(), w)
	said.flush(time.Second)
	os.Exit(code)
}

// run carries out one command line and gives the exit code.
func run(ctx context.Context, w *world) int {
	helped := false
	parser, err := kong.New(&commands{},
		kong.Name("noadesk"), kong.Description("A desk for the staff of a bicycle fleet that runs on Noa."),
		kong.Writers(w.out, w.err), kong.Exit(func(int) { helped = true }),
		kong.Resolvers(environment(w.env)), kong.ValueFormatter(withVariable),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(w))
	if err != nil {
		panic(err) // the struct above is wrong: no command line can cause it
	}
	line, err := parser.Parse(w.args)
	if helped {
		return exitDone
	}
	if err != nil {
		return w.fail(wrongUsage{err})
	}
	return w.fail(line.Run())
}

// fail tells why a command failed, if it did, and gives the exit code.
func (w *world) fail(err error) int {
	if err != nil {
		fmt.Fprintln(w.err, sentence(err))
	}
	return exitCode(err)
}

// askTerminal asks for something that must not be seen on the screen.
func askTerminal(prompt string) ([]byte, error) {
	fmt.Fprint(os.Stderr, prompt)
	defer fmt.Fprintln(os.Stderr)
	return term.ReadPassword(int(os.Stdin.Fd()))
}
