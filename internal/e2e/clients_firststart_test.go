package e2e

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestFirstStartOnTerminal starts the server for the first time as a person
// does, takes the curl commands that it prints, and runs them as they stand.
func TestFirstStartOnTerminal(t *testing.T) {
	t.Parallel()
	script, err := exec.LookPath("script")
	if err != nil {
		skipUnlessRequired(t, "script is not installed, there is no terminal to start on (Debian: bsdutils): %v", err)
	}
	if _, err := exec.LookPath("curl"); err != nil {
		skipUnlessRequired(t, "curl is not installed: %v", err)
	}
	dir := filepath.Join(t.TempDir(), "data")
	said := onTerminal(t, script, os.Getenv(binaryVariable)+" serve --listen 127.0.0.1:0 --data "+dir, func(said string) {
		commands := curlCommands(said)
		if len(commands) != 2 {
			t.Fatalf("%d curl commands, want 2:\n%s", len(commands), said)
		}
		for i, path := range []string{"/api/atlas/v2/groups/", "/api/public/v1.0/groups/"} {
			if !strings.Contains(commands[i], path) {
				t.Errorf("command %d does not call %s:\n%s", i+1, path, commands[i])
			}
			pasted(t, commands[i])
		}
	})
	if _, err := os.Stat(filepath.Join(dir, "first-keys.json")); err == nil {
		t.Error("the keys were written to a file although they were shown")
	}
	private := regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	if !private.MatchString(said) {
		t.Errorf("no private key is shown:\n%s", said)
	}
	again := onTerminal(t, script, os.Getenv(binaryVariable)+" serve --listen 127.0.0.1:0 --data "+dir, nil)
	if private.MatchString(again) || strings.Contains(again, "curl") {
		t.Errorf("the second start shows keys or commands:\n%s", again)
	}
}

// onTerminal runs a command on a terminal until it serves, lets use look at
// what was printed, interrupts it as a person does, and returns all that was
// printed.
func onTerminal(t *testing.T, script, command string, use func(said string)) string {
	t.Helper()
	said := newOutput()
	cmd := exec.Command(script, "-qec", "exec "+command, "/dev/null")
	// The shell must become the server: one that stays reports the interrupt as
	// its own end.
	cmd.Env = append(os.Environ(), "SHELL=/bin/sh")
	cmd.Stdout, cmd.Stderr = said, said
	keyboard, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	exited := make(chan error, 1)
	if err := startBound(cmd, func(err error) { exited <- err }); err != nil {
		t.Fatal(err)
	}
	end := func() {
		_, _ = io.WriteString(keyboard, "\x03") // interrupt; it may have ended
		select {
		case err := <-exited:
			if err != nil {
				t.Errorf("after an interrupt: %v\n%s", err, said)
			}
		case <-time.After(stopTimeout):
			_ = cmd.Process.Kill()
			<-exited
			t.Errorf("no end within %v of an interrupt\n%s", stopTimeout, said)
		}
		_ = keyboard.Close() // it ended
	}
	defer end()
	select {
	case <-said.url:
	case err := <-exited:
		exited <- err
		t.Fatalf("ended at its start: %v\n%s", err, said)
	case <-time.After(startTimeout):
		t.Fatalf("did not listen within %v\n%s", startTimeout, said)
	}
	if use != nil {
		settled(said)
		use(said.String())
	}
	return said.String()
}

// settled waits until nothing more is printed: the address may come before the
// commands.
func settled(o *output) {
	for before := -1; before != len(o.String()); time.Sleep(200 * time.Millisecond) {
		before = len(o.String())
	}
}

// curlCommands finds the commands that begin with curl, each to the end of its
// last continued line.
func curlCommands(said string) []string {
	var commands []string
	open := false
	for line := range strings.Lines(strings.ReplaceAll(said, "\r\n", "\n")) {
		switch {
		case open:
			commands[len(commands)-1] += line
		case strings.HasPrefix(strings.TrimLeft(line, " $"), "curl "):
			commands = append(commands, strings.TrimLeft(line, " $"))
			open = true
		}
		open = open && strings.HasSuffix(strings.TrimRight(line, "\n"), `\`)
	}
	return commands
}

// pasted runs a command in a shell and checks that it changed the roles of a
// key to those that it names.
func pasted(t *testing.T, command string) {
	t.Helper()
	out, err := exec.CommandContext(within(t, 20*time.Second), "sh", "-c", command).Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
	var key object
	if err := json.Unmarshal(out, &key); err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
	sent := regexp.MustCompile(`\{"roles":\[(.*?)\]\}`).FindStringSubmatch(command)
	if sent == nil {
		t.Fatalf("%s: no roles are sent", command)
	}
	var want, got []string
	for name := range strings.SplitSeq(sent[1], ",") {
		want = append(want, strings.Trim(name, `"`))
	}
	for _, r := range key.objects("roles") {
		if r.text("groupId") != "" {
			got = append(got, r.text("roleName"))
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("%s: roles in the project %q, want %q", command, got, want)
	}
}
