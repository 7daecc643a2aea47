package e2e

import (
	"sync/atomic"
	"testing"

	"github.com/latchkey/latchkey/internal/openapitest"
)

// TestClients runs every client through everything it can do, on each
// generation that it speaks, and prints a table of what was called.
func TestClients(t *testing.T) {
	type run struct {
		client string
		gen    generation
		oauth  bool // whether it acts as a service account
		play   func(t *testing.T, c counterpart)
	}
	var runs []run
	add := func(oauth bool, clients []httpClient) {
		for _, c := range clients {
			for _, g := range []generation{atlasV2(), publicV1(), atlasV1()} {
				runs = append(runs, run{c.name, g, oauth, func(t *testing.T, to counterpart) { playHTTP(t, c, g, to) }})
			}
		}
	}
	add(false, httpClients())
	add(true, oauthClients())
	runs = append(runs,
		run{"Atlas Go SDK", atlasV2(), false, playAtlasSDK},
		run{"Atlas Go SDK with OAuth", atlasV2(), true, playAtlasSDK},
		run{opsManagerClient, publicV1(), false, playOpsManager(publicV1())},
		run{opsManagerClient, atlasV1(), false, playOpsManager(atlasV1())},
	)
	all := newBook()
	var selected, skipped atomic.Int64
	t.Run("run", func(t *testing.T) {
		for _, r := range runs {
			t.Run(r.client+" "+r.gen.name, func(t *testing.T) {
				selected.Add(1)
				t.Cleanup(func() {
					if t.Skipped() {
						skipped.Add(1)
					}
				})
				t.Parallel()
				dir, keys := setUp(t)
				server := serve(t, dir)
				proxy := record(t, validated(t, server.URL))
				to := counterpart{
					URL: proxy.URL, Direct: server.URL, keys: keys, proxy: proxy,
					owner: keys.owner(), ownerID: keys.APIKeyID, example: keys.example(),
				}
				if r.oauth {
					to.oauth, to.owner, to.example = true, enrol(t, server.URL, keys, "ORG_OWNER"), enrol(t, server.URL, keys, "GROUP_READ_ONLY")
					to.ownerID = to.owner.public
				}
				r.play(t, to)
				all.enter(t, r.client, proxy.all())
			})
		}
	})
	all.print(t)
	if int(selected.Load()) < len(runs) || t.Failed() {
		t.Log("not every client ran to its end: what all of them must have called is not checked")
		return
	}
	for _, r := range runs {
		all.checkCalls(t, r.client, r.gen, skipped.Load() > 0)
	}
	all.checkRecordings(t)
}

// counterpart is a fresh server as a client meets it.
type counterpart struct {
	URL    string // of the recorder before it
	Direct string // of the server itself
	keys   firstKeys
	proxy  *recorder

	oauth   bool        // whether the client acts as a service account
	owner   credentials // of an owner of the organization
	ownerID string
	example credentials // of a principal that reads the first project
}

// playHTTP runs a client that takes any request, first as the owner, then as a
// principal whose calls are refused.
func playHTTP(t *testing.T, c httpClient, g generation, to counterpart) {
	open := c.start(t)
	s := &session{t: t, gen: g, keys: to.keys, url: to.URL, direct: to.Direct, sender: open(to.owner, false), openOAuth: c.startOAuth(t)}
	s.all()
	weak := *s
	weak.sender = open(to.example, true)
	key := "/groups/" + to.keys.ProjectID + "/apiKeys/" + to.keys.Example.APIKeyID
	weak.call(200, "GET", "/groups/"+to.keys.ProjectID+"/apiKeys", "")
	weak.refused(401, "USER_UNAUTHORIZED", "PATCH", key, `{"roles":["GROUP_OWNER"]}`)
	if got := to.proxy.last(t); got.refused {
		t.Error("a refusal for want of a role is a challenge: clients would ask again")
	}
	stranger := *s
	stranger.sender = open(credentials{to.owner.public, "00000000-0000-4000-8000-000000000000"}, true)
	got := stranger.try("GET", "/orgs", "")
	if got.status != 401 || got.header.Get("X-Error-Code") != "" {
		t.Errorf("with a wrong secret: %d %s", got.status, got.body)
	}
	if asked := to.proxy.count(tokenPath); to.oauth && asked < 3 {
		t.Errorf("%d tokens were asked for by three senders", asked)
	}
}

// validated puts a relay before the server at target that compares every
// answer with the server's own OpenAPI documents.
func validated(t testing.TB, target string) string {
	url, _ := openapitest.Proxy(t, target)
	return url
}
