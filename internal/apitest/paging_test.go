package apitest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// listBody is a list as it is answered.
type listBody struct {
	Links      []struct{ Href, Rel string }
	Results    []json.RawMessage
	TotalCount *int
}

func (l listBody) links() []string {
	var all []string
	for _, link := range l.Links {
		_, query, _ := strings.Cut(link.Href, "?")
		all = append(all, link.Rel+" "+query)
	}
	return all
}

// TestPages walks through lists page by page.
func TestPages(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		for i := range 7 { // there already on the second generation
			w.call("owner", g.at("POST /orgs/{org}/apiKeys/{loose}/accessList"), fmt.Sprintf(`[{"ipAddress":"198.51.100.%d"}]`, i))
		}
		for _, path := range []string{"/orgs/{org}/apiKeys", "/groups/{project}/apiKeys", "/orgs/{org}/apiKeys/{loose}/accessList", "/groups", "/orgs/{org}/groups", "/orgs"} {
			var all listBody
			a := w.ok("owner", g.at("GET "+path), "", 200)
			a.compact()
			a.into(&all)
			n := len(all.Results)
			if strings.HasSuffix(path, "accessList") && n != 7 {
				t.Errorf("%d entries", n)
			}
			if all.TotalCount == nil || *all.TotalCount != n || !slices.Equal(all.links(), []string{"self pageNum=1&itemsPerPage=100"}) {
				t.Errorf("%s: %s", path, a)
			}
			if want := w.url + g.base + w.expand(path) + "?pageNum=1&itemsPerPage=100"; all.Links[0].Href != want {
				t.Errorf("self is %s, want %s", all.Links[0].Href, want)
			}
			const size = 2
			var walked []string
			pages := (n + size - 1) / size
			for page := 1; page <= pages+2; page++ {
				var got listBody
				w.ok("owner", g.at(fmt.Sprintf("GET %s?pageNum=%d&itemsPerPage=%d", path, page, size)), "", 200).into(&got)
				want := []string{fmt.Sprintf("self pageNum=%d&itemsPerPage=%d", page, size)}
				if page > 1 {
					want = append(want, fmt.Sprintf("previous itemsPerPage=%d&pageNum=%d", size, page-1))
				}
				if page < pages {
					want = append(want, fmt.Sprintf("next itemsPerPage=%d&pageNum=%d", size, page+1))
				}
				if !slices.Equal(got.links(), want) {
					t.Errorf("%s page %d: links %q, want %q", path, page, got.links(), want)
				}
				if got.TotalCount == nil || *got.TotalCount != n {
					t.Errorf("%s page %d: totalCount %v, want %d", path, page, got.TotalCount, n)
				}
				if page > pages && (got.Results == nil || len(got.Results) != 0) {
					t.Errorf("%s page %d of %d: %d results", path, page, pages, len(got.Results))
				}
				for _, r := range got.Results {
					walked = append(walked, string(r))
				}
			}
			whole := make([]string, n)
			for i, r := range all.Results {
				whole[i] = string(r)
			}
			if !slices.Equal(walked, whole) {
				t.Errorf("%s: the pages hold %d items, the whole list %d, or others", path, len(walked), n)
			}
		}
	})
}

// TestPageForms: what a page looks like depending on the query.
func TestPageForms(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		for _, c := range []struct{ query, self string }{
			{"includeCount=true&itemsPerPage=100&pageNum=1", "includeCount=true&pageNum=1&itemsPerPage=100"},
			{"pretty=true", "pretty=true&pageNum=1&itemsPerPage=100"},
			{"x=%3Cy%3E&pageNum=1&y=a+b&z", "x=%3Cy%3E&y=a+b&z&pageNum=1&itemsPerPage=100"},
			{"x=\"<'>", "x=%22%3C%27%3E&pageNum=1&itemsPerPage=100"},
			{"itemsPerPage=500", "pageNum=1&itemsPerPage=500"},
			{"itemsPerPage=0005", "pageNum=1&itemsPerPage=5"},
			{"pageNum=2147483647&itemsPerPage=500", "pageNum=2147483647&itemsPerPage=500"},
		} {
			var got listBody
			w.ok("owner", g.at("GET /orgs/{org}/groups?"+c.query), "", 200).into(&got)
			if got.links()[0] != "self "+c.self {
				t.Errorf("?%s: %q, want %q", c.query, got.links()[0], c.self)
			}
		}
		a := w.ok("owner", g.at("GET /orgs/{org}/apiKeys?includeCount=false"), "", 200)
		if !slices.Equal(a.members(), []string{"links", "results"}) {
			t.Errorf("includeCount=false has members %v", a.members())
		}
		if got := w.ok("owner", g.at("GET /orgs/{org}/apiKeys"), "", 200).members(); !slices.Equal(got, []string{"links", "results", "totalCount"}) {
			t.Errorf("a list has members %v", got)
		}
		if got := w.ok("owner", g.at("GET /orgs?name=nobody%20has%20this"), "", 200); !strings.Contains(string(got.body), `"results":[],"totalCount":0}`) {
			t.Errorf("an empty list: %s", got)
		}
	})
}
