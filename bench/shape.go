package main

import (
	"fmt"
	"math/rand/v2"
)

// shape is the size of the data set. Every system gets the same.
type shape struct {
	Keys     int // API keys
	Projects int
	Each     int // projects that each key is in, with two roles in each
	Orgs     int // organizations that keys and projects are spread over
}

// fullShape is the yardstick: 200,000 assignments, 100 keys a project.
func fullShape() shape { return shape{Keys: 10_000, Projects: 1_000, Each: 10, Orgs: 1} }

// quickShape is a tenth of it.
func quickShape() shape { return shape{Keys: 1_000, Projects: 100, Each: 10, Orgs: 1} }

func (s shape) String() string {
	return fmt.Sprintf("%d keys, %d projects, each key in %d with 2 roles, %d organizations", s.Keys, s.Projects, s.Each, s.Orgs)
}

// project returns the n-th project of a key. Keys and projects of the same
// remainder belong to the same organization, and every project gets as many keys.
func (s shape) project(key, n int) int {
	perOrg := s.Projects / s.Orgs
	org := key % s.Orgs
	return org + s.Orgs*((key/s.Orgs+n*(perOrg/s.Each))%perOrg)
}

// membership is one key in one project.
type membership struct {
	Key     int
	Project int
}

// draw returns a membership of a key that is the worker's own: no two workers
// ever change the same key.
func (s shape) draw(r *rand.Rand, worker, workers int) membership {
	own := (s.Keys - worker + workers - 1) / workers // keys worker, worker+workers, …
	key := worker + workers*r.IntN(own)
	return membership{key, s.project(key, r.IntN(s.Each))}
}

// anyMembership returns one of all memberships.
func (s shape) anyMembership(r *rand.Rand) membership {
	key := r.IntN(s.Keys)
	return membership{key, s.project(key, r.IntN(s.Each))}
}

// roleSets are the two sets between which changes alternate: two roles each.
var roleSets = [2][2]string{
	{"GROUP_READ_ONLY", "GROUP_DATA_ACCESS_READ_ONLY"},
	{"GROUP_READ_ONLY", "GROUP_CLUSTER_MANAGER"},
}
