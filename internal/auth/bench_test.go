package auth

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/auth/digest"
	"github.com/latchkey/latchkey/internal/auth/oauth"
)

// BenchmarkAuthenticate is from the header to the credential, the snapshot it
// is read in included, with a token and with a digest.
func BenchmarkAuthenticate(b *testing.B) {
	a, store := newAuthenticator(b)
	client := addAccounts(b, a, store, 200)[7]
	run := func(b *testing.B, header string) {
		r := httptest.NewRequest(http.MethodGet, "/api/atlas/v2/orgs", nil)
		r.Header.Set("Authorization", header)
		b.ReportAllocs()
		for b.Loop() {
			proof, ok := a.Proof(r)
			if !ok {
				b.Fatal("no proof")
			}
			err := store.View(context.Background(), func(rd latchkey.Reader) error {
				_, err := proof.Check(rd, "")
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("bearer", func(b *testing.B) {
		token, _ := issueTo(b, a, store, client)
		run(b, "Bearer "+token.Reveal())
	})
	b.Run("digest", func(b *testing.B) {
		private := latchkey.NewPrivateKey()
		run(b, digestBy(b, a, store, private))
	})
}

// BenchmarkIssueToken is from a client's secret to its token.
func BenchmarkIssueToken(b *testing.B) {
	a, store := newAuthenticator(b)
	client := addAccounts(b, a, store, 200)[7]
	b.ReportAllocs()
	for b.Loop() {
		issueTo(b, a, store, client)
	}
}

// issueTo issues a token to the client.
func issueTo(tb testing.TB, a *Authenticator, store latchkey.Store, client oauth.Client) (latchkey.AccessToken, int) {
	var token latchkey.AccessToken
	var seconds int
	err := store.View(context.Background(), func(rd latchkey.Reader) error {
		cred, err := a.ClientProof(client).Check(rd, "")
		if err != nil {
			return err
		}
		token, seconds, err = a.IssueToken(&cred, rd.Now())
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return token, seconds
}

// digestBy stores a key and returns what it sends for GET /api/atlas/v2/orgs.
func digestBy(tb testing.TB, a *Authenticator, store latchkey.Store, private latchkey.PrivateKey) string {
	now := time.Now()
	key := latchkey.APIKey{PrivateTail: private.Tail(), Principal: latchkey.Principal{
		ID: latchkey.NewID[latchkey.PrincipalID](now), OrgID: latchkey.NewID[latchkey.OrgID](now), PublicKey: latchkey.NewPublicKey(), Desc: "k",
		OrgRoles: latchkey.Roles(latchkey.OrgMember), Created: now,
	}}
	err := store.Update(context.Background(), func(tx latchkey.Tx) (err error) {
		if err = tx.InsertOrganization(latchkey.Organization{ID: key.OrgID, Name: "digest", Created: now}); err != nil {
			return err
		}
		if key.SealedMD5, key.SealedSHA256, err = a.Seal(key.ID, key.PublicKey, private); err != nil {
			return err
		}
		return tx.InsertKey(key)
	})
	if err != nil {
		tb.Fatal(err)
	}
	public, nonce := string(key.PublicKey), a.nonces.Mint(now)
	const target = "/api/atlas/v2/orgs"
	ha1 := digest.HA1(digest.MD5, public, private.Reveal())
	ha2 := md5.Sum([]byte("GET:" + target))
	sum := md5.Sum([]byte(hex.EncodeToString(ha1) + ":" + nonce + ":00000001:abc:auth:" + hex.EncodeToString(ha2[:])))
	return `Digest username="` + public + `", realm="` + digest.Realm + `", nonce="` + nonce + `", uri="` + target +
		`", response="` + hex.EncodeToString(sum[:]) + `", algorithm=MD5, qop=auth, nc=00000001, cnonce="abc"`
}
