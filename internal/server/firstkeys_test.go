package server

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/latchkey/latchkey"
)

func openEmpty(t *testing.T) *Data {
	t.Helper()
	data, err := OpenData(t.Context(), t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := data.Close(); err != nil {
			t.Error(err)
		}
	})
	return data
}

func readKeys(t *testing.T, path string) FirstKeys {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%s: mode %v, %v", path, info.Mode(), err)
	}
	var keys FirstKeys
	if err := json.Unmarshal(text, &keys); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return keys
}

// wantNothing fails unless no set-up of the data is under way or done.
func wantNothing(t *testing.T, d *Data) {
	t.Helper()
	if done, err := d.IsSetUp(context.Background()); err != nil || done {
		t.Errorf("set up: %v, %v; want not", done, err)
	}
	if _, err := os.Lstat(filepath.Join(d.Dir, FirstKeysFile)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("there is a file of keys: %v", err)
	}
}

func TestSetUpToFile(t *testing.T) {
	for _, example := range []bool{true, false} {
		d := openEmpty(t)
		path, err := d.SetUpToFile(t.Context(), example)
		if err != nil {
			t.Fatal(err)
		}
		keys := readKeys(t, path)
		if (keys.Example != nil) != example {
			t.Errorf("example %v: got %v", example, keys.Example)
		}
		err = d.Store.View(t.Context(), func(r latchkey.Reader) error {
			owner, err := r.Key(keys.OrgID, keys.KeyID)
			if err != nil {
				return err
			}
			if owner.PublicKey != keys.PublicKey || !strings.HasSuffix(keys.PrivateKey, owner.PrivateTail) || !owner.OrgRoles.Has(latchkey.OrgOwner) {
				t.Errorf("the owner key is %+v", owner)
			}
			_, err = r.Project(keys.OrgID, keys.ProjectID)
			return err
		})
		if err != nil {
			t.Error(err)
		}
		if _, err := os.Lstat(filepath.Join(d.Dir, pendingKeysFile)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the pending file is left: %v", err)
		}
		if _, err := d.SetUp(t.Context(), true); !errors.Is(err, ErrAlreadySetUp) {
			t.Errorf("a second set-up: %v", err)
		}
		if path, err := d.FinishSetUp(t.Context()); path != "" || err != nil {
			t.Errorf("finishing what is complete: %q, %v", path, err)
		}
	}
}

// TestSetUpCutOff cuts the set-up off between its steps.
func TestSetUpCutOff(t *testing.T) {
	t.Run("keys cannot be kept", func(t *testing.T) {
		d := openEmpty(t)
		if err := os.MkdirAll(filepath.Join(d.Dir, pendingKeysFile, "x"), 0o700); err != nil {
			t.Fatal(err)
		}
		if _, err := d.SetUpToFile(t.Context(), true); err == nil {
			t.Error("the set-up did not fail")
		}
		wantNothing(t, d)
	})
	t.Run("a file is in the way", func(t *testing.T) {
		d := openEmpty(t)
		path := filepath.Join(d.Dir, FirstKeysFile)
		if err := os.Symlink("/nonexistent", path); err != nil {
			t.Fatal(err)
		}
		if _, err := d.SetUpToFile(t.Context(), true); err == nil || !strings.Contains(err.Error(), "exists already") {
			t.Errorf("got %v", err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		wantNothing(t, d)
	})
	t.Run("before the commit", func(t *testing.T) {
		d := openEmpty(t)
		pending := pendingKeys{dir: d.Dir}
		if err := pending.keep(NewKey{"000000000000000000000000", "abcdefgh", "lost"}); err != nil {
			t.Fatal(err)
		}
		if path, err := d.FinishSetUp(t.Context()); path != "" || err != nil {
			t.Errorf("got %q, %v", path, err)
		}
		wantNothing(t, d)
		if _, err := d.SetUpToFile(t.Context(), true); err != nil {
			t.Error(err)
		}
	})
	t.Run("while the keys were written", func(t *testing.T) {
		d := openEmpty(t)
		if err := os.WriteFile(filepath.Join(d.Dir, pendingKeysFile), []byte(`[{"apiK`), 0o600); err != nil {
			t.Fatal(err)
		}
		if path, err := d.FinishSetUp(t.Context()); path != "" || err != nil {
			t.Errorf("got %q, %v", path, err)
		}
		wantNothing(t, d)
	})
	for name, example := range map[string]bool{"after the commit": true, "after the commit without example": false} {
		t.Run(name, func(t *testing.T) {
			d := openEmpty(t)
			want, err := d.SetUp(t.Context(), example)
			if err != nil {
				t.Fatal(err)
			}
			// The complete file was begun, too.
			if err := os.WriteFile(filepath.Join(d.Dir, FirstKeysFile), []byte(`{"orgI`), 0o600); err != nil {
				t.Fatal(err)
			}
			path, err := d.FinishSetUp(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if got := readKeys(t, path); !reflect.DeepEqual(got, want) {
				t.Error("the keys delivered are not those that were made")
			}
			if path, err := d.FinishSetUp(t.Context()); path != "" || err != nil {
				t.Errorf("a second time: %q, %v", path, err)
			}
		})
	}
}

// TestKeepReplacesTries has a key tried under two names, as when the first is taken.
func TestKeepReplacesTries(t *testing.T) {
	pending := pendingKeys{dir: t.TempDir()}
	for _, k := range []NewKey{{"1", "a", "x"}, {"2", "b", "x"}, {"3", "c", "y"}} {
		if err := pending.keep(k); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(pending.path())
	if err != nil {
		t.Fatal(err)
	}
	const want = `[{"apiKeyId":"2","publicKey":"b","privateKey":"x"},{"apiKeyId":"3","publicKey":"c","privateKey":"y"}]`
	if string(text) != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
}
