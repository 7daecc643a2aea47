package server

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/op"
)

// fuzzStart is the time of the first of the events that are asked for: after
// every other one, whenever the test runs.
var fuzzStart = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)

// fuzzEvents stores events of every type, in the rig's project, in another one
// and in none, half a second apart, behind those that are there.
func (r *rig) fuzzEvents() []latchkey.Event {
	r.tb.Helper()
	var all []latchkey.Event
	err := r.data.Store.Update(context.Background(), func(tx latchkey.Tx) error {
		projects := []latchkey.ProjectID{r.setup.Project.ID, "", latchkey.NewID[latchkey.ProjectID](fuzzStart)}
		for i := range 200 {
			at := fuzzStart.Add(time.Duration(i) * 500 * time.Millisecond)
			kinds := op.EventKinds()
			e := latchkey.Event{OrgID: r.setup.Org.ID, ID: latchkey.NewID[latchkey.EventID](at), Created: at,
				Type: kinds[i*i%len(kinds)].Type, ProjectID: projects[i%len(projects)]}
			if err := tx.AppendEvent(&e); err != nil {
				return err
			}
		}
		var err error
		all, err = tx.Events(r.setup.Org.ID, 0, 10_000)
		return err
	})
	if err != nil {
		r.tb.Fatal(err)
	}
	slices.Reverse(all)
	return all
}

// wanted says, by other means than the server's, which events a query asks for,
// and false when it is to be refused.
func wanted(all []latchkey.Event, project latchkey.ProjectID, query url.Values) (ids []string, total int, ok bool) {
	types, okTypes := fuzzTypes(query["eventType"])
	excluded, okExcluded := fuzzTypes(query["excludedEventType"])
	from, okFrom := fuzzTime(query["minDate"])
	until, okUntil := fuzzTime(query["maxDate"])
	number, okNumber := fuzzNumber(query["pageNum"], 1, 2147483647)
	size, okSize := fuzzNumber(query["itemsPerPage"], 100, 500)
	if !okTypes || !okExcluded || !okFrom || !okUntil || !okNumber || !okSize {
		return nil, 0, false
	}
	if until != nil && until.Nanosecond() == 0 {
		*until = until.Add(time.Second - 1)
	}
	for _, e := range all {
		switch {
		case project != "" && e.ProjectID != project,
			len(types) > 0 && !slices.Contains(types, string(e.Type)), slices.Contains(excluded, string(e.Type)),
			from != nil && e.Created.UnixMilli() < from.UnixMilli(), until != nil && e.Created.After(*until), query.Has("clusterNames"):
			continue
		}
		if total >= (number-1)*size && total < number*size {
			ids = append(ids, string(e.ID))
		}
		total++
	}
	return ids, total, true
}

func fuzzTypes(values []string) (types []string, ok bool) {
	for _, value := range values {
		types = append(types, strings.Split(value, ",")...)
	}
	for _, typ := range types {
		if !slices.ContainsFunc(op.EventKinds(), func(k op.EventKind) bool { return string(k.Type) == typ }) && typ != "PAID_IN_FULL" {
			return nil, false
		}
	}
	return types, true
}

var dateTime = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([.,]\d+)?(Z|[+-]\d\d:?\d\d)?$`)

func fuzzTime(values []string) (*time.Time, bool) {
	if len(values) == 0 {
		return nil, true
	}
	if !dateTime.MatchString(values[0]) {
		return nil, false
	}
	for _, suffix := range []string{"", "Z"} {
		for _, form := range []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05Z0700"} {
			if t, err := time.Parse(form, values[0]+suffix); err == nil && len(values) == 1 {
				return &t, true
			}
		}
	}
	return nil, false
}

func fuzzNumber(values []string, absent, largest int) (int, bool) {
	if len(values) == 0 {
		return absent, true
	}
	n, err := strconv.Atoi(values[0])
	return n, err == nil && len(values) == 1 && n >= 1 && n <= largest && strings.Trim(values[0], "0123456789") == ""
}

// FuzzEventQuery asks both lists for what a query says. The answer has exactly
// the events that the query asks for, or refuses it.
func FuzzEventQuery(f *testing.F) {
	for _, query := range []string{
		"", "eventType=API_KEY_CREATED", "eventType=API_KEY_CREATED,GROUP_DELETED&eventType=PAID_IN_FULL&pageNum=2&itemsPerPage=3",
		"excludedEventType=API_KEY_CREATED&itemsPerPage=500", "clusterNames=a", "minDate=2100-01-01T00:00:10Z&maxDate=2100-01-01T00:01:00.5Z",
		"maxDate=2100-01-01T00:00:10%2B00:00&eventType=ORG_RENAMED", "minDate=2100-01-01T00:00:10.25&itemsPerPage=7&pageNum=9",
		"eventType=%00", "eventType=api_key_created", "minDate=yesterday", "maxDate=0001-01-01T00:00:00Z", "minDate=9999-12-31T23:59:59.999999999Z",
		"includeRaw=true&eventType=SERVICE_ACCOUNT_SECRET_ADDED", "eventType=ORG_CREATED&excludedEventType=ORG_CREATED", "minDate=0000-01-01T00:00:00%2B23:59",
	} {
		f.Add(false, query)
		f.Add(true, query)
	}
	r := newRig(f)
	all := r.fuzzEvents()
	owner := r.caller(r.owner)
	f.Fuzz(func(t *testing.T, inProject bool, raw string) {
		query, err := url.ParseQuery(raw)
		if err != nil || !printable(raw) || strings.ContainsAny(raw, "\"\\#") || len(raw) > 2000 || strings.Count(raw, "&") > 60 {
			t.Skip("no client can send that query with credentials, or it is refused for other reasons")
		}
		for _, name := range []string{"envelope", "pretty", "includeCount", "includeRaw"} {
			if query.Has(name) && (len(query[name]) > 1 || query.Get(name) != "true") || name == "envelope" && query.Has(name) {
				t.Skip("tested elsewhere")
			}
		}
		var project latchkey.ProjectID
		target := "/api/atlas/v2/orgs/" + string(r.setup.Org.ID) + "/events"
		if inProject {
			project = r.setup.Project.ID
			target = "/api/atlas/v2/groups/" + string(project) + "/events"
		} else {
			query.Del("excludedEventType")
			query.Del("clusterNames")
		}
		if strings.Trim(strings.Join(query["clusterNames"], "-"), "abcdefghijklmnopqrstuvwxyz") != "" || query.Has("clusterNames") && query.Get("clusterNames") == "" {
			t.Skip("refused for the names of clusters, or not")
		}
		owner.header = http.Header{"Accept": {"application/vnd.atlas.2023-01-01+json"}}
		owner.send(http.MethodGet, target+"?"+raw, "")
		ids, total, ok := wanted(all, project, query)
		if !ok {
			if owner.out.status != http.StatusBadRequest || owner.out.header.Get("X-Error-Code") != "INVALID_QUERY_PARAMETER" {
				t.Fatalf("%q: %d %s, want a refusal", raw, owner.out.status, owner.out.body.Bytes())
			}
			return
		}
		var page struct {
			Results    []struct{ ID string }
			TotalCount int
		}
		if owner.out.status != http.StatusOK || json.Unmarshal(owner.out.body.Bytes(), &page) != nil {
			t.Fatalf("%q: %d %s", raw, owner.out.status, owner.out.body.Bytes())
		}
		var got []string
		for _, e := range page.Results {
			got = append(got, e.ID)
		}
		if !slices.Equal(got, ids) || page.TotalCount != total {
			t.Fatalf("%q: %d of %d events, want %d of %d", raw, len(got), page.TotalCount, len(ids), total)
		}
	})
}
