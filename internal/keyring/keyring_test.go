package keyring

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/latchkey/latchkey/internal/auth/digest"
)

var created = time.Date(2026, 3, 1, 12, 0, 0, 0, time.FixedZone("", 3600))

func generate(t testing.TB, m MasterKey, purpose Purpose, id uint32) WrappedKey {
	t.Helper()
	w, err := Generate(m, purpose, id, created)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func open(t testing.TB, m MasterKey, rows ...WrappedKey) *Keyring {
	t.Helper()
	for _, purpose := range []Purpose{Token, Pepper, Checkpoint} {
		if !slices.ContainsFunc(rows, func(w WrappedKey) bool { return w.Purpose == purpose }) {
			rows = append(rows, generate(t, m, purpose, 1))
		}
	}
	k, err := Open(m, rows)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func newKeyring(t testing.TB, m MasterKey) *Keyring {
	t.Helper()
	return open(t, m, generate(t, m, HA1, 1), generate(t, m, Nonce, 1))
}

func TestGenerate(t *testing.T) {
	m := newMaster(t)
	a, b := generate(t, m, HA1, 7), generate(t, m, HA1, 7)
	if a.ID != 7 || a.Purpose != HA1 || !a.Created.Equal(created) || a.Created.Location() != time.UTC {
		t.Errorf("got %+v", a)
	}
	if slices.Equal(a.Blob[wrapKeyAt:], b.Blob[wrapKeyAt:]) {
		t.Error("two keys are equal")
	}
	for _, c := range []struct {
		master  MasterKey
		purpose Purpose
		id      uint32
	}{{MasterKey{}, HA1, 1}, {m, "", 1}, {m, HA1, 0}} {
		if _, err := Generate(c.master, c.purpose, c.id, created); err == nil {
			t.Errorf("accepted %v", c)
		}
	}
}

func TestOpenOrdersKeys(t *testing.T) {
	m := newMaster(t)
	rows := []WrappedKey{
		generate(t, m, Nonce, 256), generate(t, m, HA1, 1), generate(t, m, Nonce, 258),
		generate(t, m, HA1, 3), generate(t, m, Nonce, 2), generate(t, m, "pepper", 1), generate(t, m, Nonce, 257), generate(t, m, HA1, 2),
	}
	k := open(t, m, rows...)
	if rows[0].ID != 256 {
		t.Error("the caller's rows were sorted")
	}
	nonces := k.NonceKeys()
	if len(nonces) != 2 || nonces[0].KID != 2 || nonces[1].KID != 1 || nonces[0].Key == nonces[1].Key {
		t.Errorf("nonce keys %v", nonces)
	}
	nonces[0].KID = 99
	if k.NonceKeys()[0].KID != 2 {
		t.Error("a caller can change the keyring")
	}
	if k.ha1[0].id != 3 || len(k.ha1) != 3 {
		t.Error("the newest HA1 key is not first")
	}
	if again := open(t, m, rows...).NonceKeys(); !slices.Equal(again, k.NonceKeys()) {
		t.Error("another replica has other keys")
	}
}

func TestOpenRefusals(t *testing.T) {
	m, other := newMaster(t), newMaster(t)
	ha1, nonce := generate(t, m, HA1, 1), generate(t, m, Nonce, 1)
	as := func(w WrappedKey, purpose Purpose, id uint32) WrappedKey {
		w.Purpose, w.ID = purpose, id
		return w
	}
	cut := nonce
	cut.Blob = cut.Blob[:len(cut.Blob)-1]
	version := nonce
	version.Blob = slices.Clone(version.Blob)
	version.Blob[0]++

	for _, c := range []struct {
		name   string
		master MasterKey
		rows   []WrappedKey
		want   error
		says   []string
	}{
		{"wrong file", other, []WrappedKey{ha1, nonce}, ErrWrongMasterKey, []string{other.Path(), "ha1/1"}},
		{"one row of another", m, []WrappedKey{ha1, nonce, generate(t, other, Nonce, 2)}, ErrWrongMasterKey, []string{m.Path(), "nonce/2"}},
		{"unused row of another", m, []WrappedKey{ha1, nonce, generate(t, other, "later", 4)}, ErrWrongMasterKey, []string{"later/4"}},
		{"other id", m, []WrappedKey{ha1, as(nonce, Nonce, 2)}, ErrDamagedKey, []string{"nonce/2"}},
		{"other purpose", m, []WrappedKey{ha1, nonce, as(nonce, HA1, 1)}, ErrDamagedKey, []string{"ha1/1"}},
		{"cut", m, []WrappedKey{ha1, cut}, ErrDamagedKey, []string{"nonce/1"}},
		{"later format", m, []WrappedKey{ha1, version}, ErrDamagedKey, []string{"nonce/1"}},
		{"row twice", m, []WrappedKey{ha1, nonce, ha1}, ErrDamagedKey, []string{"ha1/1"}},
		{"nonce key twice", m, []WrappedKey{ha1, nonce, nonce}, ErrDamagedKey, []string{"nonce"}},
		{"same last byte", m, []WrappedKey{ha1, nonce, generate(t, m, Nonce, 257)}, ErrDamagedKey, []string{"256"}},
		{"nothing", m, nil, ErrMissingKey, []string{"ha1", "nonce"}},
		{"no nonce key", m, []WrappedKey{ha1}, ErrMissingKey, []string{"1 and 0"}},
		{"no HA1 key", m, []WrappedKey{nonce}, ErrMissingKey, []string{"0 and 1"}},
		{"no token key", m, []WrappedKey{ha1, nonce}, ErrMissingKey, []string{"token"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			k, err := Open(c.master, c.rows)
			if !errors.Is(err, c.want) || k != nil {
				t.Fatalf("got %v, %v, want %v", k, err, c.want)
			}
			for _, s := range c.says {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("%q does not say %q", err, s)
				}
			}
		})
	}
	if _, err := Open(MasterKey{}, []WrappedKey{ha1, nonce}); err == nil {
		t.Error("opened without a master key")
	}
}

func TestOpenNoticesEveryByte(t *testing.T) {
	m := newMaster(t)
	ha1, nonce := generate(t, m, HA1, 1), generate(t, m, Nonce, 1)
	for i := range nonce.Blob {
		w := nonce
		w.Blob = slices.Clone(nonce.Blob)
		w.Blob[i] ^= 1
		_, err := Open(m, []WrappedKey{ha1, w})
		want := ErrDamagedKey
		if 1 <= i && i < wrapNonceAt {
			want = ErrWrongMasterKey
		}
		if !errors.Is(err, want) {
			t.Errorf("byte %d: %v", i, err)
		}
	}
}

// TestFitsDigest pins what this package and the digest package must agree on
// without importing each other.
func TestFitsDigest(t *testing.T) {
	if realm != digest.Realm {
		t.Errorf("realm %q", realm)
	}
	k := newKeyring(t, newMaster(t))
	var keys []digest.NonceKey
	for _, n := range k.NonceKeys() {
		keys = append(keys, digest.NonceKey(n))
	}
	if _, err := digest.NewNonces(keys); err != nil {
		t.Error(err)
	}
	for _, alg := range []digest.Algorithm{digest.MD5, digest.SHA256} {
		id, sealed := k.DummyHA1(string(alg))
		if ha1, err := k.OpenHA1(nil, id, string(alg), sealed); err != nil || len(ha1) != alg.Size() {
			t.Errorf("%s: dummy of %d bytes, %v", alg, len(ha1), err)
		}
	}
}
