package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mongodb-forks/digest"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/store/sqlstore"
)

// newAdmin returns a server whose commands are answered, and its directory.
func newAdmin(t *testing.T) (*Server, *Admin) {
	t.Helper()
	d := openEmpty(t)
	if _, err := d.SetUp(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	s, err := New(d, Config{})
	if err != nil {
		t.Fatal(err)
	}
	admin, err := s.OpenAdmin()
	if err != nil {
		t.Fatal(err)
	}
	return s, admin
}

func TestCommandsBesideAServer(t *testing.T) {
	s, admin := newAdmin(t)
	socket := filepath.Join(s.data.Dir, AdminSocket)
	if info, err := os.Stat(socket); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket: %v, %v", info, err)
	}
	if left, err := filepath.Glob(filepath.Join(s.data.Dir, ".*")); err != nil || len(left) > 0 {
		t.Errorf("left in the directory: %q, %v", left, err)
	}
	commands, err := OpenCommands(t.Context(), s.data.Dir, "")
	if err != nil {
		t.Fatal(err)
	}
	defer commands.Close()
	made, err := commands.CreateOrganization(t.Context(), "Second")
	if err != nil {
		t.Fatal(err)
	}
	again, err := commands.RecoverOwner(t.Context(), string(made.OrgID))
	if err != nil {
		t.Fatal(err)
	}
	if again.OrgID != made.OrgID || again.KeyID == made.KeyID || again.PrivateKey == made.PrivateKey {
		t.Error("the recovered key is not a new key of the same organization")
	}
	wantCommandEvents(t, s, made.OrgID)
	for _, id := range []string{"", "x", "../organizations", "a/b", "000000000000000000000000"} {
		if _, err := commands.RecoverOwner(t.Context(), id); err == nil || !strings.Contains(err.Error(), "nothing was changed") {
			t.Errorf("recovering %q: %v", id, err)
		}
	}
	if _, err := s.OpenAdmin(); err == nil || !strings.Contains(err.Error(), "another process answers") {
		t.Errorf("a second server on the socket: %v", err)
	}
	if err := admin.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(socket); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket is left: %v", err)
	}
}

// wantCommandEvents checks that all events of the organization name a command
// and no caller.
func wantCommandEvents(t *testing.T, s *Server, org latchkey.OrgID) {
	t.Helper()
	var events []latchkey.Event
	err := s.data.Store.View(t.Context(), func(r latchkey.Reader) (err error) {
		events, err = r.Events(org, 0, 100)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range events {
		got = append(got, fmt.Sprint(e.Operation, " ", e.Type, " ", e.Source, e.CallerID))
	}
	want := "org create ORG_CREATED command, org create API_KEY_CREATED command, recover-owner API_KEY_CREATED command"
	if strings.Join(got, ", ") != want {
		t.Errorf("events %q, want %s", got, want)
	}
}

func TestCommandsWithoutAServer(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if _, err := OpenCommands(t.Context(), dir, ""); !errors.Is(err, ErrNotSetUp) {
		t.Errorf("without data: %v", err)
	}
	data, err := OpenData(t.Context(), dir, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := data.SetUp(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenCommands(t.Context(), dir, ""); !errors.Is(err, sqlstore.ErrInUse) {
		t.Errorf("beside a process that does not answer: %v", err)
	}
	if err := data.Close(); err != nil {
		t.Fatal(err)
	}
	commands, err := OpenCommands(t.Context(), dir, "")
	if err != nil {
		t.Fatal(err)
	}
	made, err := commands.CreateOrganization(t.Context(), "Second")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := commands.RecoverOwner(t.Context(), string(made.OrgID)); err != nil {
		t.Error(err)
	}
	if err := commands.Close(); err != nil {
		t.Error(err)
	}
}

func TestStaleSocketIsReplaced(t *testing.T) {
	s, admin := newAdmin(t)
	if err := admin.Close(); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(s.data.Dir, AdminSocket)
	stale, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	stale.SetUnlinkOnClose(false)
	if err := stale.Close(); err != nil {
		t.Fatal(err)
	}
	if admin, err = s.OpenAdmin(); err != nil {
		t.Fatal(err)
	}
	if conn, err := dialSocket(t.Context(), s.data.Dir); err != nil {
		t.Error(err)
	} else {
		conn.Close()
	}
	if err := admin.Close(); err != nil {
		t.Error(err)
	}
	// What is no socket is somebody's.
	if err := os.WriteFile(socket, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.OpenAdmin(); err == nil || !strings.Contains(err.Error(), "is no socket") {
		t.Errorf("got %v", err)
	}
}

// TestForeignAnswer asks a server that is none of this version.
func TestForeignAnswer(t *testing.T) {
	dir := t.TempDir()
	ln, remove, err := listenSocket(dir)
	if err != nil {
		t.Fatal(err)
	}
	srv := http.Server{Handler: http.NotFoundHandler()}
	go func() { _ = srv.Serve(ln) }()
	defer func() { _ = remove(); srv.Close() }()
	commands, err := OpenCommands(t.Context(), dir, "")
	if err != nil {
		t.Fatal(err)
	}
	defer commands.Close()
	if _, err := commands.CreateOrganization(t.Context(), "x"); err == nil || !strings.Contains(err.Error(), "another version") {
		t.Errorf("got %v", err)
	}
}

// TestOrgNamesAreThoseOfTheWire renames an organization over HTTP to each name
// and holds the rule for commands to what that answers.
func TestOrgNamesAreThoseOfTheWire(t *testing.T) {
	d := openEmpty(t)
	keys, err := d.SetUp(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(d, Config{})
	if err != nil {
		t.Fatal(err)
	}
	transport := digest.NewTransport(string(keys.PublicKey), keys.PrivateKey)
	transport.Transport = direct{s.Handler("http://127.0.0.1")}
	accepted := 0
	for _, name := range []string{
		"", " ", "a", " a", "a ", "a b", "a  b", "Ä", "組織", "a\tb", "a\nb", "<a>", `"`, "a/b", "a;b", "a'b", "a&b", "a@b", "a+b",
		"(a)", "a:b", "a,b", "a.b", "a_b", "a-b", "-", "a!", "a#", "a%", "a*", "a=", "²", "½", "a\u00a0b", "a\u0301", "🔑", "a\u202eb",
		strings.Repeat("a", 64), strings.Repeat("a", 65), strings.Repeat("ä", 64), strings.Repeat("ä", 65),
	} {
		req, err := http.NewRequest(http.MethodPatch, "http://127.0.0.1/api/atlas/v2/orgs/"+string(keys.OrgID), strings.NewReader(fmt.Sprintf(`{"name":%s}`, jsonString(name))))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept", "application/vnd.atlas.2023-01-01+json")
		req.Header.Set("Content-Type", "application/json")
		resp, err := transport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		onWire := resp.StatusCode == http.StatusOK
		if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusBadRequest {
			t.Fatalf("%q: %s %s", name, resp.Status, body)
		}
		if latchkey.ValidName(name) != onWire {
			t.Errorf("%q: valid here: %v, on the wire: %v %s", name, latchkey.ValidName(name), onWire, body)
		}
		if onWire {
			accepted++
		}
	}
	if accepted < 10 {
		t.Errorf("only %d names were accepted", accepted)
	}
	if latchkey.ValidName("\xff") {
		t.Error("bad UTF-8 is valid")
	}
}

// direct asks a handler without a network in between.
type direct struct{ handler http.Handler }

// RoundTrip implements http.RoundTripper.
func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	in := r.Clone(r.Context())
	in.RequestURI, in.RemoteAddr = r.URL.RequestURI(), "127.0.0.1:1"
	if in.Body == nil {
		in.Body = http.NoBody
	}
	d.handler.ServeHTTP(w, in)
	return w.Result(), nil
}

func jsonString(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings marshal
	}
	return string(text)
}
