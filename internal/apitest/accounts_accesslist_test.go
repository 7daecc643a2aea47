package apitest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// accountEntryBody is an entry of a service account's access list.
type accountEntryBody struct {
	CidrBlock, CreatedAt                   string
	IPAddress, LastUsedAddress, LastUsedAt *string
	RequestCount                           int
}

// TestAccountEntries: what goes in comes out, masked and in both forms, through
// the organization and through the project.
func TestAccountEntries(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		for _, c := range []struct{ by, reader, container, kind string }{
			{"owner", "orgReader", "/orgs/{org}", "Org"}, {"manager", "reader", "/groups/{project}", "Group"},
		} {
			at := c.container + "/serviceAccounts/{account}/accessList"
			var page struct {
				Results    []accountEntryBody
				TotalCount *int
			}
			for _, e := range []struct{ item, cidr, ip, path string }{
				{`{"ipAddress":"192.0.2.77"}`, "192.0.2.77/32", "192.0.2.77", "192.0.2.77"},
				{`{"cidrBlock":"10.1.2.3/8","ipAddress":null}`, "10.0.0.0/8", "", "10.0.0.0%2F8"},
				{`{"ipAddress":"2001:DB8:0:0::1","requestCount":7,"createdAt":"x","lastUsedAt":"x","lastUsedAddress":"x"}`, "2001:db8::1/128", "2001:db8::1", "2001:db8::1"},
			} {
				w.ok(c.by, g.at("POST "+at), "["+e.item+"]", 200).asPublished(g, "create"+c.kind+"ServiceAccountAccessList").into(&page)
				i := slices.IndexFunc(page.Results, func(got accountEntryBody) bool { return got.CidrBlock == e.cidr })
				if i < 0 {
					t.Fatalf("%s: %+v", e.item, page)
				}
				got := page.Results[i]
				if (got.IPAddress == nil) != (e.ip == "") || got.IPAddress != nil && *got.IPAddress != e.ip ||
					got.RequestCount != 0 || got.LastUsedAt != nil || got.LastUsedAddress != nil || !strings.HasSuffix(got.CreatedAt, "Z") {
					t.Errorf("%s: %+v", e.item, got)
				}
				w.refused(c.by, g.at("POST "+at), "["+e.item+"]", 409, "ADDRESS_ALREADY_IN_ACCESS_LIST", unescape(e.path))
				w.ok(c.reader, g.at("GET "+at+"?itemsPerPage=1"), "", 200).asPublished(g, "list"+c.kind+"ServiceAccountAccessList").into(&page)
				if len(page.Results) != 1 || page.TotalCount == nil || *page.TotalCount != 1 {
					t.Errorf("%s: %+v", e.item, page)
				}
				page.TotalCount = nil
				if w.ok(c.reader, g.at("GET "+at+"?includeCount=false"), "", 200).into(&page); page.TotalCount != nil {
					t.Errorf("counted: %+v", page)
				}
				slash := strings.Replace(e.path, "%2F", "/", 1)
				if slash != e.path && g.bit == v2 {
					w.refused(c.by, g.at("DELETE "+at+"/"+slash), "", 404, "RESOURCE_NOT_FOUND", "{path}")
					slash = e.path
				}
				w.ok(c.by, g.at("DELETE "+at+"/"+slash), "", 204).asPublished(g, "delete"+c.kind+"ServiceAccountAccessListEntry")
				w.refused(c.by, g.at("DELETE "+at+"/"+e.path), "", 404, "RESOURCE_NOT_FOUND", unescape(e.path))
			}
		}
	})
}

// TestAccountEntryLimit: a list has at most 200 entries.
func TestAccountEntryLimit(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, options{})
		w.enlist("account")
		const at = "POST /api/atlas/v2/orgs/{org}/serviceAccounts/{account}/accessList"
		items := make([]string, 200)
		for i := range items {
			items[i] = fmt.Sprintf(`{"ipAddress":"2001:db8::%x"}`, i+1)
		}
		w.refused("owner", at, "["+strings.Join(items, ",")+`,{"ipAddress":"192.0.2.1"}]`, 400, "VALIDATION_ERROR", "the body must not have more than 200 elements")
		w.ok("owner", at, "["+strings.Join(items, ",")+"]", 200)
		w.refused("owner", at, `[{"ipAddress":"192.0.2.1"}]`, 400, "VALIDATION_ERROR", "An access list has at most 200 entries")
	})
}
