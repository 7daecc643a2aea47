package apitest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
)

// secrets returns the secrets of an account as its organization's owner sees them.
func (w *world) secrets(name string) []secretBody { return w.account(name).Secrets }

func ids(list []secretBody) (all []string) {
	for _, s := range list {
		all = append(all, s.ID)
	}
	return all
}

// TestSecretsRotate: a second secret may live beside the first, which then has
// seven days at the most; a third may not; what expired makes room.
func TestSecretsRotate(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		for _, c := range []struct{ by, container, kind string }{{"owner", "/orgs/{org}", "Org"}, {"projectOwner", "/groups/{project}", "Group"}} {
			name := "rotating-" + g.name + c.kind
			w.enlist(name, "GROUP_READ_ONLY")
			at := c.container + "/serviceAccounts/{" + name + "}/secrets"
			add := func(hours string) (s secretBody) {
				t.Helper()
				w.ok(c.by, g.at("POST "+at), `{"secretExpiresAfterHours":`+hours+`}`, 201).asPublished(g, "create"+c.kind+"ServiceAccountSecret").into(&s)
				return s
			}
			full := func() {
				t.Helper()
				w.refused(c.by, g.at("POST "+at), `{"secretExpiresAfterHours":8}`, 400, "VALIDATION_ERROR", "secrets must not be more than 2 that have not expired")
			}
			first := w.names[name+".secret"] // lives 24 hours
			second := add("8760")
			if second.Secret == nil || second.MaskedSecretValue != nil {
				t.Fatalf("a new secret: %+v", second)
			}
			list := w.secrets(name)
			if !slices.Equal(ids(list), []string{first, second.ID}) {
				t.Fatalf("secrets %+v", list)
			}
			for _, s := range list {
				if s.Secret != nil || s.MaskedSecretValue == nil || strings.Contains(*s.MaskedSecretValue, w.names[name+".clear"][10:]) {
					t.Errorf("shown again: %+v", s)
				}
			}
			w.lives("the first, which was to end earlier", list[0], 24*time.Hour)
			w.lives("the second", list[1], 8760*time.Hour)
			full()

			w.ok(c.by, g.at("DELETE "+at+"/"+first), "", 204)
			w.refused(c.by, g.at("DELETE "+at+"/"+first), "", 404, "RESOURCE_NOT_FOUND", first)
			third := add("8")
			list = w.secrets(name)
			w.lives("the second, now the older one", list[0], 7*24*time.Hour)
			w.lives("the third", list[1], 8*time.Hour)
			full()

			w.clock.advance(8 * time.Hour) // the third ends
			if got := ids(w.secrets(name)); !slices.Equal(got, []string{second.ID, third.ID}) {
				t.Errorf("an expired secret is shown until another is added: %v", got)
			}
			fourth := add("9")
			list = w.secrets(name)
			if !slices.Equal(ids(list), []string{second.ID, fourth.ID}) {
				t.Errorf("the expired secret is still there: %+v", list)
			}
			w.lives("the second, not given more time", list[0], 7*24*time.Hour-8*time.Hour)
			w.refused(c.by, g.at("DELETE "+at+"/"+third.ID), "", 404, "RESOURCE_NOT_FOUND", third.ID)
			w.ok(c.by, g.at("DELETE "+at+"/"+second.ID), "", 204)
			w.ok(c.by, g.at("DELETE "+at+"/"+fourth.ID), "", 204)
			if a := w.ok("owner", g.at("GET /orgs/{org}/serviceAccounts/{"+name+"}"), "", 200); !strings.HasSuffix(string(a.body), `,"secrets":[]}`) {
				t.Errorf("without secrets: %s", a)
			}
			add("8")
		}
	})
}

// TestSecretLifetime: from eight hours to what the organization allows.
func TestSecretLifetime(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		w.enlist("timed-"+g.name, "GROUP_READ_ONLY")
		secret := "/serviceAccounts/{timed-" + g.name + "}/secrets"
		try := func(hours, most string) {
			t.Helper()
			want := "secretExpiresAfterHours must be between 8 and " + most
			for call, body := range map[string]string{
				"POST /orgs/{org}" + secret:              `{"secretExpiresAfterHours":` + hours + `}`,
				"POST /groups/{project}" + secret:        `{"secretExpiresAfterHours":` + hours + `}`,
				"POST /orgs/{org}/serviceAccounts":       `{"name":"x","description":"x","roles":["ORG_MEMBER"],"secretExpiresAfterHours":` + hours + `}`,
				"POST /groups/{project}/serviceAccounts": `{"name":"x","description":"x","roles":["GROUP_READ_ONLY"],"secretExpiresAfterHours":` + hours + `}`,
			} {
				a := w.refused("owner", g.at(call), body, 400, "VALIDATION_ERROR", want)
				if g.bit == public {
					a.wantDetail()
				} else {
					a.wantDetail("secretExpiresAfterHours", strings.TrimPrefix(want, "secretExpiresAfterHours "))
				}
			}
		}
		for _, hours := range []string{"7", "0", "-1", "-9223372036854775808", "8761", "2147483648", "9223372036854775807"} {
			try(hours, "8760")
		}
		w.ok("owner", g.at("PATCH /orgs/{org}/settings"), `{"maxServiceAccountSecretValidityInHours":100}`, 200)
		try("101", "100")
		w.ok("owner", g.at("POST /orgs/{org}"+secret), `{"secretExpiresAfterHours":100}`, 201)
		w.ok("owner", g.at("PATCH /orgs/{org}/settings"), `{"maxServiceAccountSecretValidityInHours":8}`, 200)
		w.lives("the secret from before", w.secrets("timed-" + g.name)[1], 100*time.Hour)
		try("9", "8")
		w.ok("owner", g.at("PATCH /orgs/{org}/settings"), `{"maxServiceAccountSecretValidityInHours":8760}`, 200)
	})
}

// TestSecretUse: when a secret was last used is told in every read of its account.
func TestSecretUse(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, options{})
		w.enlist("busy", "GROUP_READ_ONLY")
		at := w.clock.now().UTC().Truncate(time.Second)
		err := w.data.Store.Update(context.Background(), func(tx latchkey.Tx) error {
			return tx.AddUse(latchkey.OrgID(w.names["org"]), latchkey.PrincipalID(w.names["busy"]),
				latchkey.Use{What: w.names["busy.secret"], Count: 3, LastUsed: at})
		})
		if err != nil {
			t.Fatal(err)
		}
		w.ok("owner", "POST /api/atlas/v2/orgs/{org}/serviceAccounts/{busy}/secrets", `{"secretExpiresAfterHours":8}`, 201)
		for _, path := range []string{"/orgs/{org}", "/groups/{project}"} {
			var one accountBody
			var page struct{ Results []accountBody }
			w.ok("owner", "GET /api/atlas/v2"+path+"/serviceAccounts/{busy}", "", 200).into(&one)
			w.ok("owner", "GET /api/atlas/v2"+path+"/serviceAccounts", "", 200).into(&page)
			for _, a := range []accountBody{one, page.Results[0]} {
				s := a.Secrets
				if len(s) != 2 || s[0].LastUsedAt == nil || *s[0].LastUsedAt != at.Format(time.RFC3339) || s[1].LastUsedAt != nil {
					t.Errorf("%s: %+v", path, s)
				}
			}
		}
	})
}

// TestSecretIsKeptHashed: the secret itself is nowhere in what is stored.
func TestSecretIsKeptHashed(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, options{})
		w.enlist("hushed")
		clear := w.names["hushed.clear"]
		if dump := w.dump(); strings.Contains(dump, clear) || strings.Contains(dump, clear[:30]) {
			t.Error("the secret is stored in clear")
		}
	})
}
