package apitest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
)

// TestAccountLife: a service account from its birth to its end, in its
// organization and in projects, every answer as it is published.
func TestAccountLife(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		var made, read accountBody
		call := func(operation, call, body string, status int, into any) answer {
			t.Helper()
			a := w.ok("owner", g.at(call), body, status).asPublished(g, operation)
			if into != nil {
				a.into(into)
			}
			return a
		}
		const list, one = "/orgs/{org}/serviceAccounts", "/orgs/{org}/serviceAccounts/{life}"
		const there = "/groups/{project}/serviceAccounts/{life}"

		call("createOrgServiceAccount", "POST "+list, `{"name":"Émile 7","description":"a_b-c.d, 'e'","roles":["ORG_READ_ONLY","ORG_MEMBER","ORG_MEMBER"],"secretExpiresAfterHours":48}`, 201, &made)
		w.names["life"] = made.ClientID
		if id, ok := latchkey.ParseClientID(made.ClientID); !ok || !id.IsAccount() || made.Name != "Émile 7" || made.Description != "a_b-c.d, 'e'" {
			t.Errorf("made %+v", made)
		}
		wantRoles(t, "made", made.Roles, "ORG_MEMBER", "ORG_READ_ONLY")
		if s := made.Secrets; len(s) != 1 || s[0].Secret == nil || s[0].MaskedSecretValue != nil || s[0].LastUsedAt != nil {
			t.Fatalf("secrets of a new account: %+v", s)
		}
		clear := *made.Secrets[0].Secret
		if _, ok := latchkey.ParseClientSecret(clear); !ok {
			t.Errorf("secret %q", clear)
		}

		call("getOrgServiceAccount", "GET "+one, "", 200, &read)
		if s := read.Secrets; len(s) != 1 || s[0].Secret != nil || s[0].MaskedSecretValue == nil || *s[0].MaskedSecretValue != "mdb_sa_sk_..."+clear[len(clear)-4:] || s[0].ID != made.Secrets[0].ID {
			t.Errorf("secrets of an account: %+v", s)
		}

		call("inviteGroupServiceAccount", "POST "+there+":invite", `{"roles":["GROUP_READ_ONLY","GROUP_OWNER","GROUP_OWNER"]}`, 200, &read)
		wantRoles(t, "invited", read.Roles, "GROUP_OWNER", "GROUP_READ_ONLY")
		call("inviteGroupServiceAccount", "POST /groups/{second}/serviceAccounts/{life}:invite", `{"roles":["GROUP_READ_ONLY"]}`, 200, nil)
		call("getGroupServiceAccount", "GET "+there, "", 200, &read)
		wantRoles(t, "in the project", read.Roles, "GROUP_OWNER", "GROUP_READ_ONLY")

		call("updateGroupServiceAccount", "PATCH "+there, `{"roles":["GROUP_CLUSTER_MANAGER"],"description":"told here"}`, 200, &read)
		wantRoles(t, "changed in the project", read.Roles, "GROUP_CLUSTER_MANAGER")
		call("updateOrgServiceAccount", "PATCH "+one, `{"roles":["ORG_GROUP_CREATOR"],"name":"renamed","description":null}`, 200, &read)
		wantRoles(t, "changed", read.Roles, "ORG_GROUP_CREATOR")
		if read.Name != "renamed" || read.Description != "told here" {
			t.Errorf("changed: %+v", read)
		}
		call("updateOrgServiceAccount", "PATCH "+one, `{}`, 200, &read)
		if read.Name != "renamed" {
			t.Errorf("after a change of nothing: %+v", read)
		}
		var projects struct {
			Results []struct {
				GroupID string
				Roles   []string
			}
			TotalCount int
		}
		call("getOrgServiceAccountGroups", "GET "+one+"/groups", "", 200, &projects)
		held := map[string]string{}
		for _, p := range projects.Results {
			held[p.GroupID] = strings.Join(p.Roles, " ")
		}
		if projects.TotalCount != 2 || held[w.names["project"]] != "GROUP_CLUSTER_MANAGER" || held[w.names["second"]] != "GROUP_READ_ONLY" {
			t.Errorf("projects %+v", projects)
		}
		call("getOrgServiceAccountGroups", "GET "+one+"/groups?itemsPerPage=1&pageNum=3", "", 200, &projects)
		if len(projects.Results) != 0 || projects.TotalCount != 2 {
			t.Errorf("a page behind the last: %+v", projects)
		}

		for operation, path := range map[string]string{"listOrgServiceAccounts": list, "listGroupServiceAccounts": "/groups/{project}/serviceAccounts"} {
			for _, query := range []string{"", "?includeSystemManaged=true&includeCount=false", "?itemsPerPage=500&pageNum=1"} {
				var page struct {
					Results    []accountBody
					TotalCount *int
				}
				call(operation, "GET "+path+query, "", 200, &page)
				if page.TotalCount == nil || *page.TotalCount != len(page.Results) ||
					!slices.ContainsFunc(page.Results, func(a accountBody) bool { return a.ClientID == made.ClientID }) {
					t.Errorf("%s%s: %+v", path, query, page)
				}
			}
		}

		call("deleteGroupServiceAccount", "DELETE "+there, "", 204, nil)
		w.refused("owner", g.at("GET "+there), "", 404, "RESOURCE_NOT_FOUND", "{life}")
		call("getOrgServiceAccount", "GET "+one, "", 200, nil)
		call("deleteOrgServiceAccount", "DELETE "+one, "", 204, nil)
		w.refused("owner", g.at("GET "+one), "", 404, "RESOURCE_NOT_FOUND", "{life}")
		w.refused("owner", g.at("DELETE "+one), "", 404, "RESOURCE_NOT_FOUND", "{life}")
		w.refused("owner", g.at("GET /groups/{second}/serviceAccounts/{life}"), "", 404, "RESOURCE_NOT_FOUND", "{life}")
	})
}

// TestAccountBornInProject is a member of the organization, and the project
// shows only what it holds there.
func TestAccountBornInProject(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		var made accountBody
		w.ok("projectOwner", g.at("POST /groups/{project}/serviceAccounts"), newAccountBody("born", 8, "GROUP_READ_ONLY", "GROUP_OWNER"), 201).
			asPublished(g, "createGroupServiceAccount").into(&made)
		wantRoles(t, "made", made.Roles, "GROUP_OWNER", "GROUP_READ_ONLY")
		w.names["born"] = made.ClientID
		wantRoles(t, "in the organization", w.account("born").Roles, "ORG_MEMBER")
		w.ok("projectOwner", g.at("PATCH /groups/{project}/serviceAccounts/{born}"), `{"roles":["GROUP_READ_ONLY"],"name":"reborn"}`, 200)
		w.ok("projectOwner", g.at("DELETE /groups/{project}/serviceAccounts/{born}"), "", 204)
		wantRoles(t, "out of the project", w.account("born").Roles, "ORG_MEMBER")
		w.ok("owner", g.at("DELETE /orgs/{org}/serviceAccounts/{born}"), "", 204)
	})
}

// TestSentBack: v1.0 has no schema of requests, so it takes back what it
// answered; v2 knows no such members.
func TestSentBack(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		w.enlist("mirror-"+g.name, "GROUP_READ_ONLY")
		for _, path := range []string{"/orgs/{org}", "/groups/{project}"} {
			path += "/serviceAccounts/{mirror-" + g.name + "}"
			body := string(w.ok("owner", g.at("GET "+path), "", 200).body)
			if g.bit == v2 {
				w.refused("owner", g.at("PATCH "+path), body, 400, "INVALID_ATTRIBUTE", "clientId")
				continue
			}
			w.unchanged(func() { w.ok("owner", g.at("PATCH "+path), body, 200) })
			other := strings.Replace(body, w.names["mirror-"+g.name], w.names["account"], 1)
			w.refused("owner", g.at("PATCH "+path), other, 400, "VALIDATION_ERROR", "The clientId in the body differs from the one in the path")
		}
	})
}

// TestLastOwnerAccount: while the organization has no durable owner its last
// owner account stays; with one, accounts come and go.
func TestLastOwnerAccount(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		w.enlist("steward-"+g.name, "ORG_OWNER")
		one := "/orgs/{org}/serviceAccounts/{steward-" + g.name + "}"
		w.ok("owner", g.at("PATCH "+one), `{"roles":["ORG_MEMBER"]}`, 200)
		w.ok("owner", g.at("PATCH "+one), `{"roles":["ORG_OWNER"]}`, 200)
		// An owner account is no durable owner: the last owner key stays.
		w.refused("owner", g.at("DELETE /orgs/{org}/apiKeys/{owner}"), "", 403, "CANNOT_DEMOTE_LAST_ORG_OWNER")
		// Without a durable owner, as in an organization that was born with an account.
		makeOwner := func(owner bool) {
			err := w.data.Store.Update(context.Background(), func(tx latchkey.Tx) error {
				k, err := tx.Key(latchkey.OrgID(w.names["org"]), latchkey.PrincipalID(w.names["owner"]))
				if err != nil {
					return err
				}
				after := k.Principal
				after.OrgRoles = latchkey.Roles(latchkey.GlobalOwner)
				if owner {
					after.OrgRoles = latchkey.Roles(latchkey.OrgOwner)
				}
				return tx.UpdatePrincipal(k.Principal, after)
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		makeOwner(false)
		w.refused("owner", g.at("PATCH "+one), `{"roles":["ORG_MEMBER"]}`, 403, "CANNOT_DEMOTE_LAST_ORG_OWNER")
		w.refused("owner", g.at("DELETE "+one), "", 403, "CANNOT_DEMOTE_LAST_ORG_OWNER")
		w.ok("owner", g.at("PATCH "+one), `{"roles":["ORG_OWNER","ORG_MEMBER"],"name":"still"}`, 200)
		makeOwner(true)
		w.ok("owner", g.at("DELETE "+one), "", 204)
	})
}

// TestTooManyAccounts: an organization has at most five hundred.
func TestTooManyAccounts(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, options{})
		org := latchkey.OrgID(w.names["org"])
		err := w.data.Store.Update(context.Background(), func(tx latchkey.Tx) error {
			for range 499 {
				err := tx.InsertAccount(latchkey.ServiceAccount{Name: "x", Principal: latchkey.Principal{
					ID: latchkey.NewClientID(tx.Now()), OrgID: org, Desc: "x", OrgRoles: latchkey.Roles(latchkey.OrgMember), Created: tx.Now(),
				}})
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		w.ok("owner", "POST /api/atlas/v2/orgs/{org}/serviceAccounts", newAccountBody("last", 8, "ORG_MEMBER"), 201)
		for _, call := range []string{"/api/atlas/v2", "/api/public/v1.0"} {
			w.refused("owner", "POST "+call+"/orgs/{org}/serviceAccounts", newAccountBody("one more", 8, "ORG_MEMBER"), 400, "MAX_SERVICE_ACCOUNTS_PER_ORG_EXCEEDED", 500, "{org}")
			w.refused("owner", "POST "+call+"/groups/{project}/serviceAccounts", newAccountBody("one more", 8, "GROUP_READ_ONLY"), 400, "MAX_SERVICE_ACCOUNTS_PER_ORG_EXCEEDED", 500, "{org}")
		}
		var page struct{ Results []accountBody }
		w.ok("owner", "GET /api/atlas/v2/orgs/{org}/serviceAccounts?itemsPerPage=500", "", 200).into(&page)
		if len(page.Results) != 500 {
			t.Errorf("%d on one page", len(page.Results))
		}
		w.ok("otherOwner", "POST /api/atlas/v2/orgs/{otherOrg}/serviceAccounts", newAccountBody("elsewhere", 8, "ORG_MEMBER"), 201)
	})
}

// lives checks that a secret ends that long after now, a minute more or less.
func (w *world) lives(what string, s secretBody, want time.Duration) {
	w.t.Helper()
	expires, err := time.Parse(time.RFC3339, s.ExpiresAt)
	if got := expires.Sub(w.clock.now()); err != nil || got < want-time.Minute || got > want+time.Minute {
		w.t.Errorf("%s: lives another %v, want %v (%v)", what, got, want, err)
	}
}
