package apitest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/latchkey/latchkey/internal/server"
)

// projectBody is a project as it is answered.
type projectBody struct {
	ID, Name, OrgID, Created string
	ClusterCount             int
	Tags                     []struct{ Key, Value string }
}

// TestDeleteProjectTwice: a second deletion within ten minutes is answered
// like the first to those who may know, and to nobody else.
func TestDeleteProjectTwice(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		w.createProject("short", "Short lived "+g.name)
		w.hire("lead-"+g.name, "ORG_MEMBER")
		w.ok("owner", "POST /api/atlas/v2/groups/{short}/apiKeys/{lead-"+g.name+"}", `[{"roles":["GROUP_OWNER"]}]`, 204)
		w.ok("owner", "POST /api/atlas/v2/groups/{short}/apiKeys/{reader}", `[{"roles":["GROUP_READ_ONLY","GROUP_CLUSTER_MANAGER"]}]`, 204)
		lead := "lead-" + g.name
		remove := g.at("DELETE /groups/{short}")
		if a := w.ok(lead, remove, "", 202); string(a.body) != "{}" {
			t.Errorf("the first deletion: %s", a)
		}
		w.unchanged(func() {
			for _, by := range []string{lead, "owner"} {
				if a := w.ok(by, remove, "", 202); string(a.body) != "{}" {
					t.Errorf("the second deletion: %s", a)
				}
			}
		})
		for _, by := range []string{"reader", "projectOwner", "orgReader", "creator", "otherOwner"} {
			w.refused(by, remove, "", 404, "GROUP_NOT_FOUND", "{short}")
		}
		for _, call := range []string{"GET /groups/{short}", "GET /groups/{short}/apiKeys", "PATCH /groups/{short}", "PATCH /groups/{short}/apiKeys/{reader}"} {
			w.refused("owner", g.at(call), `{"name":"x"}`, 404, "GROUP_NOT_FOUND", "{short}")
		}
		for _, name := range []string{"reader", lead} {
			a := w.ok("owner", g.at("GET /orgs/{org}/apiKeys/{"+name+"}"), "", 200)
			if strings.Contains(string(a.body), w.names["short"]) || !strings.Contains(string(a.body), "ORG_MEMBER") {
				t.Errorf("after the deletion: %s", a)
			}
		}
		w.clock.advance(9*time.Minute + 55*time.Second)
		w.ok("owner", remove, "", 202)
		// The name is free again, under a new id.
		old := w.names["short"]
		w.createProject("short2", "Short lived "+g.name)
		if w.names["short2"] == old {
			t.Error("an id was used again")
		}
		w.clock.advance(10 * time.Second)
		for _, by := range []string{lead, "owner"} {
			w.refused(by, remove, "", 404, "GROUP_NOT_FOUND", "{short}")
		}
		w.ok("owner", g.at("DELETE /groups/{short2}"), "", 202)
	})
}

// TestCreateProject: the creator owns what it creates, alone.
func TestCreateProject(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		name := "Straße 東京 (№1), a&b:c@d+e'f_" + g.name
		body := `{"name":"` + name + `","orgId":"{org}","tags":[{"key":"env","value":"prod"},{"key":"ключ","value":"\u003cb\u003e"}],"withDefaultAlertsSettings":false}`
		a := w.ok("creator", g.at("POST /groups"), strings.Replace(body, "№", "", 1), 201)
		name = strings.Replace(name, "№", "", 1)
		a.compact()
		var made projectBody
		a.into(&made)
		w.names["new"] = made.ID
		if made.Name != name || made.OrgID != w.names["org"] || len(made.Tags) != 2 || made.Tags[1].Key != "ключ" || made.Tags[1].Value != "<b>" {
			t.Errorf("made %s", a)
		}
		var creator keyBody
		w.ok("owner", g.at("GET /orgs/{org}/apiKeys/{creator}"), "", 200).into(&creator)
		if !slices.Contains(creator.roles(), "GROUP_OWNER@"+made.ID) || !slices.Contains(creator.roles(), "ORG_GROUP_CREATOR") {
			t.Errorf("the creator holds %v", creator.roles())
		}
		w.call("reader", g.at("GET /groups/{new}"), "").want(401, map[bool]string{true: "USER_CANNOT_ACCESS_GROUP", false: "NOT_IN_GROUP"}[g.bit == v2])
		escaped := g.at("GET /groups/byName/" + percent(name, "%"))
		if got := w.ok("creator", escaped, "", 200); !strings.Contains(string(got.body), made.ID) {
			t.Errorf("by name: %s", got)
		}
		w.call("reader", escaped, "").want(404, "GROUP_NAME_NOT_FOUND", name)
		w.call("otherOwner", escaped, "").want(404, "GROUP_NAME_NOT_FOUND", name)
		w.refused("creator", g.at("POST /groups"), `{"name":"`+name+`","orgId":"{org}"}`, 409, "GROUP_ALREADY_EXISTS", name)
		w.ok("otherOwner", g.at("POST /groups"), `{"name":"`+name+`","orgId":"{otherOrg}"}`, 201) // names are an organization's own

		var got projectBody
		w.ok("creator", g.at("PATCH /groups/{new}"), `{"name":"Ünïcode 2`+g.name+`"}`, 200).into(&got)
		if got.Name != "Ünïcode 2"+g.name || len(got.Tags) != 2 {
			t.Errorf("renamed: %+v", got)
		}
		w.ok("creator", g.at("PATCH /groups/{new}"), `{"tags":[]}`, 200).into(&got)
		w.ok("creator", g.at("GET /groups/{new}"), "", 200).into(&got)
		if got.Name != "Ünïcode 2"+g.name || len(got.Tags) != 0 {
			t.Errorf("without tags: %+v", got)
		}
		w.ok("creator", g.at("PATCH /groups/{new}"), `{"name":null,"tags":null}`, 200)
		w.ok("owner", g.at("DELETE /groups/{new}"), "", 202)
	})
}

// TestProjectWithoutOrganization: on v1.0 it is the caller's own.
func TestProjectWithoutOrganization(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		if g.bit == v2 {
			return // MISSING_ATTRIBUTE, in the tables
		}
		var made projectBody
		w.ok("otherOwner", g.at("POST /groups"), `{"name":"`+g.name+`"}`, 201).into(&made)
		if made.OrgID != w.names["otherOrg"] {
			t.Errorf("in organization %s", made.OrgID)
		}
	})
}

// TestLongNames: 64 characters are a name, not 64 bytes.
func TestLongNames(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		for _, name := range []string{strings.Repeat("x", 64), strings.Repeat("é", 64), strings.Repeat("𐐀", 64), "x"} {
			w.ok("owner", g.at("PATCH /groups/{project}"), `{"name":"`+name+`"}`, 200)
			w.ok("owner", g.at("PATCH /orgs/{org}"), `{"name":"`+name+`"}`, 200)
		}
	})
}

// TestOwnThings: lists hold what is the caller's own and nothing else.
func TestOwnThings(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		for _, c := range []struct {
			by, path string
			ids      []string
		}{
			{"owner", "/orgs", []string{"{org}"}}, {"loose", "/orgs", []string{"{org}"}}, {"otherTarget", "/orgs", []string{"{otherOrg}"}},
			{"owner", "/groups", []string{"{project}", "{second}"}}, {"reader", "/groups", []string{"{project}"}}, {"loose", "/groups", nil},
			{"orgReader", "/orgs/{org}/groups", []string{"{project}", "{second}"}}, {"reader", "/orgs/{org}/groups", []string{"{project}"}},
			{"owner", "/orgs/{org}/groups?name=SECOND", []string{"{second}"}}, {"reader", "/orgs/{org}/groups?name=second", nil},
			{"otherOwner", "/groups", []string{"{otherProject}"}},
		} {
			var got struct{ Results []struct{ ID string } }
			w.ok(c.by, g.at("GET "+c.path), "", 200).into(&got)
			var ids, want []string
			for _, r := range got.Results {
				ids = append(ids, r.ID)
			}
			for _, id := range c.ids {
				want = append(want, w.expand(id))
			}
			slices.Sort(ids)
			slices.Sort(want)
			if !slices.Equal(ids, want) {
				t.Errorf("%s of %s: %v, want %v", c.path, c.by, ids, want)
			}
		}
		var root struct {
			APIKey struct {
				ID, PublicKey string
				AccessList    []entryBody
				Roles         []struct{ OrgID, GroupID, RoleName string }
			}
			AppName, Build string
		}
		a := w.ok("strong", g.at("GET "), "", 200)
		a.into(&root)
		a.compact()
		if root.APIKey.ID != w.names["strong"] || len(root.APIKey.Roles) != 3 || len(root.Build) != 40 {
			t.Errorf("root: %s", a)
		}
	})
}

// TestTooManyKeys: the limit counts the keys there are.
func TestTooManyKeys(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, options{config: server.Config{MaxKeysPerOrg: 3}})
		for _, g := range generations() {
			w.hire("third")
			for _, c := range []struct{ call, body string }{
				{"POST /orgs/{org}/apiKeys", `{"desc":"x","roles":["ORG_MEMBER"]}`},
				{"POST /groups/{project}/apiKeys", `{"desc":"x","roles":["GROUP_READ_ONLY"]}`},
			} {
				w.refused("owner", g.at(c.call), c.body, 400, "MAX_API_KEYS_PER_ORG_EXCEEDED", 3, "{org}")
			}
			w.ok("owner", g.at("DELETE /orgs/{org}/apiKeys/{third}"), "", 204)
		}
	})
}
