package apitest

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/latchkey/latchkey/internal/ratelimit"
	"github.com/latchkey/latchkey/internal/server"
)

// smallLimits leave three calls at once and give one back a minute.
func smallLimits() ratelimit.Limits {
	l := ratelimit.Limits{}
	for _, s := range ratelimit.Sets() {
		l[s.ID] = ratelimit.Limit{Capacity: 3, Refill: 1}
	}
	return l
}

// onEveryLimited runs a test on each store and each generation, in a world of
// its own whose limits are switched on after the set-up.
func onEveryLimited(t *testing.T, test func(t *testing.T, w *world, g generation)) {
	onEveryStore(t, func(t *testing.T, b backend) {
		for _, g := range generations() {
			t.Run(g.name, func(t *testing.T) {
				w := newWorld(t, b, options{config: server.Config{RateLimits: smallLimits()}})
				w.clock.advance(time.Hour)
				test(t, w, g)
			})
		}
	})
}

// wantLeft checks the headers of an answer that drew a token.
func (a answer) wantLeft(capacity, left int) {
	a.w.t.Helper()
	got := []string{a.header.Get("RateLimit-Limit"), a.header.Get("RateLimit-Remaining")}
	if want := []string{strconv.Itoa(capacity), strconv.Itoa(left)}; !slices.Equal(got, want) {
		a.fail("limit and rest are %q, want %q", got, want)
	}
}

// wantNoLimit checks that an answer tells of no limit.
func (a answer) wantNoLimit() {
	a.w.t.Helper()
	for _, name := range []string{"RateLimit-Limit", "RateLimit-Remaining", "Retry-After"} {
		if a.header.Get(name) != "" {
			a.fail("%s on an answer that no limit was asked for", name)
		}
	}
}

// wantLimited checks the refusal of a call too many: the body byte for byte.
func (a answer) wantLimited() {
	a.w.t.Helper()
	retry, err := strconv.Atoi(a.header.Get("Retry-After"))
	if err != nil || retry < 1 || retry > 60 {
		a.fail("Retry-After %q", a.header.Get("Retry-After"))
	}
	path := strings.TrimPrefix(a.path(), "/")
	body := fmt.Sprintf(`{"detail":"Rate limit exceeded for %s. Please retry after %d seconds. Request capacity: 3. Refill rate: 1 per 60 seconds.",`+
		`"error":429,"errorCode":"RATE_LIMITED_TOKEN_BUCKET","parameters":["%s",%d,3,1,60],"reason":"Too Many Requests"}`, path, retry, path, retry)
	if a.status != http.StatusTooManyRequests || string(a.body) != body || a.header.Get("X-Error-Code") != "RATE_LIMITED_TOKEN_BUCKET" {
		a.fail("want 429 with %s", body)
	}
	a.wantLeft(3, 0)
}

// TestNoLimits: without limits no answer tells of any.
func TestNoLimits(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		w.ok("owner", g.at("GET /orgs/{org}"), "", 200).wantNoLimit()
		w.call("owner", g.at("GET /orgs/{unknown}"), "").wantNoLimit()
	})
}

// TestLimitCountsDown: each call costs one token of its set and scope, and the
// one too many is refused and changes nothing.
func TestLimitCountsDown(t *testing.T) {
	onEveryLimited(t, func(t *testing.T, w *world, g generation) {
		list := g.at("GET /groups/{project}/apiKeys")
		w.ok("owner", list, "", 200).wantLeft(3, 2)
		w.call("", list, "").wantNoLimit()                                     // a challenge costs nothing
		w.call("target", list, "").wantLeft(3, 1)                              // who calls for the project shares its bucket
		w.ok("owner", g.at("GET /orgs/{org}/apiKeys"), "", 200).wantLeft(3, 2) // the organization has its own
		w.ok("owner", g.at("GET /orgs"), "", 200).wantLeft(3, 2)               // and so has the caller
		w.ok("target", g.at("GET /orgs"), "", 200).wantLeft(3, 2)              // each caller
		w.ok("otherOwner", g.at("GET /orgs/{otherOrg}/apiKeys"), "", 200).wantLeft(3, 2)
		bad := w.call("target", g.at("POST /groups/{project}/apiKeys"), `{"desc":"x","roles":["GROUP_OWNER"]}`)
		bad.want(401, "USER_UNAUTHORIZED")
		bad.wantLeft(3, 0) // a refusal costs a token, too
		w.unchanged(func() {
			w.call("owner", list, "").wantLimited()
			w.call("target", list+"?pageNum=2", "").wantLimited()
			w.call("owner", g.at("POST /groups/{project}/apiKeys"), `{`).wantLimited()
		})
		w.call("", list, "").wantChallenge(false)
		w.clock.advance(time.Minute)
		w.ok("owner", list, "", 200).wantLeft(3, 0)
		w.call("owner", list, "").wantLimited()
	})
}

// TestLimitComesInItsPlace: after the credentials, the access list and the
// version; before the ids of the path.
func TestLimitComesInItsPlace(t *testing.T) {
	onEveryLimited(t, func(t *testing.T, w *world, g generation) {
		list, unknown := g.at("GET /groups/{project}/apiKeys"), g.at("GET /groups/{unknown}/apiKeys")
		for range 3 {
			a := w.call("owner", unknown, "")
			a.want(404, "GROUP_NOT_FOUND", "{unknown}")
			a.wantNoLimit()
		}
		w.call("owner", unknown, "").wantLimited()
		w.call("owner", g.at("GET /groups/{otherProject}/apiKeys"), "").wantLimited() // what is foreign is as unknown
		w.call("owner", g.at("GET /groups/nonsense/apiKeys"), "").wantLimited()
		w.ok("owner", list, "", 200).wantLeft(3, 2) // and costs no project anything
		wrong := w.request(list, "")
		nonce := w.challenge()
		wrong.set("Authorization", answerTo(w.key("owner"), wrong, nonce, 1).sign(&key{private: "x"}, "GET").String())
		w.send(wrong).wantNoLimit()
		if g.bit == v2 {
			a := w.call("owner", list, "", "Accept", "application/json")
			a.want(406, "INVALID_VERSION_DATE")
			a.wantNoLimit()
		}
		w.ok("owner", list, "", 200).wantLeft(3, 1)
	})
}

// TestReplayCostsNothing: a change that is sent twice is challenged, and who
// can read along uses up nobody's tokens.
func TestReplayCostsNothing(t *testing.T) {
	onEveryLimited(t, func(t *testing.T, w *world, g generation) {
		r := w.signed("owner", g.at("PATCH /groups/{project}/apiKeys/{target}"), makeOwner, w.challenge(), 1)
		a := w.send(r)
		if a.status != 200 {
			t.Fatalf("got %s", a)
		}
		a.wantLeft(3, 2)
		ran := w.data.Store.Stats().Callers
		for range 10 {
			again := w.send(r)
			again.wantChallenge(true)
			again.wantNoLimit()
		}
		if got := w.data.Store.Stats().Callers; got > ran+1 { // one may sign what came before
			t.Errorf("the writer ran %d of 10 replays", got-ran)
		}
		w.ok("owner", g.at("GET /groups/{project}/apiKeys"), "", 200).wantLeft(3, 1)
	})
}

// TestRevocationsHaveTheirOwnTokens: no other traffic of the project, of the
// organization or of the caller keeps anybody from taking roles and keys away.
func TestRevocationsHaveTheirOwnTokens(t *testing.T) {
	onEveryLimited(t, func(t *testing.T, w *world, g generation) {
		patch := g.at("PATCH /groups/{project}/apiKeys/{target}")
		w.ok("owner", patch, makeOwner, 200).wantLeft(3, 2)
		for _, list := range []string{g.at("GET /groups/{project}/apiKeys"), g.at("GET /orgs/{org}/apiKeys")} {
			for w.call("owner", list, "").status == 200 {
			}
			w.call("owner", list, "").wantLimited()
		}
		w.call("owner", patch, `{"roles":["GROUP_OWNER","GROUP_READ_ONLY"]}`).wantLimited() // takes nothing away
		w.ok("owner", patch, makeReader, 200).wantLeft(3, 2)
		w.call("owner", patch, makeOwner).wantLimited()
		w.ok("owner", g.at("DELETE /groups/{project}/apiKeys/{target}"), "", 204).wantLeft(3, 1)
		w.ok("owner", g.at("DELETE /orgs/{org}/apiKeys/{target}"), "", 204).wantLeft(3, 2) // of another set
		// They have an end as well, which is the caller's own.
		w.call("owner", g.at("DELETE /groups/{project}/apiKeys/{unknown}"), "").wantLeft(3, 0)
		w.call("owner", g.at("DELETE /groups/{project}/apiKeys/{unknown}"), "").wantLimited()
	})
}

// TestOpenRowsAreLimitedByAddress: what answers everybody counts addresses.
func TestOpenRowsAreLimitedByAddress(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, options{config: server.Config{RateLimits: smallLimits()}})
		const call = "GET /api/atlas/v2/unauth/controlPlaneIPAddresses"
		w.call("", call, "", "Accept", "application/json").wantNoLimit()
		for left := 2; left >= 0; left-- {
			w.ok("", call, "", 200).wantLeft(3, left)
		}
		w.call("", call, "").wantLimited()
	})
}

// TestRateLimitsAreTold compares the two operations with the limits in force.
func TestRateLimitsAreTold(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, options{config: server.Config{RateLimits: ratelimit.Published().With(
			ratelimit.Rule{Set: "events_group", Limit: ratelimit.Limit{Capacity: 7, Refill: 6}}, ratelimit.Rule{Set: "root_user"},
		)}})
		const sets = "GET /api/atlas/v2/rateLimits"
		type value struct{ DefaultValue, Value int }
		type set struct {
			EndpointSetID, EndpointSetName, Scope       string
			Capacity, RefillRate, RefillDurationSeconds value
			Endpoints                                   []struct{ Method, Path string }
		}
		type page struct {
			Results    []set
			TotalCount int
		}
		list := func(query string) (ids []string) {
			t.Helper()
			var p page
			a := w.ok("target", sets+query, "", 200)
			a.compact()
			a.into(&p)
			if query == "" && p.TotalCount != len(p.Results) {
				t.Errorf("%d of %d sets", len(p.Results), p.TotalCount)
			}
			for _, s := range p.Results {
				ids = append(ids, s.EndpointSetID)
				if len(s.Endpoints) == 0 || len(s.Endpoints) > 100 || s.RefillDurationSeconds != (value{60, 60}) {
					t.Errorf("%+v", s)
				}
			}
			return ids
		}
		all := list("")
		if len(all) < 10 {
			t.Errorf("only %q", all)
		}
		if got := list("?itemsPerPage=2&pageNum=2&includeCount=false"); !slices.Equal(got, all[2:4]) {
			t.Errorf("page 2 is %q of %q", got, all)
		}
		for query, want := range map[string]string{
			"?userId={target}":                               "organizations_user",
			"?orgId={org}&name=SETTINGS":                     "organizationSettings_organization",
			"?groupId={project}&name=api%20keys":             "programmaticApiKeys_group",
			"?ipAddress=2001:db8::1&name=root":               "root_ip",
			"?endpointPath=/api/atlas/v2/orgs/{org}/apiKeys": "programmaticApiKeys_organization",
		} {
			if got := list(query); !slices.Contains(got, want) || len(got) == len(all) {
				t.Errorf("%s: %q", query, got)
			}
		}
		if got := list("?name=nothing"); got != nil {
			t.Errorf("%q", got)
		}
		for id, want := range map[string]set{
			"programmaticApiKeys_group": {EndpointSetName: "Programmatic API Keys", Scope: "GROUP", Capacity: value{1200, 1200}, RefillRate: value{500, 500}},
			"root_user":                 {EndpointSetName: "Root", Scope: "USER", Capacity: value{300, 300}, RefillRate: value{100, 100}}, // not in force
		} {
			var got set
			w.ok("target", sets+"/"+id, "", 200, "Accept", "application/vnd.atlas.preview+json").into(&got)
			if got.EndpointSetName != want.EndpointSetName || got.Scope != want.Scope || got.Capacity != want.Capacity || got.RefillRate != want.RefillRate {
				t.Errorf("%s: %+v", id, got)
			}
		}
		w.refused("target", sets+"/nothing_group", "", 404, "RESOURCE_NOT_FOUND", "nothing_group")
		w.refused("target", sets+"/programmaticApiKeys_group?orgId={org}", "", 404, "RESOURCE_NOT_FOUND", "programmaticApiKeys_group")
		w.refused("target", sets+"?groupId={otherProject}", "", 404, "GROUP_NOT_FOUND", "{otherProject}")
		w.refused("target", sets+"?groupId={unknown}", "", 404, "GROUP_NOT_FOUND", "{unknown}")
		w.refused("target", sets+"?orgId={otherOrg}", "", 404, "ORG_NOT_FOUND", "{otherOrg}")
		w.refused("target", sets+"?userId={owner}", "", 404, "USER_NOT_FOUND", "{owner}")
		for _, bad := range []string{"groupId=x", "orgId=x", "orgId=", "userId=", "ipAddress=x", "ipAddress=fe80::1%25eth0", "name=a&name=b", "pageNum=0"} {
			name, _, _ := strings.Cut(bad, "=")
			w.refused("target", sets+"?"+bad, "", 400, "INVALID_QUERY_PARAMETER", name)
		}
		w.call("target", sets, "", "Accept", "application/vnd.atlas.2024-08-05+json").want(406, "INVALID_VERSION_DATE")
	})
}

// TestRefusalsForComingTooOftenAreFewLines: who is limited and goes on calling
// fills no log.
func TestRefusalsForComingTooOftenAreFewLines(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		var lines countedLines
		w := newWorld(t, b, options{config: server.Config{RateLimits: smallLimits(), Log: slog.New(slog.NewTextHandler(&lines, nil))}})
		k := w.store("robot", "org", "project", 24*time.Hour)
		k.secret = "wrong"
		began, refused := time.Now(), 0
		for range 100 {
			for _, a := range []answer{w.ask(k, tokenCall, askToken), w.call("owner", "GET /api/atlas/v2/orgs", "")} {
				if a.status == 429 {
					refused++
				}
			}
		}
		if most := int64(time.Since(began).Seconds()) + 2; refused < 190 || lines.Load() < 1 || lines.Load() > most {
			t.Errorf("%d lines for %d refusals, want 1 to %d", lines.Load(), refused, most)
		}
	})
}

// countedLines counts the lines about limits that a log gets.
type countedLines struct{ atomic.Int64 }

func (c *countedLines) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte("RATE_LIMITED")) {
		c.Add(1)
	}
	return len(line), nil
}

// TestWrongSecretsAreLimited: wrong secrets at the token endpoint are counted by
// address, with other limits or without, and a right one always gets its token.
func TestWrongSecretsAreLimited(t *testing.T) {
	for name, limits := range map[string]ratelimit.Limits{"off": ratelimit.Default(), "atlas": ratelimit.Published()} {
		t.Run(name, func(t *testing.T) { testWrongSecrets(t, limits) })
	}
}

func testWrongSecrets(t *testing.T, limits ratelimit.Limits) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, options{config: server.Config{RateLimits: limits}})
		k := w.store("robot", "org", "project", 24*time.Hour)
		wrong := *k
		wrong.secret = strings.ToUpper(k.secret)
		for range 60 {
			w.issue(k)
		}
		limited := 0
		for range 60 {
			a := w.ask(&wrong, tokenCall, askToken)
			if a.status == 401 {
				a.wantOAuth(401, "invalid_client")
				continue
			}
			limited++
			const body = `{"detail":"Resource /api/oauth/token is limited to 50 requests every 1 minutes.","error":429,"errorCode":"RATE_LIMITED","parameters":["/api/oauth/token",50,1],"reason":"Too Many Requests"}`
			if a.status != 429 || string(a.body) != body || a.header.Get("Retry-After") == "" || a.header.Get("Www-Authenticate") != "" {
				a.fail("want %s", body)
			}
			w.issue(k)
		}
		if limited == 0 {
			t.Error("sixty wrong secrets in a row were not limited")
		}
	})
}
