package ratelimit

import "strings"

// TokenSet is the id of the set of the token endpoint, which is no row: failed
// attempts draw on it (published for the token endpoint: 50 a minute).
const TokenSet = "oauthToken_ip"

// Sets returns every set that this server serves endpoints of, in the order in
// which they are listed. Capacities and refills are the published ones.
func Sets() []Set {
	return []Set{
		newSet("Programmatic API Keys", ScopeProject, 1200, 500),
		newSet("Programmatic API Keys", ScopeOrganization, 500, 250),
		newSet("Service Accounts", ScopeProject, 1200, 500),
		newSet("Service Accounts", ScopeOrganization, 500, 250),
		newSet("Projects", ScopeProject, 1200, 500),
		newSet("Projects", ScopeUser, 1200, 500),
		newSet("Organizations", ScopeOrganization, 500, 250),
		newSet("Organizations", ScopeUser, 300, 100),
		newSet("Organization Settings", ScopeOrganization, 10, 5),
		newSet("Events", ScopeProject, 300, 100),
		newSet("Events", ScopeOrganization, 500, 250),
		newSet("Events", ScopeUser, 300, 100),
		newSet("Root", ScopeUser, 300, 100),
		newSet("Root", ScopeAddress, 400, 100),
		newSet("Rate Limits Inspection", ScopeUser, 300, 100),
		newSet("OAuth Token", ScopeAddress, 50, 50),
	}
}

// none stands for paths that no set limits.
const none = ""

// places says which set a path belongs to: that of the longest entry which the
// path is, or begins with before a slash. Paths are patterns below the base of
// a generation; those below no base are whole.
var places = map[string]string{
	"":                                  "root_user",
	"/unauth/controlPlaneIPAddresses":   "root_ip",
	"/api/private/ipinfo":               "root_user",
	"/api/private/unauth/version":       "root_ip",
	"/groups":                           "projects_user",
	"/groups/byName":                    "projects_user",
	"/groups/{groupId}":                 "projects_group",
	"/groups/{groupId}/apiKeys":         "programmaticApiKeys_group",
	"/groups/{groupId}/serviceAccounts": "serviceAccounts_group",
	"/groups/{groupId}/events":          "events_group",
	"/orgs":                             "organizations_user",
	"/orgs/{orgId}":                     "organizations_organization",
	"/orgs/{orgId}/apiKeys":             "programmaticApiKeys_organization",
	"/orgs/{orgId}/serviceAccounts":     "serviceAccounts_organization",
	"/orgs/{orgId}/settings":            "organizationSettings_organization",
	"/orgs/{orgId}/events":              "events_organization",
	"/eventTypes":                       "events_user",
	"/rateLimits":                       "rateLimitsInspection_user",
	"/api/oauth/token":                  TokenSet,
	// Asked by gateways, once for each request of somebody else.
	"/api/oauth":    none,
	"/api/latchkey": none,
}

// Find returns the set that a path belongs to, the zero Set for one that no
// set limits. It returns false for a path that nobody thought of.
func Find(path string) (Set, bool) {
	for at := path; ; {
		if id, ok := places[at]; ok {
			return byID(id), true
		}
		cut := strings.LastIndexByte(at, '/')
		if cut <= 0 {
			return Set{}, false
		}
		at = at[:cut]
	}
}

func byID(id string) Set {
	for _, s := range Sets() {
		if s.ID == id {
			return s
		}
	}
	return Set{}
}
