package apitest

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/auth/oauth"
	"github.com/latchkey/latchkey/internal/keyring"
)

// TestBearer: every generation takes a token in the place of a digest, for
// reads and changes, as often as it is offered, in any case of the scheme.
func TestBearer(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		robot := "robot-" + g.name
		k := w.enrol(robot, 24*time.Hour, latchkey.GroupOwner)
		w.ok(robot, g.at("GET "), "", 200)
		w.ok(robot, g.at("GET /groups/{project}"), "", 200)
		w.ok(robot, g.at("GET /groups/{project}/apiKeys"), "", 200)
		for _, scheme := range []string{"Bearer", "bearer", "BEARER", "bEARER"} {
			for _, role := range []string{"GROUP_OWNER", "GROUP_READ_ONLY"} {
				r := w.request(g.at("PATCH /groups/{project}/apiKeys/{target}"), `{"roles":["`+role+`"]}`, "Authorization", scheme+" "+k.token)
				var made keyBody
				a := w.send(r)
				a.into(&made)
				if a.status != 200 || !strings.Contains(strings.Join(made.roles(), " "), role+"@") {
					a.fail("want %s", role)
				}
			}
		}
		w.ok(robot, g.at("POST /groups/{project}/apiKeys"), `{"desc":"made by a robot","roles":["GROUP_READ_ONLY"]}`, 200)
		events := w.events("org", 0)
		if e := events[len(events)-1]; string(e.CallerID) != k.id || e.CallerPublicKey != "" {
			t.Errorf("the last event was caused by %s %q", e.CallerID, e.CallerPublicKey)
		}
		// What it may not do is refused like that of a key.
		w.refused(robot, g.at("PATCH /orgs/{org}"), `{"name":"x"}`, 401, "USER_UNAUTHORIZED")
		w.refused(robot, g.at("GET /orgs/{otherOrg}"), "", 404, "ORG_NOT_FOUND", "{otherOrg}")
		w.refused(robot, g.at("GET /groups/{otherProject}"), "", 404, "GROUP_NOT_FOUND", "{otherProject}")
	})
}

// TestRolesAreNotInTheToken: they are read with each request.
func TestRolesAreNotInTheToken(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, options{})
		k := w.enrol("robot", 24*time.Hour, latchkey.GroupReadOnly)
		w.ok("robot", "GET /api/atlas/v2/groups/{project}", "", 200)
		w.refused("robot", patchTarget, makeOwner, 401, "USER_UNAUTHORIZED")
		w.reform(k, func(a *latchkey.ServiceAccount) {
			a.ProjectRoles = a.ProjectRoles.With(latchkey.ProjectID(w.names["project"]), latchkey.Roles(latchkey.GroupOwner))
		})
		w.ok("robot", patchTarget, makeOwner, 200)
		w.reform(k, func(a *latchkey.ServiceAccount) { a.ProjectRoles = latchkey.ProjectRoles{} })
		w.refused("robot", patchTarget, makeReader, 401, "USER_CANNOT_ACCESS_GROUP")
		w.refused("robot", "GET /api/atlas/v2/groups/{project}", "", 401, "USER_CANNOT_ACCESS_GROUP")
	})
}

// TestBearerChallenge: whatever is wrong with a token, the answer is one and
// the same, and nothing in it is of digest; what is no token gets the digest
// challenge and nothing of tokens.
func TestBearerChallenge(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		k := w.enrol("robot-"+g.name, 24*time.Hour, latchkey.OrgOwner)
		parts := strings.Split(k.token, ".")
		b64 := base64.RawURLEncoding.EncodeToString
		payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
		calls := []string{
			"PATCH /groups/{project}/apiKeys/{target}?pretty=true&envelope=true", "PATCH /groups/{unknown}/apiKeys/{target}?pageNum=x",
			"GET /orgs/{org}", "DELETE /orgs/{org}/apiKeys/{target}",
		}
		var first string
		for name, token := range map[string]string{
			"empty": "", "space": " ", "garbage": "\xff.\"\\.", "one part": parts[0], "two parts": parts[0] + "." + parts[1],
			"no signature": parts[0] + "." + parts[1] + ".", "four parts": k.token + ".e30", "cut": k.token[:len(k.token)-1],
			"cut before": k.token[1:], "longer": k.token + "A", "padded": k.token + "=", "two spaces": " " + k.token, "tab": "\t" + k.token,
			"upper case": strings.ToUpper(k.token), "lower case": strings.ToLower(k.token), "quoted": `"` + k.token + `"`,
			"comma": k.token + ", " + k.token, "parameters": k.token + ` realm="x"`, "long": strings.Repeat("A", 8000),
			"none":         b64([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + parts[1] + ".",
			"none, signed": b64([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + parts[1] + "." + parts[2],
			"other kid":    b64([]byte(`{"alg":"HS256","kid":"2","typ":"JWT"}`)) + "." + parts[1] + "." + parts[2],
			"HS512":        b64([]byte(`{"alg":"HS512","kid":"1","typ":"JWT"}`)) + "." + parts[1] + "." + parts[2],
			"other claims": parts[0] + "." + b64([]byte(strings.Replace(string(payload), k.id, k.id[:33]+"0", 1)+" ")) + "." + parts[2],
			"the secret":   k.secret, "Basic": basic(k.id, k.secret),
			"other server": foreignToken(t, w, k),
		} {
			for _, call := range calls {
				for _, scheme := range []string{"Bearer", "bearer"} {
					r := w.request(g.at(call), `{"roles":["GROUP_OWNER"]}`, "Accept", "nonsense", "Content-Type", "text/plain")
					r.set("Authorization", scheme+" "+token)
					var a answer
					w.unchanged(func() { a = w.send(r) })
					a.wantBearer()
					if first == "" {
						first = a.fingerprint()
					}
					if got := a.fingerprint(); got != first {
						t.Errorf("%s: the answers differ:\n%s\n%s", name, first, got)
					}
					if t.Failed() {
						t.Fatalf("token: %s", name)
					}
				}
			}
		}
		for _, lines := range [][]string{{"Bearer"}, {"Bearer " + k.token, "Bearer " + k.token}, {"Bearer " + k.token, "Digest"}, {"Digest", "Bearer " + k.token}} {
			r := w.request(g.at("GET /orgs/{org}"), "")
			for _, line := range lines {
				r.add("Authorization", line)
			}
			w.send(r).wantBearer()
		}
		for name, lines := range map[string][]string{
			"none": nil, "empty": {""}, "Basic": {basic(k.id, k.secret)}, "no scheme": {k.token}, "other scheme": {"Bearers " + k.token},
			"DPoP":   {"DPoP " + k.token},
			"Digest": {`Digest username="` + k.id + `", response="` + k.token + `"`},
		} {
			r := w.request(g.at("GET /orgs/{org}"), "")
			for _, line := range lines {
				r.add("Authorization", line)
			}
			a := w.send(r)
			a.wantChallenge(false)
			if strings.Contains(strings.Join(a.header["Www-Authenticate"], ","), "Bearer") || t.Failed() {
				t.Fatalf("%s: %s", name, a)
			}
		}
		// A secret that is offered as a digest is nobody's.
		r := w.request(g.at("GET /orgs/{org}"), "")
		asKey := &key{public: k.id, private: k.secret}
		r.set("Authorization", answerTo(asKey, r, w.challenge(), 1).sign(asKey, r.method).String())
		w.send(r).wantChallenge(false)
		w.ok("robot-"+g.name, g.at("GET /orgs/{org}"), "", 200)
	})
}

// foreignToken is a token for the account that another server signed.
func foreignToken(t *testing.T, w *world, k *key) string {
	t.Helper()
	return tokenBy(t, openSQLite(t, w.clock.now).Keys, claimsOf(w, k))
}

func tokenBy(t *testing.T, keys *keyring.Keyring, c oauth.Claims) string {
	t.Helper()
	tokens, err := oauth.NewTokens(keys.Keys(keyring.Token))
	if err != nil {
		t.Fatal(err)
	}
	token, err := tokens.Issue(c)
	if err != nil {
		t.Fatal(err)
	}
	return token.Reveal()
}

// claimsOf are those of a right token of the account.
func claimsOf(w *world, k *key) oauth.Claims {
	now := w.clock.now()
	for name, known := range w.keys {
		if known == k {
			return oauth.Claims{
				Account: latchkey.PrincipalID(k.id), Secret: latchkey.SecretID(w.names[name+".secret"]), Org: latchkey.OrgID(w.names["org"]),
				Issued: now, Expires: now.Add(time.Hour),
			}
		}
	}
	return oauth.Claims{}
}
