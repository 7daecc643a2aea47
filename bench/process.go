package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ticks is how many steps of processor time /proc counts in a second, on every
// Linux that Go runs on.
const ticks = 100

// cpuTime returns the processor time that a process has used; 0 for no process.
func cpuTime(pid int) (time.Duration, error) {
	if pid == 0 {
		return 0, nil
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), ") ") // the name may hold anything
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc/%d/stat: %q", pid, text)
	}
	user, err := strconv.ParseInt(fields[11], 10, 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * time.Second / ticks, err
}

// memory returns the proportional set size of a process in bytes.
func memory(pid int) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "Pss:"); ok {
			kb, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kb << 10, err
		}
	}
	return 0, fmt.Errorf("/proc/%d/smaps_rollup has no Pss", pid)
}

// child is a server that runs as a process of its own, and ends with this one.
type child struct {
	cmd  *exec.Cmd
	done chan error
}

// launch starts a command and waits until it listens on the address.
func launch(ctx context.Context, address string, log io.Writer, name string, args ...string) (*child, error) {
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c := &child{cmd, make(chan error, 1)}
	go func() { c.done <- cmd.Wait() }()
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			return c, conn.Close()
		}
		select {
		case err := <-c.done:
			return nil, fmt.Errorf("%s ended: %w", name, err)
		case <-ctx.Done():
			return nil, c.stop()
		default:
		}
		if time.Since(began) > time.Minute {
			return nil, fmt.Errorf("%s does not listen on %s", name, address)
		}
	}
}

// stop asks the child to end and waits for it.
func (c *child) stop() error {
	if c == nil {
		return nil
	}
	_ = c.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-c.done:
	case <-time.After(20 * time.Second):
		_ = c.cmd.Process.Kill()
		<-c.done
	}
	return nil
}

// freeAddress returns a loopback address that nobody listens on.
func freeAddress() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer ln.Close()
	return ln.Addr().String(), nil
}

// build builds a command of a module.
func build(ctx context.Context, module, pkg, out string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-o", out, pkg)
	cmd.Dir = module
	text, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("building %s in %s: %w\n%s", pkg, module, err, text)
	}
	return nil
}

// progress prints a line that replaces itself on a terminal, and nothing much
// elsewhere.
type progress struct {
	out      *bufio.Writer
	terminal bool
	last     time.Time
}

func newProgress() *progress {
	info, err := os.Stderr.Stat()
	return &progress{out: bufio.NewWriter(os.Stderr), terminal: err == nil && info.Mode()&os.ModeCharDevice != 0}
}

// say shows where the run is.
func (p *progress) say(format string, args ...any) {
	if p.terminal {
		fmt.Fprintf(p.out, "\r\x1b[K"+format, args...)
	} else if time.Since(p.last) > 5*time.Second {
		fmt.Fprintf(p.out, format+"\n", args...)
	} else {
		return
	}
	p.last = time.Now()
	_ = p.out.Flush()
}

// end ends the line.
func (p *progress) end() {
	if p.terminal {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
	_ = p.out.Flush()
}
