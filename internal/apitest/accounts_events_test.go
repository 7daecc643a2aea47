package apitest

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/audit"
)

// TestAccountEvents: each change records exactly the events that it should, and
// a change to what is already so records none.
func TestAccountEvents(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		const org, project = "/orgs/{org}/serviceAccounts", "/groups/{project}/serviceAccounts"
		for _, s := range []struct{ call, body, events string }{
			{"POST " + org, newAccountBody("seen", 8, "ORG_MEMBER"), "CREATED@"},
			{"PATCH " + org + "/{made}", `{}`, ""},
			{"PATCH " + org + "/{made}", `{"name":"seen","description":"made by a test","roles":["ORG_MEMBER"]}`, ""},
			{"PATCH " + org + "/{made}", `{"name":"newer"}`, "DETAILS_CHANGED@"},
			{"PATCH " + org + "/{made}", `{"description":"newer","roles":["ORG_READ_ONLY"]}`, "ROLES_CHANGED@ DETAILS_CHANGED@"},
			{"POST " + project + "/{made}:invite", `{"roles":["GROUP_READ_ONLY"]}`, "ADDED_TO_GROUP@{project}"},
			{"PATCH " + project + "/{made}", `{"roles":["GROUP_READ_ONLY"],"name":"newer"}`, ""},
			{"PATCH " + project + "/{made}", `{"roles":["GROUP_OWNER","GROUP_READ_ONLY"]}`, "ROLES_CHANGED@{project}"},
			{"PATCH " + project + "/{made}", `{"description":"newest","name":"newest","roles":["GROUP_OWNER"]}`, "ROLES_CHANGED@{project} DETAILS_CHANGED@{project}"},
			{"POST " + org + "/{made}/secrets", `{"secretExpiresAfterHours":8}`, "SECRET_ADDED@"},
			{"DELETE " + project + "/{made}/secrets/{first}", "", "SECRET_DELETED@{project}"},
			{"POST " + project + "/{made}/secrets", `{"secretExpiresAfterHours":8}`, "SECRET_ADDED@{project}"},
			{"POST " + org + "/{made}/accessList", `[{"ipAddress":"192.0.2.1"},{"cidrBlock":"10.0.0.0/8"}]`, "ACCESS_LIST_ENTRY_ADDED@ ACCESS_LIST_ENTRY_ADDED@"},
			{"DELETE " + project + "/{made}/accessList/10.0.0.0%2F8", "", "ACCESS_LIST_ENTRY_DELETED@{project}"},
			{"DELETE " + project + "/{made}", "", "REMOVED_FROM_GROUP@{project}"},
			{"DELETE " + org + "/{made}", "", "DELETED@"},
			{"POST " + project, newAccountBody("seen", 8, "GROUP_READ_ONLY"), "CREATED@ ADDED_TO_GROUP@{project}"},
			{"DELETE " + org + "/{made}", "", "DELETED@"},
		} {
			before := len(w.events("org", 0))
			a := w.call("owner", g.at(s.call), s.body)
			if a.status >= 300 {
				a.fail("a step failed")
				continue
			}
			if strings.HasSuffix(s.call, "serviceAccounts") {
				var made accountBody
				a.into(&made)
				w.names["made"], w.names["first"] = made.ClientID, made.Secrets[0].ID
			}
			var got []string
			for _, e := range w.events("org", before) {
				got = append(got, string(e.Type)+"@"+string(e.ProjectID))
				if e.TargetID != latchkey.PrincipalID(w.names["made"]) || e.TargetPublicKey != "" || e.CallerID != latchkey.PrincipalID(w.names["owner"]) {
					t.Errorf("%s: who: %+v", s.call, e)
				}
				if clear := string(e.Payload); strings.Contains(clear, latchkey.ClientSecretPrefix) {
					t.Errorf("%s: a secret in %s", s.call, clear)
				}
			}
			var want []string
			for _, e := range strings.Fields(w.expand(s.events)) {
				want = append(want, "SERVICE_ACCOUNT_"+e)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s %s:\nwant %q\ngot  %q", s.call, s.body, want, got)
			}
			report, err := audit.Verify(context.Background(), w.data.Store)
			if err != nil || len(report.Findings) > 0 {
				t.Fatalf("%s: the events do not give the state: %+v, %v", s.call, report.Findings, err)
			}
		}
	})
}

// TestSecretEventsTellTerms: an event about a secret says how long all of the
// account's secrets live since, and which one came or went.
func TestSecretEventsTellTerms(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, options{})
		check := func(id string, ids ...string) {
			t.Helper()
			all := w.events("org", 0)
			change := all[len(all)-1].Change
			stored, err := w.storedAccount("told")
			if err != nil || change.Secrets == nil {
				t.Fatalf("%+v, %v", change, err)
			}
			if !slices.Equal(*change.Secrets, stored.Secrets.Terms()) || string(change.SecretID) != id {
				t.Errorf("told %+v about %s, stored %+v", *change.Secrets, change.SecretID, stored.Secrets)
			}
			var have []string
			for _, s := range stored.Secrets {
				have = append(have, string(s.ID))
			}
			if !slices.Equal(have, ids) {
				t.Errorf("secrets %v, want %v", have, ids)
			}
		}
		w.enlist("told")
		first := w.names["told.secret"]
		check(first, first)
		var second secretBody
		w.ok("owner", "POST /api/atlas/v2/orgs/{org}/serviceAccounts/{told}/secrets", `{"secretExpiresAfterHours":8760}`, 201).into(&second)
		check(second.ID, first, second.ID)
		w.ok("owner", "DELETE /api/atlas/v2/orgs/{org}/serviceAccounts/{told}/secrets/"+first, "", 204)
		check(first, second.ID)
	})
}

// TestMaxSecretValidityEvent: that setting has an event of its own.
func TestMaxSecretValidityEvent(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		for _, s := range []struct {
			body string
			want []latchkey.EventType
		}{
			{`{"maxServiceAccountSecretValidityInHours":24}`, []latchkey.EventType{latchkey.EventMaxSecretValidityEdited}},
			{`{"maxServiceAccountSecretValidityInHours":24}`, nil},
			{`{"maxServiceAccountSecretValidityInHours":25,"multiFactorAuthRequired":true}`, []latchkey.EventType{latchkey.EventMaxSecretValidityEdited, latchkey.EventOrgSettingsUpdated}},
			{`{"maxServiceAccountSecretValidityInHours":8760,"multiFactorAuthRequired":false}`, []latchkey.EventType{latchkey.EventMaxSecretValidityEdited, latchkey.EventOrgSettingsUpdated}},
		} {
			before := len(w.events("org", 0))
			w.ok("owner", g.at("PATCH /orgs/{org}/settings"), s.body, 200)
			var got []latchkey.EventType
			for _, e := range w.events("org", before) {
				got = append(got, e.Type)
				if e.Change.Settings == nil || !strings.Contains(s.body, "24") && e.Change.Settings.MaxSecretValidityHours == 24 {
					t.Errorf("%s: %+v", s.body, e.Change)
				}
			}
			if !slices.Equal(got, s.want) {
				t.Errorf("%s: %v, want %v", s.body, got, s.want)
			}
		}
	})
}
