package model

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"pgregory.net/rapid"
)

// checkBody compares the body of a success with the reference.
func (w *world) checkBody(t *rapid.T, line string, c *call, b answerBody) {
	id := c.key
	if c.aboutAccounts() || c.atEndpoint() {
		w.checkAccountBody(t, line, c, b)
		return
	}
	switch c.op {
	case "createGroupApiKey", "createOrgApiKey":
		id = b.ID
	case "updateGroupApiKeyRoles", "updateOrgApiKey", "getOrgApiKey":
	case "getGroup", "updateGroup":
		p := w.ref.orgs[w.ref.principals[c.caller.id].org].projects[c.project]
		if b.ID != p.id || b.Name != p.name || len(b.Tags) != len(p.tags) {
			t.Fatalf("%s: answered %+v; want %+v", line, b, p)
		}
		return
	default:
		return
	}
	k := w.ref.principals[id]
	list, err := b.keyRoles()
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	roles := make(names)
	for _, r := range list {
		roles[r.OrgID+r.GroupID+" "+r.RoleName] = true
	}
	private := "********-****-****-" + k.private[len(k.private)-12:]
	if c.method() == http.MethodPost {
		private = k.private
	}
	if b.ID != k.id || b.Desc != k.desc || b.PublicKey != k.public || b.PrivateKey != private || !roles.equal(rolesOf(k)) || len(list) != len(roles) {
		t.Fatalf("%s: answered %+v; want %+v with roles %s", line, b, k, rolesOf(k))
	}
}

// checkAccountBody compares the body of a success about a service account, or
// of the token endpoint, with the reference.
func (w *world) checkAccountBody(t *rapid.T, line string, c *call, b answerBody) {
	fail := func(what string, got, want any) { t.Fatalf("%s: answered %s %v; want %v", line, what, got, want) }
	id, shows := c.key, []answerSecret{b.answerSecret}
	switch {
	case c.op == "issueToken":
		if want := int64(w.ref.tokens[b.AccessToken].expires.Sub(w.ref.now.Truncate(time.Second)) / time.Second); b.ExpiresIn != want {
			fail("expires_in", b.ExpiresIn, want)
		}
		return
	case strings.HasSuffix(c.op, "AccountSecret") && c.method() == http.MethodPost:
		k := w.ref.principals[id]
		w.checkSecrets(t, line, k.secrets[len(k.secrets)-1:], shows, true)
		return
	case b.ClientID == "":
		return // of what has no body, or one of another kind
	case c.method() == http.MethodPost && c.key == "":
		id = b.ClientID
	}
	k := w.ref.principals[id]
	if b.ClientID != k.id || b.Name != k.name || b.Description != k.desc {
		fail("the account", b, k)
	}
	var list []string
	if err := json.Unmarshal(b.Roles, &list); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	held := k.roles
	if c.project != "" {
		held = k.projects[c.project]
	}
	if len(list) != len(held) || !setOf(list...).equal(held) {
		fail("roles", list, held)
	}
	w.checkSecrets(t, line, k.secrets, b.Secrets, id != c.key)
}

// checkSecrets compares the secrets of an answer; the last of a creation is shown.
func (w *world) checkSecrets(t *rapid.T, line string, want []secret, got []answerSecret, created bool) {
	if len(got) != len(want) {
		t.Fatalf("%s: %d secrets; want %d", line, len(got), len(want))
	}
	for i, s := range want {
		masked, text := "mdb_sa_sk_..."+s.text[len(s.text)-4:], ""
		if created {
			masked, text = "", s.text
		}
		// Answers tell times to the second.
		if g := got[i]; g.ID != s.id || g.Secret != text || g.Masked != masked ||
			!g.Created.Equal(s.created.Truncate(time.Second)) || !g.Expires.Equal(s.expires.Truncate(time.Second)) {
			t.Fatalf("%s: secret %+v; want %+v", line, g, s)
		}
	}
}
