package apitest

import (
	"slices"
	"strings"
	"testing"
)

// TestCreatedKeys: a key born in a project is a member of the organization; a
// key born in the organization holds what was given and no more.
func TestCreatedKeys(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		for _, c := range []struct {
			by, call, roles string
			want            []string
		}{
			{"owner", "POST /groups/{project}/apiKeys", `["GROUP_READ_ONLY","GROUP_OWNER"]`, []string{"ORG_MEMBER", "GROUP_OWNER@{project}", "GROUP_READ_ONLY@{project}"}},
			{"manager", "POST /groups/{project}/apiKeys", `["GROUP_READ_ONLY"]`, []string{"ORG_MEMBER", "GROUP_READ_ONLY@{project}"}},
			{"owner", "POST /orgs/{org}/apiKeys", `["ORG_READ_ONLY"]`, []string{"ORG_READ_ONLY"}},
			{"owner", "POST /orgs/{org}/apiKeys", `["ORG_MEMBER","ORG_READ_ONLY","ORG_MEMBER"]`, []string{"ORG_MEMBER", "ORG_READ_ONLY"}},
		} {
			var made, read keyBody
			a := w.ok(c.by, g.at(c.call), `{"roles":`+c.roles+`,"desc":" made \n"}`, 200)
			a.compact()
			a.into(&made)
			w.names["made"] = made.ID
			w.ok("owner", g.at("GET /orgs/{org}/apiKeys/{made}"), "", 200).into(&read)
			for _, k := range []keyBody{made, read} {
				got := k.roles()
				if want := strings.Split(w.expand(strings.Join(c.want, " ")), " "); !slices.Equal(got, want) || k.Desc != " made \n" {
					t.Errorf("%s %s by %s: %q %v, want %v", c.call, c.roles, c.by, k.Desc, got, want)
				}
			}
		}
	})
}

// TestRolesOfBothContracts: public v1.0 grants the names of both role tables,
// and every generation shows what a key holds and honours it.
func TestRolesOfBothContracts(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		patch := g.at("PATCH /groups/{project}/apiKeys/{target}")
		for _, role := range []string{"GROUP_AUTOMATION_ADMIN", "GROUP_MONITORING_ADMIN", "GROUP_USER_ADMIN"} {
			if g.bit == public {
				w.ok("owner", patch, `{"roles":["`+role+`"]}`, 200)
			} else {
				w.refused("owner", patch, `{"roles":["`+role+`"]}`, 400, "INVALID_ENUM_VALUE", role)
			}
		}
		w.ok("owner", "PATCH /api/public/v1.0/groups/{project}/apiKeys/{target}", `{"roles":["GROUP_USER_ADMIN"]}`, 200)
		if a := w.ok("owner", g.at("GET /orgs/{org}/apiKeys/{target}"), "", 200); !strings.Contains(string(a.body), `"roleName":"GROUP_USER_ADMIN"`) {
			t.Errorf("the role is not shown: %s", a)
		}
		// A user admin of the one contract is an access manager of the other.
		w.ok("target", g.at("POST /groups/{project}/apiKeys"), `{"desc":"x","roles":["GROUP_ACCESS_MANAGER"]}`, 200)
		w.ok("target", g.at("PATCH /groups/{project}/apiKeys/{reader}"), makeReader, 200)
		w.ok("manager", "POST /api/public/v1.0/groups/{project}/apiKeys", `{"desc":"x","roles":["GROUP_USER_ADMIN"]}`, 200)
	})
}

// TestOrganizationRolesAreReplaced: the PATCH of an organization's key leaves
// its roles in projects alone.
func TestOrganizationRolesAreReplaced(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		call := g.at("PATCH /orgs/{org}/apiKeys/{reader}")
		for _, c := range []struct {
			body string
			want []string
		}{
			{`{"roles":["ORG_READ_ONLY","ORG_GROUP_CREATOR"]}`, []string{"ORG_GROUP_CREATOR", "ORG_READ_ONLY"}},
			{`{"desc":"renamed"}`, []string{"ORG_GROUP_CREATOR", "ORG_READ_ONLY"}},
			{`{"roles":["ORG_MEMBER"],"desc":"reader"}`, []string{"ORG_MEMBER"}},
		} {
			var got keyBody
			w.ok("owner", call, c.body, 200).into(&got)
			want := append(c.want, "GROUP_READ_ONLY@"+w.names["project"])
			roles := got.roles()
			slices.Sort(roles)
			slices.Sort(want)
			if !slices.Equal(roles, want) {
				t.Errorf("%s: %v, want %v", c.body, roles, want)
			}
		}
	})
}

// TestOwnersChange: an owner may step down or be deleted while another one is
// left, and not after that.
func TestOwnersChange(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		w.hire("heir-"+g.name, "ORG_OWNER")
		heir := "heir-" + g.name
		w.ok(heir, g.at("PATCH /orgs/{org}/apiKeys/{"+heir+"}"), `{"roles":["ORG_MEMBER"]}`, 200)
		w.refused(heir, g.at("PATCH /orgs/{org}/apiKeys/{"+heir+"}"), `{"roles":["ORG_OWNER"]}`, 401, "USER_UNAUTHORIZED")
		w.refused("owner", g.at("DELETE /orgs/{org}/apiKeys/{owner}"), "", 403, "CANNOT_DEMOTE_LAST_ORG_OWNER")
		w.ok("owner", g.at("PATCH /orgs/{org}/apiKeys/{"+heir+"}"), `{"roles":["ORG_OWNER"]}`, 200)
		w.ok("owner", g.at("DELETE /orgs/{org}/apiKeys/{"+heir+"}"), "", 204)
		w.call(heir, g.at("GET /orgs"), "").wantChallenge(false)
		w.refused("owner", g.at("GET /orgs/{org}/apiKeys/{"+heir+"}"), "", 400, "API_KEY_NOT_FOUND", "{"+heir+"}")
	})
}
