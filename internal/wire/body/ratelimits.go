package body

import (
	"net/netip"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/ratelimit"
	"github.com/latchkey/latchkey/internal/wire"
)

// RateLimitsOf are the parameters that say whose limits are asked for.
var RateLimitsOf = []wire.Param{
	{Name: "groupId", Description: "Id of a project: limits shared by all who call for it.", Schema: id,
		Codes: []latchkey.Code{latchkey.CodeProjectNotFound}},
	{Name: "orgId", Description: "Id of the caller's organization: limits shared by all its callers.", Schema: id,
		Codes: []latchkey.Code{latchkey.CodeOrganizationNotFound}},
	{Name: "userId", Description: "Id of the caller: limits of its own.", Schema: text,
		Codes: []latchkey.Code{latchkey.CodeUserNotFound}},
	{Name: "ipAddress", Description: "An address: limits shared by all who call from one.", Schema: text},
}

// RateLimitsQuery are the parameters of the list of endpoint sets.
var RateLimitsQuery = append([]wire.Param{
	{Name: "endpointPath", Schema: text,
		Description: "Path of an endpoint that a set must hold, with its parameters or with values in their place."},
	{Name: "name", Description: "Part of the name, in any case, that a set must have.", Schema: text},
}, RateLimitsOf...)

// DecodeRateLimits reads a request for the endpoint sets.
func DecodeRateLimits(r *wire.Request) op.RateLimitsInput {
	in := op.RateLimitsInput{RateLimitsOf: rateLimitsOf(r), Page: r.Paging.Page}
	in.Name, _ = r.QueryText("name")
	in.Path, _ = r.QueryText("endpointPath")
	return in
}

// DecodeRateLimit reads a request for one endpoint set.
func DecodeRateLimit(r *wire.Request) op.RateLimitInput {
	return op.RateLimitInput{RateLimitsOf: rateLimitsOf(r), Set: r.Path("endpointSetId")}
}

func rateLimitsOf(r *wire.Request) (of op.RateLimitsOf) {
	of.Org, of.Project = queryID[latchkey.OrgID](r, "orgId"), queryID[latchkey.ProjectID](r, "groupId")
	user, given := r.QueryText("userId")
	if of.User = user; given && user == "" {
		r.Refuse(op.RankQuery, latchkey.Refuse(latchkey.CodeInvalidQuery, "userId"))
	}
	if text, given := r.QueryText("ipAddress"); given {
		addr, err := netip.ParseAddr(text)
		if err != nil || addr.Zone() != "" {
			r.Refuse(op.RankQuery, latchkey.Refuse(latchkey.CodeInvalidQuery, "ipAddress"))
		}
		of.Address = addr
	}
	return of
}

// queryID reads an id of the query; it is "" when there is none.
func queryID[T ~string](r *wire.Request, name string) T {
	text, given := r.QueryText(name)
	if !given {
		return ""
	}
	id, ok := latchkey.ParseID[T](text)
	if !ok {
		r.Refuse(op.RankQuery, latchkey.Refuse(latchkey.CodeInvalidQuery, name))
	}
	return id
}

// EncodeEndpointSets writes a page of endpoint sets.
func EncodeEndpointSets(a *wire.Answer, page op.EndpointSetPage) {
	a.List(len(page.Sets), page.Total, func(i int) { EncodeEndpointSet(a, page.Sets[i]) })
}

// EncodeEndpointSet writes an endpoint set. The value of a set that is not
// limited is the published one, which is the default.
func EncodeEndpointSet(a *wire.Answer, s ratelimit.EndpointSet) {
	l := s.Limit
	if l == (ratelimit.Limit{}) {
		l = s.Published
	}
	value := func(name string, published, inForce int) {
		a.Raw(name + `{"defaultValue":`)
		a.Int(int64(published))
		a.Raw(`,"value":`)
		a.Int(int64(inForce))
		a.Raw("}")
	}
	value(`{"capacity":`, s.Published.Capacity, l.Capacity)
	a.Raw(`,"endpointSetId":`)
	a.String(s.ID)
	a.Raw(`,"endpointSetName":`)
	a.String(s.Name)
	a.Raw(`,"endpoints":[`)
	for i, e := range s.Endpoints {
		if i > 0 {
			a.Raw(",")
		}
		a.Raw(`{"method":`)
		a.String(e.Method)
		a.Raw(`,"path":`)
		a.String(e.Path)
		a.Raw("}")
	}
	a.Raw("]")
	value(`,"refillDurationSeconds":`, ratelimit.RefillSeconds, ratelimit.RefillSeconds)
	value(`,"refillRate":`, s.Published.Refill, l.Refill)
	a.Raw(`,"scope":`)
	a.String(s.Scope.String())
	a.Raw("}")
}

// EndpointSet describes an endpoint set.
var EndpointSet = &wire.Schema{Name: "RateLimitEndpointSetResponse", Type: "object",
	Description: "Endpoints that draw on the same bucket of tokens, and how large that is.",
	Properties: []wire.Property{
		{Name: "capacity", Schema: limitValue("RateLimitEndpointSetCapacity"), Required: true},
		{Name: "endpointSetId", Schema: text, Required: true},
		{Name: "endpointSetName", Schema: text, Required: true},
		{Name: "endpoints", Schema: &wire.Schema{Type: "array", MaxItems: 100, Items: endpoint}, Required: true},
		{Name: "refillDurationSeconds", Schema: limitValue("RateLimitEndpointSetRefillDurationSeconds"), Required: true},
		{Name: "refillRate", Schema: limitValue("RateLimitEndpointSetRefillRate"), Required: true},
		{Name: "scope", Schema: &wire.Schema{Type: "string", Enum: []string{"GROUP", "IP", "ORGANIZATION", "USER"}}, Required: true},
	}}

// EndpointSets describes a page of endpoint sets.
var EndpointSets = Page("PaginatedRateLimitEndpointSets", EndpointSet)

var endpoint = &wire.Schema{Name: "RateLimitEndpointSetEndpoint", Type: "object", Properties: []wire.Property{
	{Name: "method", Schema: &wire.Schema{Type: "string", Enum: []string{"DELETE", "GET", "PATCH", "POST", "PUT"}}, Required: true},
	{Name: "path", Schema: text, Required: true},
}}

// limitValue describes a number of a limit: the published one and the one here.
func limitValue(name string) *wire.Schema {
	return &wire.Schema{Name: name, Type: "object", Properties: []wire.Property{
		{Name: "defaultValue", Schema: number, Required: true}, {Name: "value", Schema: number, Required: true},
	}}
}
