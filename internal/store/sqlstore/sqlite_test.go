package sqlstore

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// TestLibcVersion holds modernc.org/libc at the version that modernc.org/sqlite
// was made with: they fit each other exactly or not at all.
func TestLibcVersion(t *testing.T) {
	module := func(path string) (m struct{ Version, Dir string }) {
		out, err := exec.Command("go", "list", "-m", "-json", path).Output()
		if err != nil {
			t.Fatalf("go list -m %s: %v", path, err)
		}
		if err := json.Unmarshal(out, &m); err != nil {
			t.Fatal(err)
		}
		return m
	}
	wants, err := os.ReadFile(filepath.Join(module("modernc.org/sqlite").Dir, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	want := regexp.MustCompile(`(?m)^\s*modernc\.org/libc (\S+)`).FindSubmatch(wants)
	if want == nil {
		t.Fatal("modernc.org/sqlite names no modernc.org/libc")
	}
	if have := module("modernc.org/libc").Version; have != string(want[1]) {
		t.Errorf("modernc.org/libc is %s, and modernc.org/sqlite names %s", have, want[1])
	}
}

func TestVersionOfSQLite(t *testing.T) {
	for version, ok := range map[string]bool{
		"3.51.3": true, "3.51.4": true, "3.52.0": true, "3.100.0": true, "4.0.0": true,
		"3.51.2": false, "3.50.9": false, "3.9.9": false, "2.99.99": false, "": false, "x": false,
	} {
		if err := checkVersion(version); (err == nil) != ok {
			t.Errorf("SQLite %s: %v", version, err)
		}
	}
}

// TestSettings holds what durability and integrity rest on, on every connection.
func TestSettings(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	writer, err := openConn(s.db)
	if err != nil {
		t.Fatal(err)
	}
	defer writer.close()
	reader := <-s.readers
	defer func() { s.readers <- reader }()
	for name, c := range map[string]*conn{"writer": writer, "reader": reader} {
		for pragma, want := range map[string]string{
			"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1",
			"query_only": map[string]string{"writer": "0", "reader": "1"}[name],
		} {
			var got string
			if err := c.c.QueryRowContext(background, "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
				t.Errorf("%s: %s is %q, want %q (%v)", name, pragma, got, want, err)
			}
		}
	}
}
