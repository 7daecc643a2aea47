package sqlstore

import (
	"testing"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/store/storetest"
)

// open opens the data in dir and closes it at the end of the test.
func open(t testing.TB, dir string, opts Options) *Store {
	t.Helper()
	s, err := Open(dir, opts)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

func TestConformance(t *testing.T) {
	dirs := map[latchkey.Store]string{}
	storetest.Run(t, storetest.Target{
		Open: func(t testing.TB) latchkey.Store {
			dir := t.TempDir()
			s := open(t, dir, Options{})
			dirs[s] = dir
			return s
		},
		Reopen: func(t testing.TB, s latchkey.Store) latchkey.Store {
			if err := s.Close(); err != nil {
				t.Fatalf("Close: %v", err)
			}
			again := open(t, dirs[s], Options{})
			dirs[again] = dirs[s]
			return again
		},
	})
}
