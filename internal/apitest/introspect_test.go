package apitest

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
)

const introspectCall = "POST /api/oauth/introspect"

// introspect asks as the key of that name what a token is worth.
func (w *world) introspect(by, token string) answer {
	w.t.Helper()
	return w.call(by, introspectCall, "token="+url.QueryEscape(token), "Content-Type", formType)
}

// wantInactive checks the one answer about what is worth nothing.
func (a answer) wantInactive() {
	a.w.t.Helper()
	if a.status != 200 || string(a.body) != `{"active":false}` || a.header.Get("Cache-Control") != "no-store" || a.header.Get("Content-Type") != "application/json" {
		a.fail("want an inactive token")
	}
}

// TestIntrospect is the whole answer about a token, to callers of both kinds.
func TestIntrospect(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, options{})
		w.cast()
		k := w.enrol("robot", 8*time.Hour, latchkey.GroupReadOnly, latchkey.GroupClusterManager)
		w.enrol("clerk", 8*time.Hour, latchkey.OrgReadOnly)
		for _, by := range []string{"owner", "orgReader", "clerk"} {
			a := w.introspect(by, k.token)
			if a.status != 200 {
				a.fail("want 200 for %s", by)
				continue
			}
			var got struct {
				Active                            bool
				ClientID                          string `json:"client_id"`
				TokenType                         string `json:"token_type"`
				Sub, Iss, OrgID                   string
				Exp, Iat                          int64
				Roles                             []struct{ OrgID, GroupID, RoleName string }
				Scope, Username, Aud, Jti, Secret any
			}
			a.into(&got)
			a.compact()
			want := []string{"active", "client_id", "exp", "iat", "iss", "orgId", "roles", "sub", "token_type"}
			if !slices.Equal(a.members(), want) || !got.Active || got.ClientID != k.id || got.Sub != k.id || got.TokenType != "Bearer" ||
				got.OrgID != w.names["org"] || got.Exp-got.Iat != 3600 || got.Iat > w.clock.now().Unix() || got.Exp <= w.clock.now().Unix() || got.Iss == "" {
				a.fail("members of an active token")
			}
			if roles := (keyBody{Roles: got.Roles}).roles(); !slices.Equal(roles, []string{
				"ORG_MEMBER", "GROUP_CLUSTER_MANAGER@" + w.names["project"], "GROUP_READ_ONLY@" + w.names["project"],
			}) {
				a.fail("roles %q", roles)
			}
			if a.header.Get("Cache-Control") != "no-store" {
				a.fail("the answer may be kept")
			}
		}
		// What a request offers besides is not looked at.
		body := "token_type_hint=nonsense&token=" + k.token + "&x=1&x=2"
		if a := w.call("owner", introspectCall, body, "Content-Type", formType+"; charset=utf-8"); len(a.members()) != 9 {
			a.fail("want an active token")
		}
		// Roles are those of this moment.
		w.reform(k, func(a *latchkey.ServiceAccount) { a.ProjectRoles = latchkey.ProjectRoles{} })
		if a := w.introspect("owner", k.token); strings.Contains(string(a.body), "GROUP_") {
			a.fail("roles that were taken away")
		}
	})
}

// TestIntrospectWhatIsNothing: everything that is no token of the caller's
// organization gets one answer, byte for byte.
func TestIntrospectWhatIsNothing(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, options{})
		k := w.enrol("robot", 8*time.Hour, latchkey.GroupReadOnly)
		foreign := w.store("foreign", "otherOrg", "otherProject", 8*time.Hour, latchkey.OrgOwner)
		foreign.token = w.token(foreign)
		parts := strings.Split(k.token, ".")
		seen := map[string]bool{}
		for _, token := range []string{
			foreign.token, k.token[:len(k.token)-1], k.token[1:], k.token + "=", " " + k.token, strings.ToUpper(k.token), k.secret, k.id,
			w.key("owner").public, w.key("owner").private, "x", "..", parts[0] + "." + parts[1] + ".", "eyJhbGciOiJub25lIn0." + parts[1] + ".",
			strings.Repeat("a", 2000), "\x01", "é",
		} {
			a := w.introspect("owner", token)
			a.wantInactive()
			seen[a.fingerprint()] = true
		}
		if len(seen) != 1 {
			t.Errorf("%d different answers", len(seen))
		}
		if a := w.introspect("foreign", foreign.token); len(a.members()) != 9 {
			a.fail("want an active token in its own organization")
		}
	})
}

// TestIntrospectRefusals: who may not ask, and what does not read.
func TestIntrospectRefusals(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, options{})
		w.cast()
		k := w.enrol("robot", 8*time.Hour, latchkey.GroupOwner)
		for _, by := range []string{"loose", "reader", "projectOwner", "creator", "robot"} {
			w.introspect(by, k.token).want(401, "USER_UNAUTHORIZED")
			w.call(by, introspectCall, "", "Content-Type", "text/plain").want(401, "USER_UNAUTHORIZED")
		}
		w.introspect("listed", k.token).want(403, "IP_ADDRESS_NOT_ON_ACCESS_LIST", "127.0.0.1")
		w.introspect("", k.token).wantChallenge(false)
		wrong := *k
		wrong.token += "x"
		w.keys["wrong"] = &wrong
		w.introspect("wrong", k.token).wantBearer()
		for _, c := range []struct {
			body, mediaType string
			status          int
			error           string
			params          []any
		}{
			{"", formType, 400, "MISSING_ATTRIBUTE", p("token")},
			{"token=", formType, 400, "MISSING_ATTRIBUTE", p("token")},
			{"token_type_hint=access_token", formType, 400, "MISSING_ATTRIBUTE", p("token")},
			{"token=a&token=a", formType, 400, "INVALID_QUERY_PARAMETER", p("token")},
			{"token=%zz", formType, 400, "INVALID_QUERY_PARAMETER", p("token")},
			{"token=%00", formType, 400, "INVALID_QUERY_PARAMETER", p("token")},
			{"token=%ff", formType, 400, "INVALID_QUERY_PARAMETER", p("token")},
			{"token=" + strings.Repeat("a", 9000), formType, 400, "VALIDATION_ERROR", p("the form is too long")},
			{`{"token":"x"}`, "application/json", 415, "UNSUPPORTED_MEDIA_TYPE", p("application/json")},
			{"token=x", "", 415, "UNSUPPORTED_MEDIA_TYPE", p("")},
		} {
			r := w.request(introspectCall, c.body)
			r.set("Content-Type", c.mediaType)
			w.as(w.key("owner"), r).want(c.status, c.error, c.params...)
		}
		w.call("owner", "GET /api/oauth/introspect?token="+k.token, "").want(405, "METHOD_NOT_ALLOWED", "GET")
	})
}
