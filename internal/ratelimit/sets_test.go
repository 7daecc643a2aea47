package ratelimit

import "testing"

// TestSets compares the ids with the form of the published example, and the
// numbers with those that the recorded answers show.
func TestSets(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range Sets() {
		if seen[s.ID] {
			t.Errorf("%s is there twice", s.ID)
		}
		seen[s.ID] = true
	}
	for id, want := range map[string]Limit{
		"programmaticApiKeys_group": {1200, 500}, "programmaticApiKeys_organization": {500, 250}, "organizations_user": {300, 100},
		"organizationSettings_organization": {10, 5}, "events_group": {300, 100}, "rateLimitsInspection_user": {300, 100}, "root_ip": {400, 100},
	} {
		if got := byID(id); got.Published != want {
			t.Errorf("%s: %+v, want %v", id, got, want)
		}
	}
	for path, id := range places {
		if byID(id).ID != id {
			t.Errorf("%q belongs to %q, which is no set", path, id)
		}
	}
}

// TestDefault holds that without any limits only failed attempts to log in are
// counted.
func TestDefault(t *testing.T) {
	if d := Default(); len(d) != 1 || d["oauthToken_ip"] != (Limit{50, 50}) {
		t.Errorf("%v", d)
	}
}

func TestFind(t *testing.T) {
	for path, want := range map[string]string{
		"":                                      "root_user",
		"/groups":                               "projects_user",
		"/groups/byName/{groupName}":            "projects_user",
		"/groups/{groupId}":                     "projects_group",
		"/groups/{groupId}/settings":            "projects_group",
		"/groups/{groupId}/apiKeys/{apiUserId}": "programmaticApiKeys_group",
		"/groups/{groupId}/serviceAccounts/{clientId}:invite":      "serviceAccounts_group",
		"/orgs/{orgId}/groups":                                     "organizations_organization",
		"/orgs/{orgId}/apiKeys/{apiUserId}/accessList/{ipAddress}": "programmaticApiKeys_organization",
		"/orgs/{orgId}/settings":                                   "organizationSettings_organization",
		"/rateLimits/{endpointSetId}":                              "rateLimitsInspection_user",
		"/api/oauth/token":                                         TokenSet,
		"/api/oauth/introspect":                                    none,
		"/api/latchkey/v1/check":                                   none,
	} {
		if got, known := Find(path); got.ID != want || !known {
			t.Errorf("%q belongs to %q, want %q", path, got.ID, want)
		}
	}
	for _, path := range []string{"/users", "/groupsX", "/orgsX/{orgId}", "/api/private"} {
		if set, known := Find(path); known {
			t.Errorf("%q belongs to %q", path, set.ID)
		}
	}
}

func TestServes(t *testing.T) {
	s := EndpointSet{Endpoints: []Endpoint{
		{"GET", "/api/atlas/v2/groups/{groupId}/apiKeys"}, {"POST", "/api/atlas/v2/groups/{groupId}/serviceAccounts/{clientId}:invite"},
	}}
	for path, want := range map[string]bool{
		"/api/atlas/v2/groups/{groupId}/apiKeys": true, "/api/atlas/v2/groups/0123/apiKeys": true,
		"/api/atlas/v2/groups/0123/serviceAccounts/x:invite": true, "/api/atlas/v2/groups/0123/serviceAccounts/x": false,
		"/api/atlas/v2/groups//apiKeys": false, "/api/atlas/v2/groups/0123": false, "": false, "/api/atlas/v2/groups/0/apiKeys/": false,
	} {
		if got := s.Serves(path); got != want {
			t.Errorf("%q: %v, want %v", path, got, want)
		}
	}
}
