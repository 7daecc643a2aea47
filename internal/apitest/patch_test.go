package apitest

import (
	"slices"
	"testing"
)

// TestPatchReplaces: the roles in this project become exactly the given set,
// and nothing else moves.
func TestPatchReplaces(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		const second = "GROUP_READ_ONLY@{second}"
		name := "held-" + g.name
		w.hire(name, "ORG_READ_ONLY", "GROUP_READ_ONLY")
		w.ok("owner", "POST /api/atlas/v2/groups/{second}/apiKeys/{"+name+"}", `[{"roles":["GROUP_READ_ONLY"]}]`, 204)
		for _, step := range []struct {
			body  string
			roles []string
			desc  string
		}{
			{`{"roles":["GROUP_OWNER"]}`, []string{"GROUP_OWNER@{project}"}, name},
			{`{"roles":["GROUP_CLUSTER_MANAGER","GROUP_READ_ONLY"]}`, []string{"GROUP_CLUSTER_MANAGER@{project}", "GROUP_READ_ONLY@{project}"}, name},
			{`{"roles":["GROUP_READ_ONLY","GROUP_READ_ONLY"]}`, []string{"GROUP_READ_ONLY@{project}"}, name},
			{`{"desc":"only this"}`, []string{"GROUP_READ_ONLY@{project}"}, "only this"},
			{`{"desc":"both","roles":["GROUP_OWNER"]}`, []string{"GROUP_OWNER@{project}"}, "both"},
			{`{"desc":null,"roles":["GROUP_READ_ONLY"]}`, []string{"GROUP_READ_ONLY@{project}"}, "both"},
			{`{"desc":"last","roles":null}`, []string{"GROUP_READ_ONLY@{project}"}, "last"},
		} {
			a := w.ok("owner", g.at("PATCH /groups/{project}/apiKeys/{"+name+"}"), step.body, 200)
			a.compact()
			var got, read keyBody
			a.into(&got)
			w.ok("owner", g.at("GET /orgs/{org}/apiKeys/{"+name+"}"), "", 200).into(&read)
			wanted := []string{"ORG_READ_ONLY", w.expand(second)}
			for _, r := range step.roles {
				wanted = append(wanted, w.expand(r))
			}
			slices.Sort(wanted)
			for _, k := range []keyBody{got, read} {
				roles := k.roles()
				slices.Sort(roles)
				if !slices.Equal(roles, wanted) || k.Desc != step.desc {
					t.Errorf("%s: want %q %v, got %q %v", step.body, step.desc, wanted, k.Desc, roles)
				}
			}
		}
	})
}

// TestPatchAssigns: on v1.0 the PATCH puts a key of the organization into the
// project; on v2 it does not.
func TestPatchAssigns(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		const call, body = "PATCH /groups/{second}/apiKeys/{loose}", `{"roles":["GROUP_READ_ONLY"]}`
		if g.bit == v2 {
			w.refused("owner", g.at(call), body, 400, "API_KEY_NOT_FOUND", "{loose}")
			return
		}
		w.refused("owner", g.at(call), `{"desc":"not in the project"}`, 400, "API_KEY_NOT_FOUND", "{loose}")
		var got keyBody
		w.ok("owner", g.at(call), body, 200).into(&got)
		if !slices.Equal(got.roles(), []string{"ORG_MEMBER", "GROUP_READ_ONLY@" + w.names["second"]}) {
			t.Errorf("assigned: %v", got.roles())
		}
		w.ok("owner", g.at("DELETE /groups/{second}/apiKeys/{loose}"), "", 204)
	})
}

// TestPatchBody is the answer to the PATCH, byte for byte.
func TestPatchBody(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		a := w.ok("owner", g.at("PATCH /groups/{project}/apiKeys/{target}"), `{"desc":"caf\u00e9 <&> \u001b[31m","roles":["GROUP_READ_ONLY"]}`, 200)
		k := w.key("target")
		want := `{"desc":"café <&> \u001b[31m","id":"{target}","links":[{"href":"` + w.url + g.base + `/orgs/{org}/apiKeys/{target}","rel":"self"}],` +
			`"privateKey":"********-****-****-` + k.private[24:] + `","publicKey":"{target.public}",` +
			`"roles":[{"orgId":"{org}","roleName":"ORG_MEMBER"},{"groupId":"{project}","roleName":"GROUP_READ_ONLY"}]}`
		if got := string(a.body); got != w.expand(want) {
			t.Errorf("want %s\ngot  %s", w.expand(want), got)
		}
		mediaType := "application/json"
		if g.bit == v2 {
			mediaType = "application/vnd.atlas.2023-01-01+json;charset=utf-8"
		}
		if got := a.header.Get("Content-Type"); got != mediaType {
			t.Errorf("Content-Type %q", got)
		}
	})
}
