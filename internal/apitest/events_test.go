package apitest

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/op"
)

// TestEventsAreShown: every type of event that can be recorded is listed with
// who did it, from where, and to whom, in the organization and in the project,
// and the same as one event.
func TestEventsAreShown(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		w.live(g)
		for _, path := range []string{"/orgs/{org}", "/groups/{project}"} {
			want := w.newestFirst(func(e *latchkey.Event) bool {
				return strings.HasPrefix(path, "/orgs") || string(e.ProjectID) == w.names["project"]
			})
			got := w.feed("owner", g, path, "", 50)
			if len(got) != len(want) {
				t.Fatalf("%s: %d events, want %d", path, len(got), len(want))
			}
			seen := map[string]bool{}
			for i, e := range want {
				if wanted := w.shown(g, path, e); !reflect.DeepEqual(got[i], wanted) {
					t.Errorf("%s: event %d\n got %+v\nwant %+v", path, e.Seq, got[i], wanted)
				}
				if !seen[string(e.Type)] {
					var one eventBody
					a := w.ok("owner", g.at("GET "+path+"/events/"+string(e.ID)), "", 200)
					a.as("2023-01-01", g, "get"+strings.TrimSuffix(listOf(path)[4:], "s"))
					if a.into(&one); !reflect.DeepEqual(one, got[i]) {
						t.Errorf("%s: one event\n got %+v\nwant %+v", path, one, got[i])
					}
				}
				seen[string(e.Type)] = true
			}
			for _, k := range op.EventKinds() {
				if !seen[string(k.Type)] && strings.HasPrefix(path, "/orgs") {
					t.Errorf("%s was never recorded", k.Type)
				}
			}
		}
	})
}

// TestCommandEvents: what no caller did names none.
func TestCommandEvents(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		first := w.feed("owner", g, "/orgs/{org}", "eventType=ORG_CREATED", 10)
		if len(first) != 1 || first[0].APIKeyID+first[0].PublicKey+first[0].RemoteAddress+first[0].TargetPublicKey != "" {
			t.Errorf("the organization's creation: %+v", first)
		}
	})
}

// TestEventFilters: each filter lists what it says, alone and with others.
func TestEventFilters(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		w.clock.advance(5 * time.Second)
		w.live(g)
		w.clock.advance(5 * time.Second)
		w.hire("late-"+g.name, "GROUP_READ_ONLY")
		all := w.events("org", 0)
		middle := all[len(all)/2].Created
		shownAt := middle.Truncate(time.Second)
		created := func(e *latchkey.Event) bool { return e.Type == latchkey.EventKeyCreated }
		added := func(e *latchkey.Event) bool { return e.Type == latchkey.EventKeyAddedToProject }
		none := func(*latchkey.Event) bool { return false }
		for _, c := range []struct {
			on    string // "" is both, else what the path begins with
			query string
			pass  func(*latchkey.Event) bool
		}{
			{"", "", func(*latchkey.Event) bool { return true }},
			{"", "eventType=API_KEY_CREATED", created},
			{"", "eventType=API_KEY_CREATED&eventType=API_KEY_CREATED", created},
			{"", "eventType=API_KEY_CREATED,API_KEY_ADDED_TO_GROUP", func(e *latchkey.Event) bool { return created(e) || added(e) }},
			{"", "eventType=API_KEY_CREATED&eventType=API_KEY_ADDED_TO_GROUP", func(e *latchkey.Event) bool { return created(e) || added(e) }},
			{"", "eventType=CREDIT_CARD_ADDED", none},
			{"", "eventType=CREDIT_CARD_ADDED,API_KEY_CREATED", created},
			{"/groups", "excludedEventType=API_KEY_ADDED_TO_GROUP", func(e *latchkey.Event) bool { return !added(e) }},
			{"/groups", "eventType=API_KEY_ADDED_TO_GROUP&excludedEventType=API_KEY_ADDED_TO_GROUP", none},
			{"/groups", "excludedEventType=CREDIT_CARD_ADDED", func(*latchkey.Event) bool { return true }},
			{"/groups", "clusterNames=any", none},
			{"/groups", "clusterNames=any&eventType=API_KEY_ADDED_TO_GROUP", none},
			{"/orgs", "clusterNames=any&excludedEventType=API_KEY_CREATED", func(*latchkey.Event) bool { return true }}, // no parameters there
			{"", "minDate=" + at(middle), func(e *latchkey.Event) bool { return !e.Created.Before(middle) }},
			{"", "minDate=" + at(middle.Add(time.Millisecond)), func(e *latchkey.Event) bool { return e.Created.After(middle) }},
			{"", "maxDate=" + at(middle.Add(time.Microsecond)), func(e *latchkey.Event) bool { return !e.Created.After(middle) }},
			{"", "maxDate=" + at(shownAt), func(e *latchkey.Event) bool { return e.Created.Before(shownAt.Add(time.Second)) }},
			{"", "minDate=" + at(shownAt) + "&maxDate=" + at(shownAt), func(e *latchkey.Event) bool { return e.Created.Truncate(time.Second).Equal(shownAt) }},
			{"", "minDate=" + at(middle.In(time.FixedZone("", 5400))), func(e *latchkey.Event) bool { return !e.Created.Before(middle) }},
			{"", "minDate=" + middle.Format("2006-01-02T15:04:05.000"), func(e *latchkey.Event) bool { return !e.Created.Before(middle) }},
			{"", "minDate=" + middle.Format("2006-01-02T15:04:05.000-0000"), func(e *latchkey.Event) bool { return !e.Created.Before(middle) }},
			{"", "minDate=" + at(middle) + "&maxDate=" + at(middle.Add(-time.Second)), none},
			{"", "minDate=9999-12-31T23:59:59Z", none},
			{"", "maxDate=0000-01-01T00:00:00Z", none},
			{"", "maxDate=0001-01-01T00:00:00Z", none},
			{"", "minDate=0000-01-01T00:00:00Z&maxDate=9999-12-31T23:59:59.999Z", func(*latchkey.Event) bool { return true }},
			{"", "minDate=" + at(middle) + "&eventType=API_KEY_CREATED", func(e *latchkey.Event) bool { return created(e) && !e.Created.Before(middle) }},
		} {
			for _, path := range []string{"/orgs/{org}", "/groups/{project}"} {
				if !strings.HasPrefix(path, c.on) {
					continue
				}
				w.wantFeed("owner", g, path, c.query, w.newestFirst(func(e *latchkey.Event) bool {
					return c.pass(e) && (path == "/orgs/{org}" || string(e.ProjectID) == w.names["project"])
				}))
			}
		}
	})
}

// TestEventPagesMeetNewEvents: who walks through the pages while events come
// misses none of those that were there at first.
func TestEventPagesMeetNewEvents(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		for _, path := range []string{"/orgs/{org}", "/groups/{project}"} {
			for _, query := range []string{"", "eventType=API_KEY_ADDED_TO_GROUP,API_KEY_ROLES_CHANGED,API_KEY_REMOVED_FROM_GROUP"} {
				var before []string
				for _, e := range w.feed("owner", g, path, query, 500) {
					before = append(before, e.ID)
				}
				seen := map[string]int{}
				var last []string
				for number := 1; ; number++ {
					var page eventPage
					w.ok("owner", g.at(fmt.Sprintf("GET %s/events?pageNum=%d&itemsPerPage=3&%s", path, number, query)), "", 200).into(&page)
					if len(page.Results) == 0 {
						break
					}
					last = nil
					for _, e := range page.Results {
						seen[e.ID]++
						last = append(last, e.ID)
					}
					if number < 4 { // later ones would never end
						w.ok("owner", g.at("PATCH /groups/{project}/apiKeys/{target}"), `{"roles":["GROUP_OWNER"]}`, 200)
						w.ok("owner", g.at("PATCH /groups/{project}/apiKeys/{target}"), makeReader, 200)
					}
				}
				for _, id := range before {
					if seen[id] == 0 {
						t.Errorf("%s with %s: event %s was missed", path, query, id)
					}
				}
				if !slices.Equal(last, before[len(before)-len(last):]) {
					t.Errorf("%s with %s: the last page is %v", path, query, last)
				}
			}
		}
	})
}

// TestForeignEvents: an event of another organization, or of another project
// than the one of the path, is as unknown as one that never was.
func TestForeignEvents(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		foreign := w.events("otherOrg", 0)
		for _, e := range []latchkey.Event{foreign[0], foreign[len(foreign)-1]} {
			w.refused("owner", g.at("GET /orgs/{org}/events/"+string(e.ID)), "", 404, "ORG_EVENT_NOT_FOUND", string(e.ID), "{org}")
			w.refused("owner", g.at("GET /groups/{project}/events/"+string(e.ID)), "", 404, "EVENT_NOT_FOUND", string(e.ID), "{project}")
		}
		for _, e := range w.events("org", 0) {
			if string(e.ProjectID) != w.names["project"] {
				w.refused("owner", g.at("GET /groups/{project}/events/"+string(e.ID)), "", 404, "EVENT_NOT_FOUND", string(e.ID), "{project}")
				break
			}
		}
	})
}

// TestMembersSeeTheirProjects: whom no organization role lets into every project
// is shown the events of the organization itself and of the projects that it
// holds roles in, in lists and alone. Who reaches all projects sees all.
func TestMembersSeeTheirProjects(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		w.live(g)
		w.ok("owner", "PATCH /api/atlas/v2/groups/{second}", `{"name":"Second of `+g.name+`"}`, 200)
		w.enrol("memberRobot-"+g.name, 24*time.Hour, latchkey.GroupReadOnly)
		for who, projects := range map[string][]string{
			"loose": {}, "creator": {}, "reader": {"project"}, "memberRobot-" + g.name: {"project"},
			"owner": nil, "orgReader": nil, "wide": nil,
		} {
			visible := func(e *latchkey.Event) bool {
				return projects == nil || e.ProjectID == "" ||
					slices.ContainsFunc(projects, func(name string) bool { return string(e.ProjectID) == w.names[name] })
			}
			for query, typ := range map[string]latchkey.EventType{"": "", "eventType=GROUP_NAME_CHANGED": latchkey.EventProjectNameChanged,
				"eventType=API_KEY_ADDED_TO_GROUP": latchkey.EventKeyAddedToProject, "eventType=ORG_RENAMED": latchkey.EventOrgRenamed} {
				w.wantFeed(who, g, "/orgs/{org}", query, w.newestFirst(func(e *latchkey.Event) bool {
					return visible(e) && (typ == "" || e.Type == typ)
				}))
			}
			tried := map[bool]int{}
			for _, e := range w.newestFirst(func(*latchkey.Event) bool { return true }) {
				if tried[visible(&e)]++; tried[visible(&e)] > 3 {
					continue
				}
				if visible(&e) {
					w.ok(who, g.at("GET /orgs/{org}/events/"+string(e.ID)), "", 200)
				} else {
					w.refused(who, g.at("GET /orgs/{org}/events/"+string(e.ID)), "", 404, "ORG_EVENT_NOT_FOUND", string(e.ID), "{org}")
				}
			}
		}
	})
}

// TestRawEvents: with includeRaw an answer has all that the hash covers.
func TestRawEvents(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		type raw struct {
			Raw struct {
				CallerID, CallerPublicKey, Hash, ID, Operation, OrgID, PrevHash, ProjectID string
				RemoteAddress, Source, TargetID, TargetPublicKey, Type                     string
				Created, Seq                                                               int64
				Payload                                                                    json.RawMessage
			}
		}
		again := func(r raw) (e latchkey.Event) {
			e = latchkey.Event{
				OrgID: latchkey.OrgID(r.Raw.OrgID), Seq: r.Raw.Seq, ID: latchkey.EventID(r.Raw.ID), Created: time.UnixMilli(r.Raw.Created),
				Type: latchkey.EventType(r.Raw.Type), Source: latchkey.EventSource(r.Raw.Source), Operation: r.Raw.Operation,
				CallerID: latchkey.PrincipalID(r.Raw.CallerID), CallerPublicKey: latchkey.PublicKey(r.Raw.CallerPublicKey),
				RemoteAddress: r.Raw.RemoteAddress, ProjectID: latchkey.ProjectID(r.Raw.ProjectID),
				TargetID: latchkey.PrincipalID(r.Raw.TargetID), TargetPublicKey: latchkey.PublicKey(r.Raw.TargetPublicKey), Payload: r.Raw.Payload,
			}
			for text, sum := range map[string]*[32]byte{r.Raw.Hash: &e.Hash, r.Raw.PrevHash: &e.PrevHash} {
				if n, err := hex.Decode(sum[:], []byte(text)); n != 32 || err != nil {
					t.Errorf("hash %q: %v", text, err)
				}
			}
			return e
		}
		w.live(g)
		var page struct{ Results []raw }
		w.ok("owner", g.at("GET /orgs/{org}/events?includeRaw=true&itemsPerPage=500"), "", 200).into(&page)
		slices.Reverse(page.Results)
		stored := w.events("org", 0)
		for i, r := range page.Results {
			e := again(r)
			if !e.Verify(e.PrevHash) || i > 0 && e.PrevHash != again(page.Results[i-1]).Hash || e.Hash != stored[e.Seq-1].Hash {
				t.Errorf("event %d does not follow from what is shown of it", e.Seq)
			}
		}
		last := stored[len(stored)-1]
		for path, project := range map[string]latchkey.ProjectID{"/orgs/{org}": "", "/groups/{project}": latchkey.ProjectID(w.names["project"])} {
			e := last
			if project != "" {
				e = w.newestFirst(func(e *latchkey.Event) bool { return e.ProjectID == project })[0]
			}
			var one raw
			w.ok("owner", g.at("GET "+path+"/events/"+string(e.ID)+"?includeRaw=TRUE"), "", 200).into(&one)
			if shown := again(one); shown.Hash != e.Hash || !shown.Verify(e.PrevHash) {
				t.Errorf("%s: one event: %+v", path, one)
			}
			if a := w.ok("owner", g.at("GET "+path+"/events/"+string(e.ID)), "", 200); strings.Contains(string(a.body), `"raw"`) {
				t.Errorf("%s: raw without being asked for: %s", path, a)
			}
		}
	})
}

// TestEventTypes: every caller may list the types, in pages, in a fixed order.
func TestEventTypes(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		var want []string
		for _, k := range op.EventKinds() {
			want = append(want, string(k.Type))
		}
		for _, who := range []string{"owner", "loose", "reader"} {
			for _, size := range []int{500, 10, 1} {
				var got []string
				for number := 1; number <= len(want)/size+2; number++ {
					var page struct {
						Results []struct {
							EventType, Description string
							Alertable              *bool
						}
						TotalCount int
					}
					a := w.ok(who, g.at(fmt.Sprintf("GET /eventTypes?pageNum=%d&itemsPerPage=%d", number, size)), "", 200)
					a.as("2023-01-01", g, "listEventTypes")
					a.into(&page)
					for _, r := range page.Results {
						got = append(got, r.EventType)
						if r.Description == "" || r.Alertable == nil || *r.Alertable {
							t.Errorf("%+v", r)
						}
					}
					if page.TotalCount != len(want) {
						t.Errorf("totalCount %d, want %d", page.TotalCount, len(want))
					}
				}
				if !slices.Equal(got, want) {
					t.Errorf("types %v, want %v", got, want)
				}
			}
		}
		w.call("", g.at("GET /eventTypes"), "").wantChallenge(false)
	})
}

// TestEventLists: links, count and paging are those of every list, and the
// filters stay in the links.
func TestEventLists(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		for _, path := range []string{"/orgs/{org}/events", "/groups/{project}/events"} {
			const query = "eventType=API_KEY_ADDED_TO_GROUP&minDate=2026-01-01T00%3A00%3A00Z&includeRaw=true"
			var got listBody
			w.ok("owner", g.at("GET "+path+"?itemsPerPage=2&pageNum=2&"+query), "", 200).into(&got)
			want := []string{
				"self " + query + "&pageNum=2&itemsPerPage=2",
				"previous " + query + "&itemsPerPage=2&pageNum=1",
				"next " + query + "&itemsPerPage=2&pageNum=3",
			}
			if !slices.Equal(got.links(), want) || !strings.HasPrefix(got.Links[0].Href, w.url+g.base+w.expand(path)+"?") {
				t.Errorf("%s: links %+v, want %q", path, got.Links, want)
			}
			a := w.ok("owner", g.at("GET "+path+"?includeCount=false&envelope=true&pretty=true"), "", 200)
			if !slices.Equal(a.members(), []string{"links", "results", "status"}) {
				t.Errorf("%s: members %v", path, a.members())
			}
		}
	})
}
