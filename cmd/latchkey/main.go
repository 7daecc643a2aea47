// Command latchkey owns what people type: it serves the API, sets data
// directories up, and answers questions about roles, operations and the audit
// trail. Everything it does beside reading its configuration is in package
// server.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/latchkey/latchkey/internal/server"
)

// The exit statuses.
const (
	exitFailure      = 1
	exitUsage        = 2 // wrong flags, arguments or configuration
	exitAlreadySetUp = 3 // init on a directory that has data
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run executes one command and returns the exit status of the process.
func run(args []string, stdout, stderr io.Writer) int {
	p := &program{stdout: stdout, stderr: stderr, env: systemEnvironment()}
	root := newRootCommand(p)
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteC()
	if err == nil {
		return 0
	}
	fmt.Fprintf(stderr, "latchkey: %v\n", err)
	var faults configError
	switch {
	case errors.Is(err, server.ErrAlreadySetUp):
		return exitAlreadySetUp
	case errors.As(err, &faults):
		return exitUsage
	case errors.As(err, new(usageError)), !p.started:
		fmt.Fprintf(stderr, "Run '%s --help' for usage.\n", cmd.CommandPath())
		return exitUsage
	}
	return exitFailure
}

// usageError says that a command was called wrongly.
type usageError string

// Error says what was wrong with the call.
func (e usageError) Error() string { return string(e) }
