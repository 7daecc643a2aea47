package apitest

import (
	"context"
	"strings"
	"testing"
)

// TestAccountsCall: a service account that was made through the API gets a
// token for its secret and manages others and itself, within the same rules.
func TestAccountsCall(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		name := "chief-" + g.name
		w.enlist(name, "ORG_OWNER")
		k := &key{id: w.names[name], secret: w.names[name+".clear"]}
		k.token = w.token(k)
		w.keys[name] = k
		self := "/orgs/{org}/serviceAccounts/{" + name + "}"

		// It may tend its own list, but not shut itself out.
		w.refused(name, g.at("POST "+self+"/accessList"), `[{"ipAddress":"192.0.2.5"}]`, 400, "CANNOT_REMOVE_CALLER_FROM_ACCESS_LIST", "127.0.0.1")
		w.ok(name, g.at("POST "+self+"/accessList"), `[{"ipAddress":"192.0.2.5"},{"cidrBlock":"127.0.0.0/8"}]`, 200)
		w.ok(name, g.at("GET "+self), "", 200)
		var page struct{ Results []accountEntryBody }
		w.ok(name, g.at("GET "+self+"/accessList"), "", 200).into(&page)
		if e := page.Results[1]; e.RequestCount < 1 || e.LastUsedAt == nil || e.LastUsedAddress == nil || *e.LastUsedAddress != "127.0.0.1" {
			t.Errorf("the entry that let it in: %+v", e)
		}
		w.refused(name, g.at("DELETE "+self+"/accessList/127.0.0.0%2F8"), "", 400, "CANNOT_REMOVE_CALLER_FROM_ACCESS_LIST", "127.0.0.1")
		w.ok("owner", g.at("DELETE "+self+"/accessList/127.0.0.0%2F8"), "", 204)
		w.refused(name, g.at("GET "+self), "", 403, "IP_ADDRESS_NOT_ON_ACCESS_LIST", "127.0.0.1")
		w.ok("owner", g.at("DELETE "+self+"/accessList/192.0.2.5"), "", 204)

		// The use of its secret is told, before and after it is written.
		for range 2 {
			w.ok(name, g.at("GET /orgs"), "", 200)
			if s := w.secrets(name); len(s) != 1 || s[0].LastUsedAt == nil || !strings.HasSuffix(*s[0].LastUsedAt, "Z") {
				t.Errorf("secrets %+v", s)
			}
			w.srv.Maintain(context.Background())
		}

		// It owns the project it makes, and rotates its own secret.
		var made struct{ ID string }
		w.ok(name, g.at("POST /groups"), `{"name":"By `+name+`","orgId":"{org}"}`, 201).into(&made)
		w.names["made"] = made.ID
		var there accountBody
		w.ok(name, g.at("GET /groups/{made}/serviceAccounts/{"+name+"}"), "", 200).into(&there)
		wantRoles(t, "in its project", there.Roles, "GROUP_OWNER")
		w.ok(name, g.at("POST "+self+"/secrets"), `{"secretExpiresAfterHours":8}`, 201)
		w.ok(name, g.at("DELETE "+self+"/secrets/{"+name+".secret}"), "", 204)
		if a := w.call(name, g.at("GET /orgs"), ""); a.status != 401 || len(a.body) != 0 {
			t.Errorf("the token of a deleted secret: %s", a)
		}
		w.ok("owner", g.at("DELETE "+self), "", 204)
		w.ok("owner", g.at("DELETE /groups/{made}"), "", 202)
	})
}
