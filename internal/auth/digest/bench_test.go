package digest_test

import (
	"encoding/hex"
	"path/filepath"
	"strings"
	"testing"
	"time"

	icholy "github.com/icholy/digest"

	"github.com/latchkey/latchkey/internal/auth/digest"
	"github.com/latchkey/latchkey/internal/keyring"
)

const (
	keyID  = "64f0c0ffee64f0c0ffee64f0"
	target = "/api/atlas/v2/groups/64f0c0ffee64f0c0ffee64f0/apiKeys/64f0c0ffee64f0c0ffee64f1"
)

// fixture is everything that one digest check needs.
type fixture struct {
	now     time.Time
	ring    *keyring.Keyring
	nonces  *digest.Nonces
	sealed  []byte
	header  string
	offered []digest.Algorithm
}

func newFixture(t testing.TB, alg digest.Algorithm) *fixture {
	t.Helper()
	f := &fixture{now: time.Now(), offered: []digest.Algorithm{digest.MD5, digest.SHA256}}
	master, err := keyring.CreateMasterKey(filepath.Join(t.TempDir(), "master.key"))
	fatal(t, err)
	var rows []keyring.WrappedKey
	for _, purpose := range keyring.Purposes() {
		k, err := keyring.Generate(master, purpose, 1, f.now)
		fatal(t, err)
		rows = append(rows, k)
	}
	f.ring, err = keyring.Open(master, rows)
	fatal(t, err)
	f.nonces, err = digest.NewNonces([]digest.NonceKey{digest.NonceKey(f.ring.NonceKeys()[0])})
	fatal(t, err)
	f.sealed, err = f.ring.SealHA1(keyID, string(alg), digest.HA1(alg, user, password))
	fatal(t, err)

	challenge, err := icholy.ParseChallenge(digest.Challenge(alg, f.nonces.Mint(f.now), false))
	fatal(t, err)
	answer, err := icholy.Digest(challenge, icholy.Options{Method: "PATCH", URI: target, Username: user, Password: password, Count: 1})
	fatal(t, err)
	f.header = answer.String()
	return f
}

func fatal(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// check is the digest check of one request, but for reading the key's row.
func (f *fixture) check(keyID string, sealed []byte) bool {
	r, err := digest.ParseAuthorization(f.header)
	if err != nil || !digest.CheckTarget(&r, target, f.offered) {
		return false
	}
	state, _ := f.nonces.Check(r.Nonce, f.now)
	var buf [32]byte
	ha1, err := f.ring.OpenHA1(buf[:0], keyID, string(r.Algorithm), sealed)
	return err == nil && digest.Verify(&r, "PATCH", ha1) && state == digest.Fresh
}

func TestDigestCheck(t *testing.T) {
	for _, alg := range []digest.Algorithm{digest.MD5, digest.SHA256} {
		f := newFixture(t, alg)
		if !f.check(keyID, f.sealed) {
			t.Errorf("%s: right answer refused", alg)
		}
		dummyID, dummy := f.ring.DummyHA1(string(alg))
		if f.check(dummyID, dummy) {
			t.Errorf("%s: unknown key accepted", alg)
		}
		f.now = f.now.Add(time.Minute + time.Second)
		if f.check(keyID, f.sealed) {
			t.Errorf("%s: old nonce accepted", alg)
		}
	}
}

func BenchmarkParseAuthorization(b *testing.B) {
	f := newFixture(b, digest.MD5)
	b.Run("plain", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := digest.ParseAuthorization(f.header); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("escapes", func(b *testing.B) {
		header := strings.Replace(f.header, user, `\`+user, 1)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := digest.ParseAuthorization(header); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkMint(b *testing.B) {
	f := newFixture(b, digest.MD5)
	b.ReportAllocs()
	for b.Loop() {
		f.nonces.Mint(f.now)
	}
}

func BenchmarkCheck(b *testing.B) {
	f := newFixture(b, digest.MD5)
	nonce := f.nonces.Mint(f.now)
	forged := nonce[:50] + "-"
	b.Run("ours", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if state, _ := f.nonces.Check(nonce, f.now); state != digest.Fresh {
				b.Fatal(state)
			}
		}
	})
	b.Run("forged", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			f.nonces.Check(forged, f.now)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	for _, alg := range []digest.Algorithm{digest.MD5, digest.SHA256} {
		b.Run(string(alg), func(b *testing.B) {
			f := newFixture(b, alg)
			r, err := digest.ParseAuthorization(f.header)
			fatal(b, err)
			ha1 := digest.HA1(alg, user, password)
			b.ReportAllocs()
			for b.Loop() {
				if !digest.Verify(&r, "PATCH", ha1) {
					b.Fatal("refused", hex.EncodeToString(ha1))
				}
			}
		})
	}
}

// BenchmarkDigestCheck is parse, target, nonce, opening the HA1 and verify.
func BenchmarkDigestCheck(b *testing.B) {
	for _, alg := range []digest.Algorithm{digest.MD5, digest.SHA256} {
		b.Run(string(alg), func(b *testing.B) {
			f := newFixture(b, alg)
			b.ReportAllocs()
			for b.Loop() {
				if !f.check(keyID, f.sealed) {
					b.Fatal("refused")
				}
			}
		})
	}
}

// BenchmarkChallenge is what an unauthenticated request costs.
func BenchmarkChallenge(b *testing.B) {
	f := newFixture(b, digest.MD5)
	b.ReportAllocs()
	for b.Loop() {
		_ = digest.Challenge(digest.MD5, f.nonces.Mint(f.now), false)
	}
}
