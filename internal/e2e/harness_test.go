package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// binaryVariable names the binary under test. TestMain sets it, unless whoever
// runs the tests did.
const binaryVariable = "LATCHKEY_TEST_BINARY"

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

// runTests builds the binary once, runs the tests, and looks for goroutines
// that they left behind.
func runTests(m *testing.M) int {
	if os.Getenv(binaryVariable) == "" {
		dir, err := os.MkdirTemp("", "latchkey-e2e-")
		if err != nil {
			return complain(err)
		}
		defer os.RemoveAll(dir)
		if err := build(filepath.Join(dir, "latchkey")); err != nil {
			return complain(err)
		}
	}
	code := m.Run()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	if err := goleak.Find(); code == 0 && err != nil {
		return complain(err)
	}
	return code
}

func complain(err error) int {
	fmt.Fprintln(os.Stderr, "e2e:", err)
	return 1
}

func build(path string) error {
	cmd := exec.Command("go", "build", "-o", path, "github.com/latchkey/latchkey/cmd/latchkey")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building the binary: %w\n%s", err, out)
	}
	return os.Setenv(binaryVariable, path)
}

// firstKeys is what `latchkey init --output json` prints.
type firstKeys struct {
	OrgID, ProjectID, APIKeyID, PublicKey, PrivateKey string
	Example                                           struct{ APIKeyID, PublicKey, PrivateKey string }
}

func (k firstKeys) owner() credentials { return credentials{k.PublicKey, k.PrivateKey} }
func (k firstKeys) example() credentials {
	return credentials{k.Example.PublicKey, k.Example.PrivateKey}
}

// credentials are a public and a private key.
type credentials struct{ public, private string }

// setUp makes a data directory with `latchkey init`.
func setUp(t testing.TB) (dir string, keys firstKeys) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "data")
	out, err := exec.Command(os.Getenv(binaryVariable), "init", "--data", dir, "--output", "json").Output()
	if err != nil {
		var exit *exec.ExitError
		errors.As(err, &exit)
		t.Fatalf("latchkey init: %v\n%s", err, exit.Stderr)
	}
	if err := json.Unmarshal(out, &keys); err != nil {
		t.Fatalf("latchkey init printed %q: %v", out, err)
	}
	return dir, keys
}

// instance is a running server.
type instance struct {
	URL string
	Dir string

	cmd    *exec.Cmd
	output *output
	exited chan struct{}
	err    error // of the process, once exited is closed
}

// startTimeout is how long a server may take until it listens, stopTimeout how
// long until it has drained.
const (
	startTimeout = 30 * time.Second
	stopTimeout  = 20 * time.Second
)

// serve starts a server on a data directory and waits until it listens. The
// server ends with the test, or with the test process if that is killed.
func serve(t testing.TB, dir string, flags ...string) *instance {
	t.Helper()
	args := append([]string{"serve", "--data", dir, "--listen", "127.0.0.1:0"}, flags...)
	s := &instance{Dir: dir, output: newOutput(), exited: make(chan struct{})}
	s.cmd = exec.Command(os.Getenv(binaryVariable), args...)
	s.cmd.Stdout, s.cmd.Stderr = s.output, s.output
	if err := startBound(s.cmd, func(err error) { s.err = err; close(s.exited) }); err != nil {
		t.Fatalf("starting the server: %v", err)
	}
	t.Cleanup(func() { s.stop(t) })
	select {
	case s.URL = <-s.output.url:
	case <-s.exited:
		t.Fatalf("the server ended at its start: %v\n%s", s.err, s.output)
	case <-time.After(startTimeout):
		t.Fatalf("the server did not listen within %v\n%s", startTimeout, s.output)
	}
	return s
}

// stop drains the server and fails the test if that does not end well. It may
// be called again, and after kill.
func (s *instance) stop(t testing.TB) {
	t.Helper()
	select {
	case <-s.exited:
		return
	default:
	}
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // it may just have ended
	select {
	case <-s.exited:
		if s.err != nil {
			t.Errorf("the server did not drain: %v\n%s", s.err, s.output)
		}
	case <-time.After(stopTimeout):
		s.kill()
		t.Errorf("the server did not drain within %v\n%s", stopTimeout, s.output)
	}
}

// kill ends the server at once, with kill -9, and waits until it is gone.
func (s *instance) kill() {
	_ = s.cmd.Process.Kill() // it may just have ended
	<-s.exited
}

// startBound starts a command that the kernel kills when this process dies. It
// does so with the thread that started it, hence a thread of its own.
func startBound(cmd *exec.Cmd, exited func(error)) error {
	bind(cmd)
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			exited(cmd.Wait())
		}
	}()
	return <-started
}

// output keeps what a server prints and finds the address in it.
type output struct {
	url chan string

	mu    sync.Mutex
	text  bytes.Buffer
	found bool
}

func newOutput() *output { return &output{url: make(chan string, 1)} }

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.Write(p)
	if o.found {
		return len(p), nil
	}
	if m := serving().FindSubmatch(o.text.Bytes()); m != nil {
		o.found = true
		o.url <- string(m[1])
	}
	return len(p), nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func serving() *regexp.Regexp {
	return regexp.MustCompile(`(?m)Latchkey is serving on (https?://\S+?)\r?\n`)
}

// skipUnlessRequired skips a test whose program is not installed; where
// everything is required it fails.
func skipUnlessRequired(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("LATCHKEY_TEST_REQUIRE_ALL") == "1" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// within returns a context that ends with the test or after d.
func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}
