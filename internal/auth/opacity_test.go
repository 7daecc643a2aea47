package auth

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/auth/digest"
	"github.com/latchkey/latchkey/internal/auth/oauth"
	"github.com/latchkey/latchkey/internal/keyring"
	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/store/sqlstore"
)

// TestOpacityInTime compares how long an unknown public key and a wrong
// response take: 20,000 interleaved samples each, whose medians may differ by
// less than 2 % and less than 5 µs. Its control, which skips the verification
// for an unknown key, must differ by more than 2 % (the whole verification is
// shorter than 5 µs). It measures time, so it runs only when
// LATCHKEY_TEST_TIMING=1, on a quiet machine.
func TestOpacityInTime(t *testing.T) {
	if os.Getenv("LATCHKEY_TEST_TIMING") != "1" {
		t.Skip("measures time: set LATCHKEY_TEST_TIMING=1 on a quiet machine")
	}
	a, store := newAuthenticator(t)
	public := addKeys(t, a, store, 300)
	unknown := func(int) string { return string(latchkey.NewPublicKey()) }
	const samples = 20_000
	right, missing, control := make([]time.Duration, samples), make([]time.Duration, samples), make([]time.Duration, samples)
	for i := range samples {
		wrong, nobody := proofFor(t, a, public[i%len(public)]), proofFor(t, a, unknown(i))
		if i%2 == 0 { // neither goes first more often
			right[i], missing[i] = timeCheck(t, store, wrong), timeCheck(t, store, nobody)
		} else {
			missing[i], right[i] = timeCheck(t, store, nobody), timeCheck(t, store, wrong)
		}
		start := time.Now()
		_ = store.View(context.Background(), func(r latchkey.Reader) error {
			_, err := r.Credential(unknown(i), "")
			return err // the control: no dummy, no verification
		})
		control[i] = time.Since(start)
	}
	judgeOpacity(t, right, missing, control)
}

// TestClientOpacityInTime is the same for clients of the token endpoint: an
// unknown client id and a wrong secret.
func TestClientOpacityInTime(t *testing.T) {
	if os.Getenv("LATCHKEY_TEST_TIMING") != "1" {
		t.Skip("measures time: set LATCHKEY_TEST_TIMING=1 on a quiet machine")
	}
	a, store := newAuthenticator(t)
	start := time.Now()
	clients := addAccounts(t, a, store, 300)
	unknown := func() string { return string(latchkey.NewClientID(start)) } // among those that are there
	const samples = 20_000
	wrongs, missing, control := make([]time.Duration, samples), make([]time.Duration, samples), make([]time.Duration, samples)
	for i := range samples {
		secret := latchkey.NewClientSecret()
		wrong := a.ClientProof(oauth.Client{ID: clients[i%len(clients)].ID, Secret: secret})
		nobody := a.ClientProof(oauth.Client{ID: unknown(), Secret: secret})
		if i%2 == 0 { // neither goes first more often
			wrongs[i], missing[i] = timeCheck(t, store, wrong), timeCheck(t, store, nobody)
		} else {
			missing[i], wrongs[i] = timeCheck(t, store, nobody), timeCheck(t, store, wrong)
		}
		start := time.Now()
		_ = store.View(context.Background(), func(r latchkey.Reader) error {
			_, err := r.Credential(unknown(), "")
			return err // the control: nothing is compared
		})
		control[i] = time.Since(start)
	}
	judgeOpacity(t, wrongs, missing, control)
}

// judgeOpacity compares the medians.
func judgeOpacity(t *testing.T, right, missing, control []time.Duration) {
	t.Helper()
	wrongMedian, unknownMedian, controlMedian := median(right), median(missing), median(control)
	t.Logf("wrong secret %v, unknown name %v, control %v", wrongMedian, unknownMedian, controlMedian)
	differ := func(a, b time.Duration) (bool, bool) {
		d := (a - b).Abs()
		return d*100 >= 2*a, d >= 5*time.Microsecond
	}
	if relative, absolute := differ(wrongMedian, unknownMedian); relative || absolute {
		t.Errorf("an unknown name can be told from a wrong secret: %v and %v", unknownMedian, wrongMedian)
	}
	if relative, _ := differ(wrongMedian, controlMedian); !relative {
		t.Errorf("the control is not told apart: %v and %v; the test measures nothing", controlMedian, wrongMedian)
	}
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

func timeCheck(t testing.TB, store latchkey.Store, p op.Proof) time.Duration {
	start := time.Now()
	err := store.View(context.Background(), func(r latchkey.Reader) error {
		_, err := p.Check(r, "")
		return err
	})
	took := time.Since(start)
	if err == nil {
		t.Fatal("a wrong response was accepted")
	}
	return took
}

// proofFor returns the proof of a request with a wrong private key.
func proofFor(t *testing.T, a *Authenticator, public string) op.Proof {
	const target = "/api/atlas/v2/orgs"
	nonce := a.nonces.Mint(a.clock())
	ha1 := digest.HA1(digest.MD5, public, "00000000-0000-4000-8000-000000000000")
	ha2 := md5.Sum([]byte("GET:" + target))
	sum := md5.Sum([]byte(hex.EncodeToString(ha1) + ":" + nonce + ":00000001:abc:auth:" + hex.EncodeToString(ha2[:])))
	r := httptest.NewRequest(http.MethodGet, target, nil)
	r.Header.Set("Authorization", `Digest username="`+public+`", realm="`+digest.Realm+`", nonce="`+nonce+`", uri="`+target+
		`", response="`+hex.EncodeToString(sum[:])+`", algorithm=MD5, qop=auth, nc=00000001, cnonce="abc"`)
	p, ok := a.Proof(r)
	if !ok {
		t.Fatal("the request makes no proof")
	}
	return p
}

func newAuthenticator(t testing.TB) (*Authenticator, latchkey.Store) {
	t.Helper()
	dir := t.TempDir()
	master, err := keyring.CreateMasterKey(filepath.Join(dir, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	var rows []keyring.WrappedKey
	for _, purpose := range keyring.Purposes() {
		k, err := keyring.Generate(master, purpose, 1, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, k)
	}
	keys, err := keyring.Open(master, rows)
	if err != nil {
		t.Fatal(err)
	}
	a, err := New(keys, []digest.Algorithm{digest.MD5}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	store, err := sqlstore.Open(dir, sqlstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return a, store
}

// addKeys stores an organization with n keys and returns their public keys.
func addKeys(t testing.TB, a *Authenticator, store latchkey.Store, n int) []string {
	t.Helper()
	now := time.Now()
	org := latchkey.Organization{ID: latchkey.NewID[latchkey.OrgID](now), Name: "o", Created: now}
	var public []string
	err := store.Update(context.Background(), func(tx latchkey.Tx) error {
		public = public[:0]
		if err := tx.InsertOrganization(org); err != nil {
			return err
		}
		for range n {
			private := latchkey.NewPrivateKey()
			k := latchkey.APIKey{PrivateTail: private.Tail(), Principal: latchkey.Principal{
				ID: latchkey.NewID[latchkey.PrincipalID](now), OrgID: org.ID, PublicKey: latchkey.NewPublicKey(), Desc: "k",
				OrgRoles: latchkey.Roles(latchkey.OrgMember), Created: now,
			}}
			var err error
			if k.SealedMD5, k.SealedSHA256, err = a.Seal(k.ID, k.PublicKey, private); err != nil {
				return err
			}
			if err := tx.InsertKey(k); err != nil {
				return err
			}
			public = append(public, string(k.PublicKey))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return public
}

// addAccounts stores an organization with n service accounts and returns how
// they offer themselves.
func addAccounts(t testing.TB, a *Authenticator, store latchkey.Store, n int) []oauth.Client {
	t.Helper()
	now := time.Now().UTC().Truncate(time.Millisecond)
	org := latchkey.Organization{ID: latchkey.NewID[latchkey.OrgID](now), Name: "o", Created: now}
	var clients []oauth.Client
	err := store.Update(context.Background(), func(tx latchkey.Tx) error {
		clients = clients[:0]
		if err := tx.InsertOrganization(org); err != nil {
			return err
		}
		for range n {
			secret := latchkey.NewClientSecret()
			account := latchkey.ServiceAccount{Name: "robot", Principal: latchkey.Principal{
				ID: latchkey.NewClientID(now), OrgID: org.ID, Desc: "robot", OrgRoles: latchkey.Roles(latchkey.OrgMember), Created: now,
			}, Secrets: latchkey.Secrets{{
				ID: latchkey.NewID[latchkey.SecretID](now), Hash: a.HashSecret(secret), Tail: secret.Tail(), Created: now, Expires: now.Add(24 * time.Hour),
			}}}
			if err := tx.InsertAccount(account); err != nil {
				return err
			}
			clients = append(clients, oauth.Client{ID: string(account.ID), Secret: secret})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return clients
}
