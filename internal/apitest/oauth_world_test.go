package apitest

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strings"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/auth"
	"github.com/latchkey/latchkey/internal/auth/digest"
)

const (
	formType   = "application/x-www-form-urlencoded"
	askToken   = "grant_type=client_credentials"
	tokenCall  = "POST /api/oauth/token"
	revokeCall = "POST /api/oauth/revoke"
)

// enrol stores a service account of {org} with those roles, those of projects
// in {project}, and a secret that lives that long; it gets a name and a token.
func (w *world) enrol(name string, life time.Duration, roles ...latchkey.Role) *key {
	w.t.Helper()
	k := w.store(name, "org", "project", life, roles...)
	k.token = w.token(k)
	return k
}

// store stores a service account and gives it a name.
func (w *world) store(name, org, project string, life time.Duration, roles ...latchkey.Role) *key {
	w.t.Helper()
	secret := latchkey.NewClientSecret()
	var account latchkey.ServiceAccount
	w.update(func(tx latchkey.Tx) error {
		now := tx.Now().UTC().Truncate(time.Millisecond)
		account = latchkey.ServiceAccount{Name: name, Principal: latchkey.Principal{
			ID: latchkey.NewClientID(now), OrgID: latchkey.OrgID(w.names[org]), Desc: name, OrgRoles: latchkey.Roles(latchkey.OrgMember), Created: now,
		}}
		for _, role := range roles {
			if role.Level() == latchkey.LevelProject {
				in := latchkey.ProjectID(w.names[project])
				account.ProjectRoles = account.ProjectRoles.With(in, account.ProjectRoles.Get(in).With(role))
			} else {
				account.OrgRoles = account.OrgRoles.With(role)
			}
		}
		account.Secrets = latchkey.Secrets{w.secret(secret, now, life)}
		return tx.InsertAccount(account)
	})
	k := &key{id: string(account.ID), secret: secret.Reveal()}
	w.keys[name], w.names[name], w.names[name+".secret"] = k, k.id, string(account.Secrets[0].ID)
	return k
}

// secret returns what is kept of a secret.
func (w *world) secret(secret latchkey.ClientSecret, now time.Time, life time.Duration) latchkey.Secret {
	return latchkey.Secret{
		ID: latchkey.NewID[latchkey.SecretID](now), Hash: w.hash(secret), Tail: secret.Tail(),
		Created: now, Expires: now.Add(life),
	}
}

// hash returns the hash by which a secret is known.
func (w *world) hash(secret latchkey.ClientSecret) [sha256.Size]byte {
	w.t.Helper()
	a, err := auth.New(w.data.Keys, []digest.Algorithm{digest.MD5}, w.clock.now)
	if err != nil {
		w.t.Fatal(err)
	}
	return a.HashSecret(secret)
}

// update changes what is stored behind the server's back.
func (w *world) update(f func(latchkey.Tx) error) {
	w.t.Helper()
	if err := w.data.Store.Update(context.Background(), f); err != nil {
		w.t.Fatalf("changing the data: %v", err)
	}
}

// reform changes a stored service account.
func (w *world) reform(k *key, change func(*latchkey.ServiceAccount)) {
	w.t.Helper()
	w.update(func(tx latchkey.Tx) error {
		before, err := tx.Account(latchkey.OrgID(w.names["org"]), latchkey.PrincipalID(k.id))
		if err != nil {
			return err
		}
		after := before
		after.Secrets = append(latchkey.Secrets(nil), before.Secrets...)
		change(&after)
		return tx.UpdateAccount(before, after)
	})
}

// basic is how a client offers its credentials in a header.
func basic(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id)+":"+url.QueryEscape(secret)))
}

// ask sends a form to the token endpoint with the credentials of a client.
func (w *world) ask(k *key, call, form string) answer {
	w.t.Helper()
	return w.send(w.request(call, form, "Content-Type", formType, "Authorization", basic(k.id, k.secret)))
}

// issued is the answer to a request for a token.
type issued struct {
	Token string `json:"access_token"`
	Life  int    `json:"expires_in"`
	Type  string `json:"token_type"`
}

// issue asks for a token and fails unless it gets one.
func (w *world) issue(k *key) issued {
	w.t.Helper()
	a := w.ask(k, tokenCall, askToken)
	if a.status != 200 {
		w.t.Fatalf("no token: %s", a)
	}
	var out issued
	a.into(&out)
	return out
}

func (w *world) token(k *key) string {
	w.t.Helper()
	return w.issue(k).Token
}

// wantBearer checks the one 401 to a request that offered a token.
func (a answer) wantBearer() {
	a.w.t.Helper()
	line := a.header["Www-Authenticate"]
	if a.status != 401 || len(a.body) != 0 || len(line) != 1 || line[0] != `Bearer realm="MMS Public API", error="invalid_token"` {
		a.fail("want the challenge for tokens")
	}
	for _, name := range []string{"Content-Type", "X-Error-Code"} {
		if got, ok := a.header[name]; ok {
			a.fail("%s %q on a challenge for tokens", name, got)
		}
	}
	if a.header.Get("Content-Length") != "0" || a.header.Get("Cache-Control") != "no-store" {
		a.fail("want an empty body that nobody keeps")
	}
}

// wantOAuth checks a refusal of the token endpoint.
func (a answer) wantOAuth(status int, code string) {
	a.w.t.Helper()
	texts := map[string]string{
		"invalid_request": "The provided credentials are not valid.", "unsupported_grant_type": "Invalid grant type.",
		"invalid_client": "Invalid credentials provided.",
	}
	want := `{"error_description":"` + texts[code] + `","error":"` + code + `"}`
	if a.status != status || string(a.body) != want || a.header.Get("Content-Type") != "application/json" {
		a.fail("want %d %s", status, want)
	}
	a.wantNotKept()
	if got := strings.HasPrefix(a.header.Get("Www-Authenticate"), "Basic realm="); got != (status == 401) {
		a.fail("WWW-Authenticate %q", a.header.Get("Www-Authenticate"))
	}
	if _, ok := a.header["X-Error-Code"]; ok {
		a.fail("X-Error-Code on a refusal of OAuth 2")
	}
}

// wantNotKept checks the headers that keep an answer out of caches.
func (a answer) wantNotKept() {
	a.w.t.Helper()
	if a.header.Get("Cache-Control") != "no-store" || a.header.Get("Pragma") != "no-cache" {
		a.fail("want an answer that nobody keeps")
	}
}
