// Package ratelimit owns how often callers may call: the published endpoint
// sets as data, which path belongs to which of them, and the token buckets that
// count. It knows nothing of requests.
package ratelimit

import (
	"iter"
	"maps"
	"slices"
	"strings"
)

// Scope says who shares a bucket.
type Scope uint8

// The scopes.
const (
	ScopeProject      Scope = iota + 1 // all who call for one project
	ScopeOrganization                  // all callers of one organization
	ScopeUser                          // one caller
	ScopeAddress                       // one address
)

// String returns the published name of the scope.
func (s Scope) String() string {
	switch s {
	case ScopeProject:
		return "GROUP"
	case ScopeOrganization:
		return "ORGANIZATION"
	case ScopeUser:
		return "USER"
	case ScopeAddress:
		return "IP"
	}
	return ""
}

// RefillSeconds is the time in which Limit.Refill tokens come back.
const RefillSeconds = 60

// Limit is how large a bucket is and how fast it fills: Refill tokens in
// RefillSeconds, one by one. The zero Limit is none.
type Limit struct {
	Capacity int
	Refill   int
}

// Set is a set of endpoints that draw on the same buckets.
type Set struct {
	ID        string // such as "programmaticApiKeys_group"
	Name      string // such as "Programmatic API Keys"
	Scope     Scope
	Published Limit
}

// newSet makes the id of a set as the published example has it: the name in
// camel case, an underscore, and the scope in small letters (getRateLimit).
func newSet(name string, scope Scope, capacity, refill int) Set {
	words := strings.Fields(name)
	for i, w := range words {
		if i == 0 {
			words[i] = strings.ToLower(w)
		} else {
			words[i] = w[:1] + strings.ToLower(w[1:])
		}
	}
	id := strings.Join(words, "") + "_" + strings.ToLower(scope.String())
	return Set{ID: id, Name: name, Scope: scope, Published: Limit{capacity, refill}}
}

// Endpoint is a method with the pattern of a path.
type Endpoint struct{ Method, Path string }

// EndpointSet is a set with what belongs to it and the limit that it has here.
type EndpointSet struct {
	Set
	Limit     Limit // zero when the set is not limited
	Endpoints []Endpoint
}

// Limits says which sets are limited, by their ids. Sets that are not in it are
// not limited: nil limits nothing.
type Limits map[string]Limit

// Default returns what is limited when nobody asks for limits: failed attempts
// to log in at the token endpoint, as published.
func Default() Limits { return Limits{TokenSet: byID(TokenSet).Published} }

// Published returns the published limits of all sets.
func Published() Limits {
	l := make(Limits)
	for _, s := range Sets() {
		l[s.ID] = s.Published
	}
	return l
}

// With returns the limits with the rules put in the place of what they name.
func (l Limits) With(rules ...Rule) Limits {
	l = maps.Clone(l)
	if l == nil {
		l = make(Limits)
	}
	for _, r := range rules {
		if r.Limit == (Limit{}) {
			delete(l, r.Set)
		} else {
			l[r.Set] = r.Limit
		}
	}
	return l
}

// Serves reports whether the path is that of an endpoint of the set: its pattern
// itself, or a path with values in the place of the parameters.
func (s *EndpointSet) Serves(path string) bool {
	asked := strings.Split(path, "/")
	for _, e := range s.Endpoints {
		if slices.EqualFunc(strings.Split(e.Path, "/"), asked, fits) {
			return true
		}
	}
	return false
}

// fits reports whether the segment of a pattern takes the segment of a path.
func fits(pattern, segment string) bool {
	if pattern == segment {
		return true
	}
	before, rest, ok := strings.Cut(pattern, "{")
	_, after, closed := strings.Cut(rest, "}")
	return ok && closed && len(segment) > len(before)+len(after) && strings.HasPrefix(segment, before) && strings.HasSuffix(segment, after)
}

// EndpointSets returns the sets that endpoints belong to, with those endpoints
// and the limits. An endpoint is given with the path by which it is found, below
// its base, and its whole path.
func EndpointSets(l Limits, endpoints iter.Seq2[string, Endpoint]) []EndpointSet {
	at := make(map[string][]Endpoint)
	for below, e := range endpoints {
		set, _ := Find(below)
		if !slices.Contains(at[set.ID], e) {
			at[set.ID] = append(at[set.ID], e)
		}
	}
	var sets []EndpointSet
	for _, s := range Sets() {
		if e := at[s.ID]; e != nil {
			sets = append(sets, EndpointSet{Set: s, Limit: l[s.ID], Endpoints: e})
		}
	}
	return sets
}
