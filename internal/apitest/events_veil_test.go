package apitest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
)

// veiledEvent is what of an event not everybody is shown.
type veiledEvent struct {
	ID, WhitelistEntry string
	Raw                map[string]json.RawMessage
}

// TestEventsAreVeiled: entries of access lists are shown, in lists and alone,
// plain and raw, to whoever may list them, and an event's place in the chain to
// whoever reaches every project. The same events are listed for all others.
func TestEventsAreVeiled(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		key, account := "veiled-"+g.name, "veiledRobot-"+g.name
		w.hire(key, "GROUP_READ_ONLY")
		w.enrol(account, 24*time.Hour, latchkey.GroupReadOnly)
		const entry = `[{"ipAddress":"127.0.0.1"},{"cidrBlock":"203.0.113.0/24"}]`
		w.ok("owner", g.at("POST /orgs/{org}/apiKeys/{"+key+"}/accessList"), entry, 200)
		w.ok("owner", "POST /api/atlas/v2/groups/{project}/serviceAccounts/{"+account+"}/accessList", entry, 200)
		w.ok("owner", "DELETE /api/atlas/v2/groups/{project}/serviceAccounts/{"+account+"}/accessList/203.0.113.0%2F24", "", 204)
		w.ok("owner", "PATCH /api/atlas/v2/groups/{project}", `{"name":"Named by `+g.name+`"}`, 200)

		all := w.events("org", 0)
		for who, may := range map[string]struct{ keys, accounts, chain bool }{
			"owner":     {true, true, true},
			"orgReader": {false, true, true},
			"wide":      {false, true, true},
			"creator":   {}, "loose": {}, "reader": {}, "projectOwner": {},
			key: {}, account: {},
		} {
			for _, path := range []string{"/orgs/{org}", "/groups/{project}"} {
				if path != "/orgs/{org}" && (who == "creator" || who == "loose") {
					continue
				}
				var page struct{ Results []veiledEvent }
				w.ok(who, g.at("GET "+path+"/events?includeRaw=true&itemsPerPage=500"), "", 200).into(&page)
				tried := map[string]int{}
				for _, got := range page.Results {
					e := all[slices.IndexFunc(all, func(e latchkey.Event) bool { return string(e.ID) == got.ID })]
					withEntry := may.keys
					if e.TargetID.IsAccount() {
						withEntry = may.accounts
					}
					withEntry = withEntry || string(e.TargetID) == w.names[who]
					got.wantVeil(t, fmt.Sprintf("%s, %s of %s to %s", path, e.Type, e.TargetID, who), &e, withEntry, may.chain)
					if kind := fmt.Sprint(e.Type, withEntry); tried[kind] == 0 {
						tried[kind]++
						var one veiledEvent
						w.ok(who, g.at("GET "+path+"/events/"+got.ID+"?includeRaw=true"), "", 200).into(&one)
						one.wantVeil(t, fmt.Sprintf("%s, one %s to %s", path, e.Type, who), &e, withEntry, may.chain)
					}
				}
				if len(tried) < 3 {
					t.Errorf("%s has only %v for %s", path, tried, who)
				}
			}
		}
	})
}

// wantVeil compares what is shown of an event with what may be.
func (got veiledEvent) wantVeil(t *testing.T, what string, e *latchkey.Event, withEntry, withChain bool) {
	t.Helper()
	isEntry := strings.Contains(string(e.Type), "_ACCESS_LIST_ENTRY_")
	if shown := got.WhitelistEntry != ""; shown != (isEntry && withEntry) {
		t.Errorf("%s: whitelistEntry %q", what, got.WhitelistEntry)
	}
	if isEntry && !withEntry {
		if got.Raw != nil {
			t.Errorf("%s: raw %s", what, got.Raw)
		}
		return
	}
	if string(got.Raw["payload"]) != string(e.Payload) {
		t.Errorf("%s: payload %s, want %s", what, got.Raw["payload"], e.Payload)
	}
	for _, name := range []string{"seq", "hash", "prevHash"} {
		if shown := got.Raw[name] != nil; shown != withChain {
			t.Errorf("%s: %s %s", what, name, got.Raw[name])
		}
	}
}

// TestUncountedEvents: without the count, the links lead through the same pages
// and end where those with it do.
func TestUncountedEvents(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		for who, path := range map[string]string{"owner": "/orgs/{org}", "reader": "/orgs/{org}", "manager": "/groups/{project}"} {
			for _, query := range []string{"", "eventType=API_KEY_ADDED_TO_GROUP&", "eventType=CREDIT_CARD_ADDED&"} {
				want := w.feed(who, g, path, query, 500)
				for _, size := range []int{1, 4, max(1, len(want)), len(want) + 1} {
					seen, pages := 0, 0
					for number, more := 1, true; more; number++ {
						var page listBody
						a := w.ok(who, g.at(fmt.Sprintf("GET %s/events?%sincludeCount=false&itemsPerPage=%d&pageNum=%d", path, query, size, number)), "", 200)
						a.into(&page)
						for i, result := range page.Results {
							if seen+i >= len(want) || !strings.Contains(string(result), want[seen+i].ID) {
								a.fail("event %d of %d is another one", seen+i, len(want))
							}
						}
						seen, pages = seen+len(page.Results), pages+1
						links := page.links()
						more = strings.HasPrefix(links[len(links)-1], "next ")
						if page.TotalCount != nil || pages > len(want)+1 {
							a.fail("page %d, counted %v", pages, page.TotalCount)
							break
						}
					}
					if seen != len(want) || pages != max(1, (len(want)+size-1)/size) {
						t.Errorf("%s as %s with %s: %d events on %d pages of %d, want %d events", path, who, query, seen, pages, size, len(want))
					}
				}
			}
		}
	})
}
