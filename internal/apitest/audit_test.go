package apitest

import (
	"slices"
	"strings"
	"testing"

	"github.com/latchkey/latchkey"
)

// TestEvents: each change records exactly the events that it should, about
// the right target, by the right caller; a change to what is already so
// records none.
func TestEvents(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		w.hire("subject-" + g.name)
		w.names["subject"] = w.names["subject-"+g.name]
		made := "" // what the creating steps made
		steps := []struct {
			on     on
			call   string
			body   string
			events string // type@project→target, separated by spaces
		}{
			{v1, "PATCH /groups/{project}/apiKeys/{subject}", `{"roles":["GROUP_READ_ONLY"]}`, "API_KEY_ADDED_TO_GROUP@{project}→{subject}"},
			{v2, "POST /groups/{project}/apiKeys/{subject}", `[{"roles":["GROUP_READ_ONLY"]}]`, "API_KEY_ADDED_TO_GROUP@{project}→{subject}"},
			{0, "PATCH /groups/{project}/apiKeys/{subject}", `{"roles":["GROUP_READ_ONLY"]}`, ""},
			{0, "PATCH /groups/{project}/apiKeys/{subject}", `{"desc":"subject-` + g.name + `"}`, ""},
			{0, "PATCH /groups/{project}/apiKeys/{subject}", `{"roles":["GROUP_OWNER"]}`, "API_KEY_ROLES_CHANGED@{project}→{subject}"},
			{0, "PATCH /groups/{project}/apiKeys/{subject}", `{"desc":"new"}`, "API_KEY_DESCRIPTION_CHANGED@{project}→{subject}"},
			{0, "PATCH /groups/{project}/apiKeys/{subject}", `{"desc":"newer","roles":["GROUP_READ_ONLY"]}`, "API_KEY_ROLES_CHANGED@{project}→{subject} API_KEY_DESCRIPTION_CHANGED@{project}→{subject}"},
			{0, "PATCH /orgs/{org}/apiKeys/{subject}", `{"desc":"newer","roles":["ORG_MEMBER"]}`, ""},
			{0, "PATCH /orgs/{org}/apiKeys/{subject}", `{"roles":["ORG_READ_ONLY"]}`, "API_KEY_ROLES_CHANGED@→{subject}"},
			{0, "PATCH /orgs/{org}/apiKeys/{subject}", `{"desc":"newest","roles":["ORG_MEMBER"]}`, "API_KEY_ROLES_CHANGED@→{subject} API_KEY_DESCRIPTION_CHANGED@→{subject}"},
			{0, "POST /orgs/{org}/apiKeys/{subject}/accessList", `[{"ipAddress":"192.0.2.1"},{"cidrBlock":"10.0.0.0/8"}]`, "API_KEY_ACCESS_LIST_ENTRY_ADDED@→{subject} API_KEY_ACCESS_LIST_ENTRY_ADDED@→{subject}"},
			{0, "DELETE /orgs/{org}/apiKeys/{subject}/accessList/10.0.0.0%2F8", "", "API_KEY_ACCESS_LIST_ENTRY_DELETED@→{subject}"},
			{0, "DELETE /groups/{project}/apiKeys/{subject}", "", "API_KEY_REMOVED_FROM_GROUP@{project}→{subject}"},
			{0, "DELETE /orgs/{org}/apiKeys/{subject}", "", "API_KEY_DELETED@→{subject}"},
			{0, "POST /orgs/{org}/apiKeys", `{"desc":"x","roles":["ORG_OWNER"]}`, "API_KEY_CREATED@→{made}"},
			{0, "POST /groups/{project}/apiKeys", `{"desc":"x","roles":["GROUP_OWNER"]}`, "API_KEY_CREATED@→{made} API_KEY_ADDED_TO_GROUP@{project}→{made}"},
			{0, "PATCH /orgs/{org}", `{"name":"First organization"}`, ""},
			{0, "PATCH /orgs/{org}", `{"name":"Renamed"}`, "ORG_RENAMED@→"},
			{0, "PATCH /orgs/{org}", `{"name":"First organization","skipDefaultAlertsSettings":true}`, "ORG_RENAMED@→ ORG_SETTINGS_UPDATED@→"},
			{0, "PATCH /orgs/{org}", `{"name":"First organization","skipDefaultAlertsSettings":false}`, "ORG_SETTINGS_UPDATED@→"},
			{0, "PATCH /orgs/{org}/settings", `{}`, ""},
			{0, "PATCH /orgs/{org}/settings", `{"multiFactorAuthRequired":true}`, "ORG_SETTINGS_UPDATED@→"},
			{0, "PATCH /orgs/{org}/settings", `{"multiFactorAuthRequired":true}`, ""},
			{0, "PATCH /orgs/{org}/settings", `{"multiFactorAuthRequired":false,"genAIFeaturesEnabled":true}`, "ORG_SETTINGS_UPDATED@→"},
			{0, "POST /orgs/{org}/apiKeys/{owner}/accessList", `[{"ipAddress":"127.0.0.1"}]`, "API_KEY_ACCESS_LIST_ENTRY_ADDED@→{owner}"},
			{0, "PATCH /orgs/{org}/settings", `{"apiAccessListRequired":true}`, "ORG_PUBLIC_API_ACCESS_LIST_REQUIRED@→"},
			{0, "PATCH /orgs/{org}/settings", `{"apiAccessListRequired":false,"securityContact":"` + g.name + `"}`, "ORG_PUBLIC_API_ACCESS_LIST_NOT_REQUIRED@→ ORG_SETTINGS_UPDATED@→"},
			{0, "POST /groups", `{"name":"Born","orgId":"{org}","tags":[{"key":"k","value":"v"}]}`, "GROUP_CREATED@{made}→ API_KEY_ADDED_TO_GROUP@{made}→{owner}"},
			{0, "PATCH /groups/{made}", `{"name":"Born"}`, ""},
			{0, "PATCH /groups/{made}", `{"name":"Born again"}`, "GROUP_NAME_CHANGED@{made}→"},
			{0, "PATCH /groups/{made}", `{"tags":[]}`, "GROUP_TAGS_MODIFIED@{made}→"},
			{0, "PATCH /groups/{made}", `{"name":"Born","tags":[{"key":"k","value":"v"}]}`, "GROUP_NAME_CHANGED@{made}→ GROUP_TAGS_MODIFIED@{made}→"},
			{0, "DELETE /groups/{made}", "", "GROUP_DELETED@{made}→"},
			{0, "DELETE /groups/{made}", "", ""},
		}
		for _, s := range steps {
			if !g.on(s.on) {
				continue
			}
			w.names["made"] = made
			before := len(w.events("org", 0))
			a := w.call("owner", g.at(s.call), s.body)
			if a.status >= 300 {
				a.fail("a step failed")
				continue
			}
			if strings.HasPrefix(s.call, "POST") && !strings.Contains(s.call, "accessList") && len(a.body) > 0 {
				var body struct{ ID string }
				a.into(&body)
				made = body.ID
				w.names["made"] = made
			}
			var got []string
			for _, e := range w.events("org", before) {
				got = append(got, string(e.Type)+"@"+string(e.ProjectID)+"→"+string(e.TargetID))
				if e.CallerID != latchkey.PrincipalID(w.names["owner"]) || e.CallerPublicKey != latchkey.PublicKey(w.names["owner.public"]) ||
					e.RemoteAddress != "127.0.0.1" || e.Source != latchkey.SourceAPI || e.Operation == "" || (e.TargetID == "") != (e.TargetPublicKey == "") {
					t.Errorf("%s: who and where: %+v", s.call, e)
				}
			}
			if want := strings.Fields(w.expand(s.events)); !slices.Equal(got, want) {
				t.Errorf("%s %s:\nwant %q\ngot  %q", s.call, s.body, want, got)
			}
		}
		// Another owner takes the entry away; the owner itself could not.
		w.hire("deputy-"+g.name, "ORG_OWNER")
		w.ok("deputy-"+g.name, g.at("DELETE /orgs/{org}/apiKeys/{owner}/accessList/127.0.0.1"), "", 204)
	})
}

// TestChainHolds: after all that, every link of the chain fits the one before.
func TestChainHolds(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, options{})
		w.cast()
		for _, org := range []string{"org", "otherOrg"} {
			var last latchkey.Event
			for i, e := range w.events(org, 0) {
				if e.Seq != int64(i+1) || !e.Verify(last.Hash) {
					t.Errorf("event %d of %s does not follow: %+v", i+1, org, e)
				}
				last = e
			}
		}
	})
}
