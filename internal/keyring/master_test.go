package keyring

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func newMaster(t testing.TB) MasterKey {
	t.Helper()
	m, err := CreateMasterKey(filepath.Join(t.TempDir(), "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMasterKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.key")
	created, err := CreateMasterKey(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %04o, want 0600", info.Mode().Perm())
	}
	loaded, err := LoadMasterKey(path)
	if err != nil {
		t.Fatal(err)
	}
	if *loaded.secret.key != *created.secret.key || loaded.Path() != path {
		t.Error("the loaded key is not the created one")
	}
	if *loaded.secret.key == ([keySize]byte{}) {
		t.Error("the key is all zero")
	}

	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = CreateMasterKey(path)
	if !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), path) {
		t.Errorf("creating it again: %v", err)
	}
	if after, _ := os.ReadFile(path); !bytes.Equal(after, before) {
		t.Error("creating it again changed the file")
	}
	if other := newMaster(t); *other.secret.key == *created.secret.key {
		t.Error("two new keys are equal")
	}
}

func TestCreateMasterKeyNeedsDirectory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none", "master.key")
	if _, err := CreateMasterKey(path); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v", err)
	}
}

func TestLoadMasterKeyRefusals(t *testing.T) {
	good := encodeMaster(&[keySize]byte{1, 2, 3})
	fields := strings.Fields(good)
	const (
		damaged = "cut short or damaged"
		foreign = "not a Latchkey master key"
	)
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", damaged},
		{"white space", " \n", damaged},
		{"half of the format", fileFormat[:5], damaged},
		{"format alone", fileFormat + "\n", damaged},
		{"no checksum", fields[0] + " " + fields[1], damaged},
		{"half a checksum", good[:len(good)-5], damaged},
		{"half a key", good[:40], damaged},
		{"another key's checksum", fields[0] + " " + fields[1] + " 00000000", damaged},
		{"changed key", strings.Replace(good, "AQID", "AQIE", 1), damaged},
		{"trailing word", strings.TrimSpace(good) + " more", damaged},
		{"other version", strings.Replace(good, "v1", "v2", 1), foreign},
		{"cut format with the rest", strings.Replace(good, "-v1", "", 1), foreign},
		{"raw bytes", strings.Repeat("\xa5", keySize), foreign},
		{"base64 alone", fields[1], foreign},
		{"PEM", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", foreign},
		{"huge", good + strings.Repeat("\n", maxFile), foreign},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "master.key")
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := LoadMasterKey(path)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("got %v, want %q and the path", err, c.want)
			}
		})
	}
}

func TestLoadMasterKeyForgivesWhiteSpace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.key")
	want := [keySize]byte{7: 42}
	text := "\n  " + strings.ReplaceAll(encodeMaster(&want), " ", "\t") + "\r\n\n"
	if err := os.WriteFile(path, []byte(text), 0o400); err != nil {
		t.Fatal(err)
	}
	got, err := LoadMasterKey(path)
	if err != nil {
		t.Fatal(err)
	}
	if *got.secret.key != want {
		t.Error("another key")
	}
}

func TestLoadMasterKeyModes(t *testing.T) {
	for _, mode := range []fs.FileMode{0o600, 0o400, 0o640, 0o604, 0o660, 0o620, 0o601, 0o777} {
		path := filepath.Join(t.TempDir(), "master.key")
		if _, err := CreateMasterKey(path); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		_, err := LoadMasterKey(path)
		if private := mode&0o077 == 0; private != (err == nil) {
			t.Errorf("mode %04o: %v", mode, err)
		}
		if err != nil && !strings.Contains(err.Error(), "chmod 600 "+path) {
			t.Errorf("mode %04o: no fix in %v", mode, err)
		}
	}
}

func TestLoadMasterKeyNoFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.key")
	if _, err := LoadMasterKey(path); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v", err)
	}
	if _, err := LoadMasterKey(t.TempDir()); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("directory: %v", err)
	}
}

// TestNothingPrintsKeys prints every type that holds a key in every way that a
// log line might and looks for the key in the result.
func TestNothingPrintsKeys(t *testing.T) {
	m := newMaster(t)
	k := newKeyring(t, m)
	n := k.NonceKeys()[0]
	type holder struct {
		Public  MasterKey
		private MasterKey
		ring    *Keyring
	}
	hold := holder{Public: m, private: m, ring: k}
	_, _ = hold.private, hold.ring

	var text strings.Builder
	for _, v := range []any{m, &m, k, n, &n, []NonceKey{n}, hold, &hold} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			fmt.Fprintf(&text, verb+"\n", v)
		}
		js, err := json.Marshal(map[string]any{"v": m, "h": hold})
		if err != nil {
			t.Fatal(err)
		}
		text.Write(js)
		slog.New(slog.NewTextHandler(&text, nil)).Info("x", "v", v)
		slog.New(slog.NewJSONHandler(&text, nil)).Info("x", "m", m, "k", k)
	}
	text.WriteString(m.String() + m.GoString() + m.LogValue().String())
	for name, key := range map[string][]byte{"master": m.secret.key[:], "nonce": n.Key[:]} {
		for form, s := range map[string]string{
			"raw": string(key), "hex": hex.EncodeToString(key), "HEX": strings.ToUpper(hex.EncodeToString(key)),
			"base64": base64.StdEncoding.EncodeToString(key), "decimal": strings.Trim(fmt.Sprint(key), "[]"),
			"go": strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", key), "[]byte{"), "}"),
		} {
			if strings.Contains(text.String(), s) {
				t.Errorf("%s key printed as %s", name, form)
			}
		}
	}
	if !strings.Contains(text.String(), m.String()) {
		t.Error("the fingerprint is not printed")
	}
	if (MasterKey{}).String() != "MasterKey(none)" || (MasterKey{}).Path() != "" {
		t.Error("zero MasterKey")
	}
}

func FuzzDecodeMaster(f *testing.F) {
	f.Add(encodeMaster(&[keySize]byte{1, 2, 3}))
	f.Add(fileFormat + " AAAA 00000000\n")
	f.Add("\x00")
	f.Fuzz(func(t *testing.T, text string) {
		key, err := decodeMaster(text)
		if err != nil {
			if key != ([keySize]byte{}) {
				t.Error("a key beside an error")
			}
			return
		}
		if got, want := strings.Fields(text), strings.Fields(encodeMaster(&key)); strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("accepted %q, wrote %q", got, want)
		}
	})
}
