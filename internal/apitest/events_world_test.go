package apitest

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/published"
)

// eventBody is an event as it is answered.
type eventBody struct {
	APIKeyID, Created, EventTypeName, GroupID, ID, OrgID, PublicKey, RemoteAddress string
	ResourceID, ResourceType, TargetPublicKey, WhitelistEntry                      string
	IsGlobalAdmin                                                                  *bool
	Links                                                                          []struct{ Href, Rel string }
}

// eventPage is a page of them.
type eventPage struct {
	Results    []eventBody
	TotalCount int
}

// shown says how an event of the audit chain must be shown below a container,
// by other means than the server's.
func (w *world) shown(g generation, container string, e latchkey.Event) eventBody {
	who := func(id latchkey.PrincipalID, key latchkey.PublicKey) string {
		if strings.HasPrefix(string(id), "mdb_sa_id_") {
			return string(id)
		}
		return string(key)
	}
	no := false
	b := eventBody{
		APIKeyID: strings.TrimPrefix(string(e.CallerID), "mdb_sa_id_"), PublicKey: who(e.CallerID, e.CallerPublicKey),
		Created: e.Created.UTC().Truncate(time.Second).Format(time.RFC3339), EventTypeName: string(e.Type),
		GroupID: string(e.ProjectID), ID: string(e.ID), OrgID: string(e.OrgID), RemoteAddress: e.RemoteAddress,
		TargetPublicKey: who(e.TargetID, e.TargetPublicKey), IsGlobalAdmin: &no,
		Links: []struct{ Href, Rel string }{{w.url + g.base + w.expand(container) + "/events/" + string(e.ID), "self"}},
	}
	if e.Type == "GROUP_TAGS_MODIFIED" {
		b.ResourceID, b.ResourceType = b.GroupID, "GROUP"
	}
	if e.Change.Entry != "" {
		p := netip.MustParsePrefix(e.Change.Entry)
		if b.WhitelistEntry = p.String(); p.IsSingleIP() {
			b.WhitelistEntry = p.Addr().String()
		}
	}
	return b
}

// feed reads a list of events page by page.
func (w *world) feed(by string, g generation, path, query string, size int) (all []eventBody) {
	w.t.Helper()
	for number, total := 1, 1; len(all) < total; number++ {
		var page eventPage
		a := w.ok(by, g.at(fmt.Sprintf("GET %s/events?pageNum=%d&itemsPerPage=%d&%s", path, number, size, query)), "", 200)
		a.as("2023-01-01", g, listOf(path))
		a.into(&page)
		total = page.TotalCount
		if len(page.Results) != min(size, total-len(all)) {
			a.fail("%d events, want those after %d of %d", len(page.Results), len(all), total)
			return all
		}
		all = append(all, page.Results...)
	}
	return all
}

// listOf is the published name of the list below a container.
func listOf(container string) string {
	if strings.HasPrefix(container, "/orgs") {
		return "listOrgEvents"
	}
	return "listGroupEvents"
}

// as checks a success against what is published of the operation.
func (a answer) as(version string, g generation, operation string) {
	a.w.t.Helper()
	if g.bit != v2 {
		version = published.VersionV1
	}
	for _, d := range published.Differences(operation, version, a.status, a.header.Get("Content-Type"), a.body) {
		a.fail("%s: %s", operation, d)
	}
	a.compact()
}

// newestFirst returns the stored events that pass, as feeds list them.
func (w *world) newestFirst(pass func(*latchkey.Event) bool) (want []latchkey.Event) {
	w.t.Helper()
	for _, e := range w.events("org", 0) {
		if pass(&e) {
			want = append(want, e)
		}
	}
	slices.Reverse(want)
	return want
}

// idsOf returns the ids of what a feed must list.
func idsOf(events []latchkey.Event) []string {
	ids := make([]string, len(events))
	for i := range events {
		ids[i] = string(events[i].ID)
	}
	return ids
}

// wantFeed reads a feed and compares its ids with those of the events.
func (w *world) wantFeed(by string, g generation, path, query string, want []latchkey.Event) {
	w.t.Helper()
	var got []string
	for _, e := range w.feed(by, g, path, query, 500) {
		got = append(got, e.ID)
	}
	if !slices.Equal(got, idsOf(want)) && len(got)+len(want) > 0 {
		w.t.Errorf("%s as %s with %s: %d events, want %d", path, by, query, len(got), len(want))
	}
}

// live makes changes that record every type of event, by a key and by a service
// account.
func (w *world) live(g generation) {
	w.t.Helper()
	clerk, robot := "clerk-"+g.name, "clerkRobot-"+g.name
	w.hire(clerk, "ORG_OWNER")
	w.enrol(robot, 24*time.Hour, latchkey.OrgOwner)
	for i, by := range []string{clerk, robot} {
		do := func(call, body string) answer {
			w.t.Helper()
			a := w.call(by, g.at(call), body)
			if a.status >= 300 {
				a.fail("%s may not fail", call)
			}
			return a
		}
		make := func(name, call, body string) {
			w.t.Helper()
			var made struct{ ID, ClientID string }
			do(call, body).into(&made)
			w.names[name] = made.ID + made.ClientID
		}
		do("PATCH /orgs/{org}", fmt.Sprintf(`{"name":"Name %d of %s"}`, i, g.name))
		do("PATCH /orgs/{org}/settings", `{"multiFactorAuthRequired":true,"maxServiceAccountSecretValidityInHours":100}`)
		do("PATCH /orgs/{org}/settings", `{"multiFactorAuthRequired":false,"maxServiceAccountSecretValidityInHours":200}`)
		do("POST /orgs/{org}/"+map[bool]string{true: "apiKeys", false: "serviceAccounts"}[by == clerk]+"/{"+by+"}/accessList", `[{"ipAddress":"127.0.0.1"}]`)
		do("PATCH /orgs/{org}/settings", `{"apiAccessListRequired":true}`)
		do("PATCH /orgs/{org}/settings", `{"apiAccessListRequired":false}`)
		make("lived", "POST /groups", `{"name":"Lived","orgId":"{org}"}`)
		do("PATCH /groups/{lived}", `{"name":"Lived in","tags":[{"key":"a","value":"b"}]}`)
		make("madeKey", "POST /groups/{lived}/apiKeys", `{"desc":"made","roles":["GROUP_READ_ONLY"]}`)
		do("PATCH /groups/{lived}/apiKeys/{madeKey}", `{"desc":"changed","roles":["GROUP_OWNER"]}`)
		do("POST /orgs/{org}/apiKeys/{madeKey}/accessList", `[{"ipAddress":"2001:db8::1"},{"cidrBlock":"10.0.0.0/8"}]`)
		do("DELETE /orgs/{org}/apiKeys/{madeKey}/accessList/10.0.0.0%2F8", "")
		do("DELETE /groups/{lived}/apiKeys/{madeKey}", "")
		do("DELETE /orgs/{org}/apiKeys/{madeKey}", "")
		make("madeAccount", "POST /groups/{lived}/serviceAccounts", newAccountBody("made", 24, "GROUP_READ_ONLY"))
		do("PATCH /groups/{lived}/serviceAccounts/{madeAccount}", `{"description":"changed","roles":["GROUP_OWNER"]}`)
		do("POST /orgs/{org}/serviceAccounts/{madeAccount}/accessList", `[{"ipAddress":"192.0.2.1"}]`)
		do("DELETE /orgs/{org}/serviceAccounts/{madeAccount}/accessList/192.0.2.1", "")
		var secret secretBody
		do("POST /orgs/{org}/serviceAccounts/{madeAccount}/secrets", `{"secretExpiresAfterHours":8}`).into(&secret)
		do("DELETE /orgs/{org}/serviceAccounts/{madeAccount}/secrets/"+secret.ID, "")
		do("DELETE /groups/{lived}/serviceAccounts/{madeAccount}", "")
		do("DELETE /orgs/{org}/serviceAccounts/{madeAccount}", "")
		do("DELETE /groups/{lived}", "")
	}
}

// at writes a time as a parameter.
func at(t time.Time) string { return url.QueryEscape(t.Format(time.RFC3339Nano)) }
