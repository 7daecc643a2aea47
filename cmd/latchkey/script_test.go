package main

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	_ "modernc.org/sqlite"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/store/sqlstore"
)

// TestMain lets the scripts run this very program as "latchkey".
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"latchkey": main})
}

// TestScript runs the scripts in testdata/script, each in a directory of its
// own. They show the command as people use it.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"wait-for":     waitFor,
			"mode":         mode,
			"sql":          execSQL,
			"stalled-call": stalledCall,
			"exit-status":  exitStatus,
			"get-env":      getEnv,
			"many-events":  manyEvents,
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// patience is how long a script waits for what surely comes.
const patience = 30 * time.Second

// waitFor waits until the file has text that matches: wait-for FILE PATTERN.
// It also takes the name of a file alone, and waits until that exists.
func waitFor(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: wait-for file [pattern]")
	}
	pattern := regexp.MustCompile("")
	if len(args) == 2 {
		pattern = regexp.MustCompile("(?m)" + args[1])
	}
	var text []byte
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		var err error
		if text, err = os.ReadFile(ts.MkAbs(args[0])); len(args) == 1 {
			_, err = os.Lstat(ts.MkAbs(args[0]))
		}
		if err == nil && pattern.Match(text) {
			return
		}
	}
	ts.Fatalf("%s did not come; %s has: %s", strings.Join(args, " "), args[0], text)
}

// mode checks what may be done with a file: mode 0600 FILE.
func mode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: mode 0600 file")
	}
	want, err := strconv.ParseUint(args[0], 8, 32)
	ts.Check(err)
	info, err := os.Lstat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := info.Mode().Perm(); got != os.FileMode(want) {
		ts.Fatalf("%s has mode %#o, want %#o", args[1], got, want)
	}
}

// execSQL changes a database behind Latchkey's back: sql FILE STATEMENT.
func execSQL(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: sql file statement")
	}
	db, err := sql.Open("sqlite", "file:"+ts.MkAbs(args[0]))
	ts.Check(err)
	defer db.Close()
	_, err = db.Exec(args[1])
	ts.Check(err)
}

// manyEvents renames the organization so many times in one change, so that
// there is something to export: many-events DIR NUMBER.
func manyEvents(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: many-events directory number")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	store, err := sqlstore.Open(ts.MkAbs(args[0]), sqlstore.Options{})
	ts.Check(err)
	defer store.Close()
	ts.Check(store.Update(context.Background(), func(tx latchkey.Tx) error {
		orgs, err := tx.Organizations()
		if err != nil {
			return err
		}
		org, err := tx.Organization(orgs[0])
		for range n {
			e := latchkey.Event{OrgID: org.ID, ID: latchkey.NewID[latchkey.EventID](tx.Now()), Type: latchkey.EventOrgRenamed, Change: latchkey.Change{Name: &org.Name}}
			err = errors.Join(err, tx.AppendEvent(&e))
		}
		return err
	}))
}

// stalledCall opens a connection to the server whose address is in the file,
// and sends a request without its body: stalled-call FILE. It returns when the
// server waits for the body.
func stalledCall(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: stalled-call file")
	}
	u, err := url.Parse(regexp.MustCompile(`https?://\S+`).FindString(ts.ReadFile(args[0])))
	ts.Check(err)
	conn, err := net.Dial("tcp", u.Host)
	ts.Check(err)
	ts.Defer(func() { conn.Close() })
	_, err = conn.Write([]byte("GET /api/atlas/v2 HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n"))
	ts.Check(err)
	answer := make([]byte, len("HTTP/1.1 100"))
	_, err = io.ReadFull(conn, answer)
	ts.Check(err)
	if string(answer) != "HTTP/1.1 100" {
		ts.Fatalf("the server does not wait for the body: %s", answer)
	}
}

// exitStatus runs latchkey and checks how it ends: exit-status 3 ARGS…
// Its output is in the files status.out and status.err.
func exitStatus(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: exit-status number args...")
	}
	sh := `"$@" >status.out 2>status.err; test $? -eq ` + args[0]
	if err := ts.Exec("sh", append([]string{"-c", sh, "sh", "latchkey"}, args[1:]...)...); err != nil {
		ts.Fatalf("the exit status is not %s; standard error:\n%s", args[0], ts.ReadFile("status.err"))
	}
}

// getEnv sets a variable to what a pattern finds in a file, to its first group
// if it has one: get-env NAME FILE PATTERN.
func getEnv(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: get-env name file pattern")
	}
	found := regexp.MustCompile(args[2]).FindStringSubmatch(ts.ReadFile(args[1]))
	if found == nil {
		ts.Fatalf("%s has nothing that matches %s:\n%s", args[1], args[2], ts.ReadFile(args[1]))
	}
	ts.Setenv(args[0], found[len(found)-1])
}
