package apitest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/server"
	"github.com/latchkey/latchkey/internal/wire"
)

// entryBody is an access list entry as it is answered.
type entryBody struct {
	CidrBlock, IPAddress, Created, LastUsed, LastUsedAddress string
	Count                                                    int
	Links                                                    []struct{ Href, Rel string }
}

// TestEntries: what goes in comes out, masked, linked and in both forms.
func TestEntries(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		lists := []string{"accessList"}
		if g.bit != v2 {
			lists = append(lists, "whitelist")
		}
		for _, list := range lists {
			at := "/orgs/{org}/apiKeys/{loose}/" + list
			for _, c := range []struct{ item, cidr, ip, link string }{
				{`{"ipAddress":"192.0.2.77"}`, "192.0.2.77/32", "192.0.2.77", "192.0.2.77"},
				{`{"cidrBlock":"192.0.2.78/32"}`, "192.0.2.78/32", "192.0.2.78", "192.0.2.78"},
				{`{"cidrBlock":"10.1.2.3/8"}`, "10.0.0.0/8", "", "10.0.0.0%2F8"},
				{`{"cidrBlock":"0.0.0.0/0"}`, "0.0.0.0/0", "", "0.0.0.0%2F0"},
				{`{"ipAddress":"::ffff:192.0.2.79"}`, "192.0.2.79/32", "192.0.2.79", "192.0.2.79"},
				{`{"cidrBlock":"::ffff:172.16.5.5/108"}`, "172.16.0.0/12", "", "172.16.0.0%2F12"},
				{`{"ipAddress":"2001:DB8:0:0::1"}`, "2001:db8::1/128", "2001:db8::1", "2001:db8::1"},
				{`{"cidrBlock":"2001:db8::ffff/32"}`, "2001:db8::/32", "", "2001:db8::%2F32"},
			} {
				a := w.ok("owner", g.at("POST "+at), "["+c.item+"]", 200)
				a.compact()
				var page struct{ Results []entryBody }
				a.into(&page)
				i := slices.IndexFunc(page.Results, func(e entryBody) bool { return e.CidrBlock == c.cidr })
				if i < 0 {
					t.Errorf("%s: no %s in %s", c.item, c.cidr, a)
					continue
				}
				href := w.url + g.base + w.expand(at) + "/" + c.link
				e := page.Results[i]
				if e.IPAddress != c.ip || e.Count != 0 || e.LastUsed != "" || e.Created == "" || len(e.Links) != 1 || e.Links[0].Href != href {
					t.Errorf("%s: %+v, want a link to %s", c.item, e, href)
				}
				var one entryBody
				b := w.ok("owner", g.at("GET "+at+"/"+c.link), "", 200)
				b.into(&one)
				b.compact()
				wantLinks := 1
				if g.bit != v2 {
					wantLinks = 2
				}
				if one.CidrBlock != c.cidr || len(one.Links) != wantLinks {
					t.Errorf("%s: %s", c.item, b)
				}
				slash := strings.Replace(c.link, "%2F", "/", 1)
				if slash != c.link {
					switch a := w.call("owner", g.at("GET "+at+"/"+slash), ""); {
					case g.bit == v2:
						a.want(404, "RESOURCE_NOT_FOUND", "{path}")
						w.refused("owner", g.at("DELETE "+at+"/"+slash), "", 404, "RESOURCE_NOT_FOUND", "{path}")
					case a.status != 200 || string(a.body) != string(b.body):
						t.Errorf("with a raw slash: %s", a)
					}
				}
				if g.bit == v2 || slash == c.link {
					slash = c.link
				}
				w.ok("owner", g.at("DELETE "+at+"/"+slash), "", 204)
				w.refused("owner", g.at("DELETE "+at+"/"+c.link), "", 404, "API_KEY_ACCESS_LIST_NOT_FOUND", unescape(c.link), "{loose}")
			}
		}
	})
}

// TestEntryLimit: a list has at most 200 entries.
func TestEntryLimit(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, options{})
		const at = "POST /api/atlas/v2/orgs/{org}/apiKeys/{target}/accessList"
		items := make([]string, 200)
		for i := range items {
			items[i] = fmt.Sprintf(`{"ipAddress":"2001:db8::%x"}`, i+1)
		}
		w.ok("owner", at, "["+strings.Join(items, ",")+"]", 200)
		w.refused("owner", at, `[{"ipAddress":"192.0.2.1"}]`, 400, "VALIDATION_ERROR", "An access list has at most 200 entries")
	})
}

// TestAccessListIsEnforced on every request, as it is at that moment.
func TestAccessListIsEnforced(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		who := "walker-" + g.name
		w.hire(who)
		at := g.at("POST /orgs/{org}/apiKeys/{" + who + "}/accessList")
		from := strings.Replace(at, "POST", "DELETE", 1) + "/"
		get := g.at("GET /orgs/{org}")
		w.ok(who, get, "", 200)
		w.ok("owner", at, `[{"ipAddress":"127.0.0.2"}]`, 200)
		w.refused(who, get, "", 403, "IP_ADDRESS_NOT_ON_ACCESS_LIST", "127.0.0.1")
		w.ok("owner", at, `[{"cidrBlock":"127.0.0.8/29"}]`, 200) // .8 to .15
		w.refused(who, get, "", 403, "IP_ADDRESS_NOT_ON_ACCESS_LIST", "127.0.0.1")
		w.ok("owner", at, `[{"cidrBlock":"127.0.0.6/29"}]`, 200) // .0 to .7
		w.ok(who, get, "", 200)
		w.ok("owner", from+"127.0.0.0%2F29", "", 204)
		w.refused(who, get, "", 403, "IP_ADDRESS_NOT_ON_ACCESS_LIST", "127.0.0.1")
		w.ok("owner", from+"127.0.0.2", "", 204)
		w.ok("owner", from+"127.0.0.8%2F29", "", 204)
		w.ok(who, get, "", 200)
	})
}

// TestAccessListRequired: with the setting, a key without a list is refused
// everywhere, and nobody can set it who would shut itself out.
func TestAccessListRequired(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		settings := g.at("PATCH /orgs/{org}/settings")
		w.refused("owner", settings, `{"apiAccessListRequired":true}`, 400, "CANNOT_REMOVE_CALLER_FROM_ACCESS_LIST", "127.0.0.1")
		own := g.at("POST /orgs/{org}/apiKeys/{owner}/accessList")
		w.refused("owner", own, `[{"ipAddress":"192.0.2.5"}]`, 400, "CANNOT_REMOVE_CALLER_FROM_ACCESS_LIST", "127.0.0.1")
		w.ok("owner", own, `[{"cidrBlock":"127.0.0.0/8"}]`, 200)
		w.ok("owner", settings, `{"apiAccessListRequired":true}`, 200)
		for _, call := range []string{"GET /orgs", "GET ", "GET /groups/{project}", "PATCH /groups/{project}/apiKeys/{target}", "GET /orgs/{unknown}"} {
			w.refused("projectOwner", g.at(call), "", 403, "ORG_REQUIRES_ACCESS_LIST", "127.0.0.1")
		}
		w.refused("listed", g.at("GET /orgs"), "", 403, "IP_ADDRESS_NOT_ON_ACCESS_LIST", "127.0.0.1")
		w.ok("otherOwner", g.at("GET /orgs"), "", 200)
		w.call("", g.at("GET /orgs"), "").wantChallenge(false)
		w.refused("owner", g.at("DELETE /orgs/{org}/apiKeys/{owner}/accessList/127.0.0.0%2F8"), "", 400, "CANNOT_REMOVE_CALLER_FROM_ACCESS_LIST", "127.0.0.1")
		w.ok("owner", settings, `{"apiAccessListRequired":false}`, 200)
		w.ok("projectOwner", g.at("GET /orgs"), "", 200)
		w.hire("helper-"+g.name, "ORG_OWNER")
		w.ok("helper-"+g.name, g.at("DELETE /orgs/{org}/apiKeys/{owner}/accessList/127.0.0.0%2F8"), "", 204)
		w.ok("owner", g.at("DELETE /orgs/{org}/apiKeys/{helper-"+g.name+"}"), "", 204)
	})
}

// TestCallerIsNotLockedOut: a key may tend its own list, but not so that it
// could not call again. Other keys' lists are not judged.
func TestCallerIsNotLockedOut(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		who := "careful-" + g.name
		w.hire(who)
		list := "/orgs/{org}/apiKeys/{" + who + "}/accessList"
		w.refused(who, g.at("POST "+list), `[{"ipAddress":"192.0.2.5"},{"cidrBlock":"10.0.0.0/8"}]`, 400, "CANNOT_REMOVE_CALLER_FROM_ACCESS_LIST", "127.0.0.1")
		w.ok(who, g.at("POST "+list), `[{"ipAddress":"192.0.2.5"},{"ipAddress":"127.0.0.1"}]`, 200)
		w.ok(who, g.at("GET "+list), "", 200)
		w.ok(who, g.at("GET "+list+"/192.0.2.5"), "", 200)
		w.refused(who, g.at("DELETE "+list+"/127.0.0.1"), "", 400, "CANNOT_REMOVE_CALLER_FROM_ACCESS_LIST", "127.0.0.1")
		w.ok(who, g.at("DELETE "+list+"/192.0.2.5"), "", 204)
		w.refused(who, g.at("DELETE "+list+"/127.0.0.1"), "", 400, "CANNOT_REMOVE_CALLER_FROM_ACCESS_LIST", "127.0.0.1")
		w.ok(who, g.at("POST "+list), `[{"cidrBlock":"127.0.0.0/24"}]`, 200)
		w.ok(who, g.at("DELETE "+list+"/127.0.0.1"), "", 204) // the block still covers it
		w.ok("owner", g.at("DELETE "+list+"/127.0.0.0%2F24"), "", 204)
		w.ok("owner", g.at("POST "+list), `[{"ipAddress":"192.0.2.5"}]`, 200) // the owner may shut others out
		w.refused(who, g.at("GET "+list), "", 403, "IP_ADDRESS_NOT_ON_ACCESS_LIST", "127.0.0.1")
	})
}

// entryOf returns an entry of a key's list as the owner sees it.
func (w *world) entryOf(name, prefix string) (e entryBody) {
	w.t.Helper()
	w.ok("owner", "GET /api/atlas/v2/orgs/{org}/apiKeys/{"+name+"}/accessList/"+prefix, "", 200).into(&e)
	return e
}

// stored returns the use that is written.
func (w *world) stored(name string) (all []latchkey.Use) {
	w.t.Helper()
	err := w.data.Store.View(context.Background(), func(r latchkey.Reader) (err error) {
		all, err = r.Uses(latchkey.OrgID(w.names["org"]), latchkey.PrincipalID(w.names[name]))
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// TestUseIsCounted: every request let in counts, at once for whoever looks,
// and is written in rounds, not by requests.
func TestUseIsCounted(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, options{})
		w.ok("owner", "POST /api/atlas/v2/orgs/{org}/apiKeys/{target}/accessList", `[{"cidrBlock":"127.0.0.0/8"},{"ipAddress":"127.0.0.1"}]`, 200)
		if e := w.entryOf("target", "127.0.0.0%2F8"); e.Count != 0 || e.LastUsed != "" || e.LastUsedAddress != "" {
			t.Errorf("unused: %+v", e)
		}
		w.ok("target", "GET /api/atlas/v2/orgs", "", 200)
		w.ok("target", "GET /api/public/v1.0/groups/{unknown}", "", 404)
		w.ok("target", "DELETE /api/public/v1.0/groups/{project}", "", 401)
		check := func(count int) {
			t.Helper()
			e := w.entryOf("target", "127.0.0.0%2F8")
			if e.Count != count || !strings.HasSuffix(e.LastUsed, "Z") || e.LastUsedAddress != "127.0.0.1" {
				t.Errorf("want %d uses, got %+v", count, e)
			}
			if e := w.entryOf("target", "127.0.0.1"); e.Count != 0 {
				t.Errorf("the second entry that covers the address: %+v", e)
			}
		}
		check(3)
		if got := w.stored("target"); len(got) != 0 {
			t.Errorf("requests wrote %+v", got)
		}
		w.srv.Maintain(context.Background())
		if got := w.stored("target"); len(got) != 1 || got[0].Count != 3 {
			t.Errorf("written: %+v", got)
		}
		check(3)
		w.ok("target", "GET /api/atlas/v2/orgs", "", 200)
		check(4)
		w.srv.Maintain(context.Background())
		check(4)
		// A request that is not let in counts nowhere.
		w.call("", "GET /api/atlas/v2/orgs", "").wantChallenge(false)
		check(4)
		// An entry that is taken out and put in again starts over.
		w.ok("target", "GET /api/atlas/v2/orgs", "", 200)
		const entry = "/api/atlas/v2/orgs/{org}/apiKeys/{target}/accessList"
		w.ok("owner", "DELETE "+entry+"/127.0.0.0%2F8", "", 204)
		w.clock.advance(2e9)
		w.ok("owner", "POST "+entry, `[{"cidrBlock":"127.0.0.0/8"}]`, 200)
		if e := w.entryOf("target", "127.0.0.0%2F8"); e.Count != 0 {
			t.Errorf("an entry put in again: %+v", e)
		}
		w.srv.Maintain(context.Background())
		if e := w.entryOf("target", "127.0.0.0%2F8"); e.Count != 0 {
			t.Errorf("an entry put in again, after a round: %+v", e)
		}
	})
}

// TestIPv6: lists hold for both versions, and a mapped address is the IPv4
// address in it.
func TestIPv6(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		for _, c := range []struct{ listen, dial, good, bad, address string }{
			{"[::1]:0", "", "::1", "127.0.0.1", "::1"},
			{"[::1]:0", "", "::/64", "2001:db8::/32", "::1"},
			{"[::]:0", "127.0.0.1", "127.0.0.1", "::1", "127.0.0.1"},
			{"[::]:0", "127.0.0.1", "::ffff:127.0.0.0/104", "::/1", "127.0.0.1"},
		} {
			t.Run(strings.NewReplacer("/", "-", ":", ".").Replace(c.good), func(t *testing.T) {
				w := newWorld(t, b, options{listen: c.listen, dial: c.dial})
				item := func(address string) string {
					if strings.Contains(address, "/") {
						return `[{"cidrBlock":"` + address + `"}]`
					}
					return `[{"ipAddress":"` + address + `"}]`
				}
				const list = "POST /api/atlas/v2/orgs/{org}/apiKeys/{target}/accessList"
				w.ok("owner", list, item(c.bad), 200)
				w.refused("target", "GET /api/atlas/v2/orgs", "", 403, "IP_ADDRESS_NOT_ON_ACCESS_LIST", c.address)
				w.ok("owner", list, item(c.good), 200)
				w.ok("target", "GET /api/atlas/v2/orgs", "", 200)
				want := `{"currentIpv4Address":"127.0.0.1"}`
				if c.address == "::1" {
					want = `{"currentIpv6Address":"::1"}`
				}
				if got := string(w.ok("target", "GET /api/private/ipinfo", "", 200).body); got != want {
					t.Errorf("ipinfo %s, want %s", got, want)
				}
			})
		}
	})
}

// TestTrustedProxies: behind a configured proxy the address is the one that
// it wrote.
func TestTrustedProxies(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		proxies, err := wire.ParseProxies("127.0.0.0/8, 10.0.0.1")
		if err != nil {
			t.Fatal(err)
		}
		w := newWorld(t, b, options{config: server.Config{Proxies: proxies}})
		w.ok("owner", "POST /api/atlas/v2/orgs/{org}/apiKeys/{target}/accessList", `[{"ipAddress":"203.0.113.7"}]`, 200)
		for _, c := range []struct{ forwarded, address string }{
			{"203.0.113.7", ""}, {"203.0.113.7:1234", ""}, {"evil, 203.0.113.7", ""}, {"203.0.113.7, 10.0.0.1", ""}, {"::ffff:203.0.113.7", ""},
			{"", "127.0.0.1"}, {"203.0.113.8", "203.0.113.8"}, {"203.0.113.7, 203.0.113.8", "203.0.113.8"}, {"203.0.113.7, 10.0.0.2", "10.0.0.2"},
			{"evil", "unknown"}, {"203.0.113.7, evil", "unknown"}, {"203.0.113.7,", "unknown"}, {"203.0.113.7%eth0", "unknown"},
		} {
			a := w.call("target", "GET /api/atlas/v2/orgs", "", "X-Forwarded-For", c.forwarded)
			if c.address != "" {
				a.want(403, "IP_ADDRESS_NOT_ON_ACCESS_LIST", c.address)
			} else if a.status != 200 {
				a.fail("X-Forwarded-For %q", c.forwarded)
			}
		}
		if e := w.entryOf("target", "203.0.113.7"); e.Count != 5 || e.LastUsedAddress != "203.0.113.7" {
			t.Errorf("use %+v", e)
		}
	})
}
