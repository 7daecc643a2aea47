package main

import (
	"math/rand/v2"
	"testing"
)

// TestShape: every project gets as many keys, no key is in a project twice, and
// none is in another organization's.
func TestShape(t *testing.T) {
	spread, quickSpread := fullShape(), quickShape()
	spread.Orgs, quickSpread.Orgs = 100, 10
	for _, s := range []shape{fullShape(), quickShape(), spread, quickSpread} {
		keys := make(map[int]int)
		for key := range s.Keys {
			in := make(map[int]bool)
			for n := range s.Each {
				p := s.project(key, n)
				if in[p] {
					t.Fatalf("%v: key %d is in project %d twice", s, key, p)
				}
				if p%s.Orgs != key%s.Orgs || p < 0 || p >= s.Projects {
					t.Fatalf("%v: key %d is in project %d", s, key, p)
				}
				in[p] = true
				keys[p]++
			}
		}
		for p := range s.Projects {
			if want := s.Keys * s.Each / s.Projects; keys[p] != want {
				t.Errorf("%v: project %d has %d keys, want %d", s, p, keys[p], want)
			}
		}
	}
}

// TestDraw: no two workers ever draw the same key.
func TestDraw(t *testing.T) {
	s := quickShape()
	const workers = 7
	owner := make(map[int]int)
	for w := range workers {
		r := rand.New(rand.NewPCG(1, uint64(w)))
		for range 5000 {
			m := s.draw(r, w, workers)
			if other, drawn := owner[m.Key]; drawn && other != w {
				t.Fatalf("key %d is drawn by workers %d and %d", m.Key, other, w)
			}
			owner[m.Key] = w
		}
	}
	if len(owner) != s.Keys {
		t.Errorf("%d of %d keys were drawn", len(owner), s.Keys)
	}
}

func TestOptions(t *testing.T) {
	o, err := parseOptions([]string{"--quick", "--connections", "1,8"})
	if err != nil || o.rounds != 1 || len(o.conns) != 2 {
		t.Errorf("%+v %v", o, err)
	}
	for _, args := range [][]string{{"--only", "nobody"}, {"--connections", "0"}, {"--connections", "x"}, {"--rounds", "0"}, {"more"}} {
		if _, err := parseOptions(args); err == nil {
			t.Errorf("%q is accepted", args)
		}
	}
}
