package sqlstore

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/latchkey/latchkey"
)

func TestModesWhateverTheUmask(t *testing.T) {
	for _, umask := range []int{0, 0o077, 0o277} {
		t.Run(fmt.Sprintf("%04o", umask), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			old := syscall.Umask(umask)
			s, err := Open(dir, Options{})
			syscall.Umask(old)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if err := s.Update(background, insertOrganization(1)); err != nil {
				t.Fatal(err)
			}
			for name, want := range map[string]fs.FileMode{
				".": 0o700 | fs.ModeDir, databaseName: 0o600, lockName: 0o600,
				databaseName + "-wal": 0o600, databaseName + "-shm": 0o600,
			} {
				info, err := os.Stat(filepath.Join(dir, name))
				if err != nil {
					t.Fatal(err)
				}
				if info.Mode() != want {
					t.Errorf("%s has mode %v, want %v", name, info.Mode(), want)
				}
			}
		})
	}
}

func TestFilesBecomePrivate(t *testing.T) {
	dir := t.TempDir()
	open(t, dir, Options{}).Close()
	path := databasePath(dir)
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	open(t, dir, Options{})
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, want 0600 (%v)", info.Mode(), err)
	}
}

func TestExistsAndSetUp(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	check := func(when string, exists, setUp bool) {
		t.Helper()
		if got, err := Exists(dir); got != exists || err != nil {
			t.Errorf("%s: Exists says %v, %v", when, got, err)
		}
		if got, err := SetUp(dir); got != setUp || err != nil {
			t.Errorf("%s: SetUp says %v, %v", when, got, err)
		}
	}
	check("without a directory", false, false)
	s := open(t, dir, Options{})
	check("empty", true, false)
	if err := s.Update(background, insertOrganization(1)); err != nil {
		t.Fatal(err)
	}
	check("in use", true, true)
	s.Close()
	check("closed", true, true)
	for _, look := range []func(string) (bool, error){Exists, SetUp} {
		if _, err := look(databasePath(dir)); !errors.Is(err, syscall.ENOTDIR) {
			t.Errorf("of a file: %v", err)
		}
	}
}

// TestBadDirectories shows what is said about data that cannot be opened, and
// that nothing in it is changed.
func TestBadDirectories(t *testing.T) {
	for _, c := range []struct {
		name     string
		make     func(t *testing.T, dir string)
		open     error
		openText string
		read     error
		readText string
	}{
		{"not a directory", func(t *testing.T, dir string) { write(t, dir, "x") },
			syscall.ENOTDIR, "not a directory", syscall.ENOTDIR, "not a directory"},
		{"no database", func(t *testing.T, dir string) { mkdir(t, dir) },
			nil, "", fs.ErrNotExist, "latchkey init"},
		{"not a database", func(t *testing.T, dir string) {
			mkdir(t, dir)
			write(t, databasePath(dir), strings.Repeat("no database ", 1000))
		}, latchkey.ErrCorrupt, "restore it from a backup", latchkey.ErrCorrupt, "restore it from a backup"},
		{"damaged", func(t *testing.T, dir string) {
			open(t, dir, Options{}).Close()
			data, err := os.ReadFile(databasePath(dir))
			if err != nil {
				t.Fatal(err)
			}
			for i := 100; i < len(data); i++ {
				data[i] ^= 0xa5
			}
			write(t, databasePath(dir), string(data))
		}, latchkey.ErrCorrupt, "restore it from a backup", latchkey.ErrCorrupt, "restore it from a backup"},
		{"another program's", func(t *testing.T, dir string) {
			mkdir(t, dir)
			write(t, databasePath(dir), "")
			alter(t, dir, `CREATE TABLE t (x)`) // in rollback mode, and it stays so
		}, nil, "another program", nil, "another program"},
		{"newer", func(t *testing.T, dir string) {
			open(t, dir, Options{}).Close()
			alter(t, dir, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)`)
		}, ErrNewerSchema, "schema version 99 and this latchkey knows 1", ErrNewerSchema, "run the newer latchkey"},
		{"development", func(t *testing.T, dir string) {
			open(t, dir, Options{}).Close()
			alter(t, dir, `PRAGMA user_version = 0`) // as before it was kept
		}, nil, "development version", nil, "development version"},
		{"older", func(t *testing.T, dir string) {
			open(t, dir, Options{}).Close()
			alter(t, dir, `DELETE FROM goose_db_version WHERE version_id > 0`)
		}, nil, "already exists", nil, "schema version 0 and this latchkey reads 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			c.make(t, dir)
			before, _ := os.ReadFile(databasePath(dir))
			check := func(what string, s *Store, err error, want error, text string) {
				t.Helper()
				t.Logf("%s: %v", what, err)
				if s != nil {
					s.Close()
				}
				if want == nil && text == "" {
					if err != nil {
						t.Errorf("%s: %v", what, err)
					}
					return
				}
				if err == nil || want != nil && !errors.Is(err, want) || !strings.Contains(err.Error(), text) || !strings.Contains(err.Error(), dir) {
					t.Errorf("%s: got error %v, want one with %v, %q and %q", what, err, want, text, dir)
				}
				if after, _ := os.ReadFile(databasePath(dir)); !bytes.Equal(before, after) {
					t.Errorf("%s changed the file", what)
				}
			}
			s, err := OpenReadOnly(dir, Options{})
			check("OpenReadOnly", s, err, c.read, c.readText)
			s, err = Open(dir, Options{})
			check("Open", s, err, c.open, c.openText)
		})
	}
}

func mkdir(t *testing.T, dir string) {
	t.Helper()
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// alter runs SQL on the data behind Latchkey's back.
func alter(t testing.TB, dir, sql string) {
	t.Helper()
	db, err := openSQLite(databasePath(dir), false)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(sql); err != nil {
		t.Fatal(err)
	}
}

// TestStrangeNames uses directories whose names mean something in a URL.
func TestStrangeNames(t *testing.T) {
	for _, name := range []string{"a b", "a?mode=memory", "a%20b", "a#b", "ü", "a:b", "a&b"} {
		dir := filepath.Join(t.TempDir(), name)
		open(t, dir, Options{}).Close()
		if exists, err := Exists(dir); !exists || err != nil {
			t.Errorf("%q: Exists says %v, %v", name, exists, err)
		}
		if s, err := OpenReadOnly(dir, Options{}); err != nil {
			t.Errorf("%q: %v", name, err)
		} else {
			s.Close()
		}
	}
}

func TestReadOnly(t *testing.T) {
	dir := t.TempDir()
	server := open(t, dir, Options{})
	if err := server.Update(background, insertOrganization(1)); err != nil {
		t.Fatal(err)
	}
	read := func(when string, want int) {
		t.Helper()
		s, err := OpenReadOnly(dir, Options{})
		if err != nil {
			t.Fatalf("%s: %v", when, err)
		}
		defer s.Close()
		if n := organizations(t, s); n != want {
			t.Errorf("%s: %d organizations, want %d", when, n, want)
		}
		if err := s.Update(background, insertOrganization(3)); !errors.Is(err, latchkey.ErrUnavailable) {
			t.Errorf("%s: Update: %v", when, err)
		}
		if err := server.Update(background, insertOrganization(byte(want+1))); err == nil {
			if n := organizations(t, s); n != want+1 {
				t.Errorf("%s: %d organizations after a change, want %d", when, n, want+1)
			}
		}
	}
	read("beside a server", 1)
	server.Close()
	read("without a server", 2)
	if n := organizations(t, open(t, dir, Options{})); n != 2 {
		t.Errorf("%d organizations, want 2", n)
	}
}

// TestSecondProcess starts this test again as another process.
func TestSecondProcess(t *testing.T) {
	const variable = "LATCHKEY_TEST_OPEN"
	if dir := os.Getenv(variable); dir != "" {
		_, err := Open(dir, Options{})
		fmt.Printf("in use: %v\n%v\n", errors.Is(err, ErrInUse), err)
		os.Exit(0)
	}
	dir := t.TempDir()
	s := open(t, dir, Options{})
	second := func() string {
		cmd := exec.Command(os.Args[0], "-test.run=^TestSecondProcess$")
		cmd.Env = append(os.Environ(), variable+"="+dir)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return string(out)
	}
	out := second()
	for _, want := range []string{"in use: true", dir, fmt.Sprintf("process %d", os.Getpid())} {
		if !strings.Contains(out, want) {
			t.Errorf("the second process says %q, want %q in it", out, want)
		}
	}
	if err := s.Update(background, insertOrganization(1)); err != nil {
		t.Errorf("the first process afterwards: %v", err)
	}
	s.Close()
	if out := second(); !strings.Contains(out, "in use: false\n<nil>") {
		t.Errorf("after the first let go: %q", out)
	}
}
