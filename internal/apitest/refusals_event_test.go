package apitest

import (
	"strings"

	"github.com/latchkey/latchkey"
)

// eventRefusals: ids of events that the caller cannot see, and filters that
// say nothing.
func eventRefusals() []refusal {
	var all []refusal
	for _, id := range []string{"x", "0123456789ABCDEF01234567", "0123456789abcdef012345678", "%C3%A9"} {
		for _, container := range []string{"/orgs/{org}", "/groups/{project}"} {
			all = append(all, refusal{code: latchkey.CodeMalformedEventID, call: "GET " + container + "/events/" + id,
				status: 400, error: "PATH_PARAM_PARSE_ERROR", params: p("{path}")})
		}
	}
	for _, id := range []string{"{unknown}", "{org}", "{project}", "000000000000000000000000", "ffffffffffffffffffffffff"} {
		all = append(all,
			refusal{code: latchkey.CodeOrgEventNotFound, call: "GET /orgs/{org}/events/" + id, status: 404, error: "ORG_EVENT_NOT_FOUND", params: p(id, "{org}")},
			refusal{code: latchkey.CodeEventNotFound, call: "GET /groups/{project}/events/" + id, status: 404, error: "EVENT_NOT_FOUND", params: p(id, "{project}")})
	}
	for _, query := range []string{
		"eventType=", "eventType=API_KEY_CREATED,", "eventType=api_key_created", "eventType=API_KEY_CREATED%0A", "eventType=API_KEY",
		"eventType=API_KEY_CREATED&eventType=%FF", "eventType=SOMETHING_ELSE", "eventType=%00", "eventType=API_KEY_CREATED%20,API_KEY_DELETED",
		"minDate=", "minDate=today", "minDate=2026-01-01", "minDate=2026-13-01T00:00:00Z", "minDate=2026-01-01T00:00:00Z&minDate=2026-01-01T00:00:00Z",
		"maxDate=1767225600", "maxDate=2026-01-01T24:00:00Z", "maxDate=2026-01-01%2000:00:00Z", "maxDate=2026-01-01T00:00:00+01:00",
		"includeRaw=", "includeRaw=1", "pageNum=0", "itemsPerPage=501",
	} {
		name, _, _ := strings.Cut(query, "=")
		for _, list := range []string{"/orgs/{org}/events", "/groups/{project}/events"} {
			all = append(all, refusal{code: latchkey.CodeInvalidQuery, call: "GET " + list + "?" + query,
				status: 400, error: "INVALID_QUERY_PARAMETER", params: p(name)})
		}
	}
	for _, query := range []string{"excludedEventType=", "excludedEventType=x", "clusterNames=", "clusterNames=a,,b", "clusterNames=%FF"} {
		name, _, _ := strings.Cut(query, "=")
		all = append(all, refusal{code: latchkey.CodeInvalidQuery, call: "GET /groups/{project}/events?" + query,
			status: 400, error: "INVALID_QUERY_PARAMETER", params: p(name)})
	}
	for _, one := range []string{"GET /orgs/{org}/events/{unknown}?includeRaw=x", "GET /groups/{project}/events/{unknown}?includeRaw=x"} {
		all = append(all, refusal{code: latchkey.CodeInvalidQuery, call: one, status: 400, error: "INVALID_QUERY_PARAMETER", params: p("includeRaw")})
	}
	return append(all,
		refusal{code: latchkey.CodeOrganizationNotFound, call: "GET /orgs/{otherOrg}/events", status: 404, error: "ORG_NOT_FOUND", params: p("{otherOrg}")},
		refusal{code: latchkey.CodeProjectNotFound, call: "GET /groups/{otherProject}/events", status: 404, error: "GROUP_NOT_FOUND", params: p("{otherProject}")},
		refusal{code: latchkey.CodeProjectNotFound, call: "GET /groups/{gone}/events", status: 404, error: "GROUP_NOT_FOUND", params: p("{gone}")},
		refusal{code: latchkey.CodeProjectNotReachable, on: v2, by: "loose", call: "GET /groups/{project}/events?eventType=x", status: 401, error: "USER_CANNOT_ACCESS_GROUP"},
		refusal{code: latchkey.CodeProjectNotReachable, on: v1, by: "loose", call: "GET /groups/{project}/events?eventType=x", status: 401, error: "NOT_IN_GROUP"},
	)
}
