package op

import (
	"net/netip"
	"strings"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/policy"
	"github.com/latchkey/latchkey/internal/ratelimit"
)

// RateLimitsOf says whose limits are asked for. Each part that is given adds the
// sets of its scope; without any, those of every scope are meant.
type RateLimitsOf struct {
	Org     latchkey.OrgID
	Project latchkey.ProjectID
	User    string     // an id of a key or a service account; the caller's own
	Address netip.Addr // the zero Addr when none is given
}

// Scope implements Input.
func (of RateLimitsOf) Scope() policy.Scope {
	return policy.Scope{Org: of.Org, Project: of.Project}
}

// admits reports whether sets of the scope are meant.
func (of RateLimitsOf) admits(s ratelimit.Scope) bool {
	given := map[ratelimit.Scope]bool{}
	if of.Org != "" {
		given[ratelimit.ScopeOrganization] = true
	}
	if of.Project != "" {
		given[ratelimit.ScopeProject] = true
	}
	if of.User != "" {
		given[ratelimit.ScopeUser] = true
	}
	if of.Address.IsValid() {
		given[ratelimit.ScopeAddress] = true
	}
	return len(given) == 0 || given[s]
}

// RateLimitsInput asks for a page of the endpoint sets.
type RateLimitsInput struct {
	RateLimitsOf
	Name string // part of the name of a set, in any case
	Path string // of an endpoint, with parameters or with values in their place
	Page latchkey.Page
}

// RateLimitInput names an endpoint set.
type RateLimitInput struct {
	RateLimitsOf
	Set string
}

// EndpointSetPage is a page of endpoint sets and how many there are on all pages.
type EndpointSetPage struct {
	Sets  []ratelimit.EndpointSet
	Total int
}

// ListRateLimits lists the endpoint sets with their limits.
var ListRateLimits = &Op[RateLimitsInput, EndpointSetPage]{
	Info: Info{
		Name: "listRateLimits", Summary: "List the rate limits",
		Rule: policy.Rule{Gate: policy.GateAnyone},
	},
	run: func(env *Env, in RateLimitsInput) (EndpointSetPage, error) {
		sets, err := env.endpointSets(in.RateLimitsOf, func(s *ratelimit.EndpointSet) bool {
			return strings.Contains(strings.ToLower(s.Name), strings.ToLower(in.Name)) && (in.Path == "" || s.Serves(in.Path))
		})
		if err != nil {
			return EndpointSetPage{}, err
		}
		from := min(in.Page.Offset(), len(sets))
		return EndpointSetPage{sets[from:min(from+in.Page.Size, len(sets))], len(sets)}, nil
	},
}

// GetRateLimit returns one endpoint set with its limit.
var GetRateLimit = &Op[RateLimitInput, ratelimit.EndpointSet]{
	Info: Info{
		Name: "getRateLimit", Summary: "Get a rate limit",
		Rule: policy.Rule{Gate: policy.GateAnyone},
	},
	run: func(env *Env, in RateLimitInput) (ratelimit.EndpointSet, error) {
		sets, err := env.endpointSets(in.RateLimitsOf, func(s *ratelimit.EndpointSet) bool { return s.ID == in.Set })
		if err != nil {
			return ratelimit.EndpointSet{}, err
		}
		if len(sets) == 0 {
			return ratelimit.EndpointSet{}, latchkey.Refuse(latchkey.CodeEndpointSetNotFound, in.Set)
		}
		return sets[0], nil
	},
}

// endpointSets returns the sets that are meant and wanted, in their order. That
// an organization or a project is the caller's own was seen when it was found.
func (env *Env) endpointSets(of RateLimitsOf, wanted func(*ratelimit.EndpointSet) bool) ([]ratelimit.EndpointSet, error) {
	if of.User != "" && of.User != string(env.Caller.ID) {
		return nil, latchkey.Refuse(latchkey.CodeUserNotFound, of.User)
	}
	var sets []ratelimit.EndpointSet
	for i := range env.service.sets {
		if s := &env.service.sets[i]; of.admits(s.Scope) && wanted(s) {
			sets = append(sets, *s)
		}
	}
	return sets, nil
}
