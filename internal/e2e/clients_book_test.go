package e2e

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"

	"github.com/latchkey/latchkey/internal/published"
)

// book is what all clients of a run did: the rows of the table it prints.
type book struct {
	routes []route

	mu   sync.Mutex
	rows map[row]int
	did  map[deed]bool
	seen map[string]bool // ids of operations whose recordings were compared with a success on v2
}

// deed is an operation that a client called with success.
type deed struct{ client, generation, operation string }

// row is one client's use of one operation.
type row struct {
	client, generation, method, pattern string
	status                              int
	result                              string
}

// route leads from a request line to the published operation.
type route struct {
	op         published.Operation
	generation string
	path       *regexp.Regexp
}

func newBook() *book {
	b := &book{rows: map[row]int{}, did: map[deed]bool{}, seen: map[string]bool{}}
	for _, part := range []struct {
		generation string
		ops        []published.Operation
	}{
		{"atlas-v2", published.Operations()}, {"public-v1.0", published.V1()},
		{"atlas-v1.0", published.AtlasV1()}, {"private", published.Private()},
	} {
		for _, op := range part.ops {
			pattern := regexp.QuoteMeta(op.Pattern())
			pattern = regexp.MustCompile(`\\\{[^}]*\\\}`).ReplaceAllString(pattern, `[^/]+`)
			b.routes = append(b.routes, route{op, part.generation, regexp.MustCompile("^" + pattern + "$")})
		}
	}
	// byName before {groupId}: the fewer placeholders, the closer.
	slices.SortStableFunc(b.routes, func(x, y route) int {
		return strings.Count(x.op.Path, "{") - strings.Count(y.op.Path, "{")
	})
	return b
}

func (b *book) find(method, path string) (route, bool) {
	i := slices.IndexFunc(b.routes, func(r route) bool { return r.op.Method == method && r.path.MatchString(path) })
	if i < 0 {
		return route{}, false
	}
	return b.routes[i], true
}

// enter compares what a client was answered with what is published, and
// enters it into the table. Challenges are compared, and have no rows.
func (b *book) enter(t testing.TB, client string, exchanges []exchange) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range exchanges {
		path, query, _ := strings.Cut(e.target, "?")
		if path == tokenPath || path == revokePath {
			faults := oauthFaults(e)
			for _, f := range faults {
				t.Errorf("%s: %s %s %d: %s", client, e.method, e.target, e.status, f)
			}
			b.rows[row{client, "oauth", e.method, path, e.status, result(e, faults)}]++
			continue
		}
		found, ok := b.find(e.method, path)
		if !ok {
			t.Errorf("%s: %s %s is not published", client, e.method, e.target)
			continue
		}
		version := resolve(found.op, found.generation, e.header.Get("Accept"))
		diffs := published.Differences(found.op.ID, version, e.status, e.answer.Get("Content-Type"), bare(query, e.body))
		if e.status < 300 {
			diffs = withoutCount(query, diffs)
		}
		for _, d := range diffs {
			t.Errorf("%s: %s %s %d: %s\n%s", client, e.method, e.target, e.status, d, e.body)
		}
		if e.refused {
			continue
		}
		if e.status < 300 {
			b.did[deed{client, found.generation, found.op.ID}] = true
		}
		if e.status < 300 && version != published.VersionV1 || found.generation == "private" {
			b.seen[found.op.ID] = true
		}
		b.rows[row{client, found.generation, e.method, cmp.Or(found.op.Path, "(root)"), e.status, result(e, diffs)}]++
	}
}

// result says in a word what became of a call.
func result(e exchange, diffs []string) string {
	switch {
	case len(diffs) > 0:
		return "DIFFERS"
	case e.status < 300:
		return "as published"
	}
	return cmp.Or(e.answer.Get("X-Error-Code"), "refused")
}

// resolve returns the version that a request is answered in: the newest one of
// the operation that is not newer than the one asked for.
func resolve(op published.Operation, generation, accept string) string {
	if generation != "atlas-v2" {
		return published.VersionV1
	}
	version := op.Answers[0].Version
	asked := regexp.MustCompile(`vnd\.atlas\.([0-9-]+)\+json`).FindStringSubmatch(accept)
	for _, a := range op.Answers {
		if asked != nil && a.Version <= asked[1] {
			version = a.Version
		}
	}
	return version
}

// bare takes an envelope off.
func bare(query string, body []byte) []byte {
	if values, err := url.ParseQuery(query); err != nil || values.Get("envelope") != "true" {
		return body
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(body, &object) != nil {
		return body
	}
	if content, ok := object["content"]; ok {
		return content
	}
	delete(object, "status")
	out, err := json.Marshal(object)
	if err != nil {
		return body
	}
	return out
}

// withoutCount judges a page that was asked for without a count: the published
// shape has one, and this page must not.
func withoutCount(query string, diffs []string) []string {
	const missing = "totalCount: missing"
	if values, err := url.ParseQuery(query); err != nil || values.Get("includeCount") != "false" {
		return diffs
	}
	if !slices.Contains(diffs, missing) {
		return append(diffs, "totalCount: there, with includeCount=false")
	}
	return slices.DeleteFunc(diffs, func(d string) bool { return d == missing })
}

// checkCalls fails when a client made no successful call of what every client
// is there to show. A client that made none at all may have been skipped.
func (b *book) checkCalls(t testing.TB, client string, g generation, maySkip bool) {
	t.Helper()
	var missing []string
	want := shown(g)
	if client != opsManagerClient {
		want = append(want, shownAccounts()...)
	}
	for _, id := range want {
		if !b.did[deed{client, g.name, id}] {
			missing = append(missing, id)
		}
	}
	if len(missing) == len(want) && maySkip {
		t.Logf("%s was skipped on %s", client, g.name)
	} else if len(missing) > 0 {
		t.Errorf("%s on %s made no successful call of %s", client, g.name, strings.Join(missing, ", "))
	}
}

// shown lists what every client shows: create, list, get, assign, replace the
// roles, unassign, access list, delete. On v1.0 replacing assigns.
func shown(g generation) []string {
	ids := []string{
		"listOrgs", "getOrg", "listGroups", "createGroup", "getGroup", "getGroupByName", "deleteGroup",
		"createOrgApiKey", "createGroupApiKey", "listOrgApiKeys", "listGroupApiKeys", "getOrgApiKey", "updateOrgApiKey",
		"updateGroupApiKeyRoles", "removeGroupApiKey", "deleteOrgApiKey",
		"createOrgApiKeyAccessListEntry", "listOrgApiKeyAccessListEntries", "getOrgApiKeyAccessListEntry", "deleteOrgApiKeyAccessListEntry",
	}
	if g.dated() {
		ids = append(ids, "addGroupApiKey")
	}
	return ids
}

// opsManagerClient is older than service accounts.
const opsManagerClient = "Ops Manager Go client"

// shownAccounts lists what every client that knows service accounts shows.
func shownAccounts() (ids []string) {
	for _, container := range []string{"Org", "Group"} {
		account := container + "ServiceAccount"
		ids = append(ids, "list"+account+"s", "create"+account, "get"+account, "update"+account, "delete"+account,
			"create"+account+"Secret", "delete"+account+"Secret",
			"list"+account+"AccessList", "create"+account+"AccessList", "delete"+account+"AccessListEntry")
	}
	return append(ids, "getOrgServiceAccountGroups", "inviteGroupServiceAccount")
}

// print logs the table.
func (b *book) print(t testing.TB) {
	var text bytes.Buffer
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "client\tgeneration\tmethod\tpath\tstatus\tresult\tcalls")
	rows := slices.SortedFunc(maps.Keys(b.rows), func(x, y row) int {
		return cmp.Or(strings.Compare(x.client, y.client), strings.Compare(x.generation, y.generation), strings.Compare(x.pattern, y.pattern),
			strings.Compare(x.method, y.method), cmp.Compare(x.status, y.status), strings.Compare(x.result, y.result))
	})
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d %s\t%s\t%d\n", r.client, r.generation, r.method, r.pattern, r.status, http.StatusText(r.status), r.result, b.rows[r])
	}
	if err := w.Flush(); err != nil {
		t.Error(err)
	}
	t.Logf("what the clients called, and what they were answered:\n%s", text.String())
}

// checkRecordings fails when an operation that is served and was recorded from
// the real service was not compared with its recordings.
func (b *book) checkRecordings(t testing.TB) {
	t.Helper()
	for _, id := range recorded() {
		if !b.seen[id] {
			t.Errorf("no client's call of %s was compared with its recordings", id)
		}
		t.Logf("%s: compared with what was recorded (%d)", id, len(published.Recordings(id)))
	}
}

// recorded lists the operations of this server that were recorded from the
// real service. The rest is compared with the published schemas.
func recorded() []string {
	return []string{
		"getIpInfo", "listOrgs", "getOrg",
		"listOrgApiKeys", "createOrgApiKey", "getOrgApiKey", "updateOrgApiKey", "deleteOrgApiKey",
		"listOrgApiKeyAccessListEntries", "createOrgApiKeyAccessListEntry", "deleteOrgApiKeyAccessListEntry",
		"listGroupApiKeys", "createGroupApiKey", "updateGroupApiKeyRoles", "removeGroupApiKey",
		"listGroups", "createGroup", "getGroup", "updateGroup", "deleteGroup",
	}
}
