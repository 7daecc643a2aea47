package sqlstore

import (
	"fmt"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
)

// What the feed benchmarks list: a million events, one a second, of five
// projects and none in turn, and of five types. A member holds roles in two of
// the projects.
const (
	benchEvents   = 1_000_000
	benchProjects = 5
)

var (
	benchStart = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	benchTypes = []latchkey.EventType{
		latchkey.EventKeyRolesChanged, latchkey.EventKeyCreated, latchkey.EventKeyDeleted,
		latchkey.EventEntryAdded, latchkey.EventKeyAddedToProject,
	}
	benchMember = benchID[latchkey.PrincipalID](3, 1)
)

// fillEvents makes a store with the events, of the projects and of none in turn;
// the member holds roles in the first of them. A million takes a minute or so.
func fillEvents(b *testing.B, events, projects, own int) *Store {
	b.Helper()
	s := open(b, b.TempDir(), Options{})
	member := latchkey.APIKey{Principal: latchkey.Principal{OrgID: benchOrg, ID: benchMember, PublicKey: benchPublicKey(1)}}
	must := func(f func(latchkey.Tx) error) {
		b.Helper()
		if err := s.Update(background, f); err != nil {
			b.Fatal(err)
		}
	}
	must(func(tx latchkey.Tx) error {
		if err := tx.InsertOrganization(latchkey.Organization{ID: benchOrg}); err != nil {
			return err
		}
		for n := range projects {
			p := latchkey.Project{OrgID: benchOrg, ID: benchID[latchkey.ProjectID](2, n), Name: fmt.Sprint("project ", n)}
			if err := tx.InsertProject(p); err != nil {
				return err
			}
			if n < own {
				member.ProjectRoles = member.ProjectRoles.With(p.ID, benchReader)
			}
		}
		return tx.InsertKey(member)
	})
	for done := 0; done < events; {
		must(func(tx latchkey.Tx) error {
			for ; done < events; done++ {
				at := benchStart.Add(time.Duration(done) * time.Second)
				e := latchkey.Event{
					OrgID: benchOrg, ID: latchkey.NewID[latchkey.EventID](at), Created: at, Source: latchkey.SourceAPI,
					Type: benchTypes[done/7%len(benchTypes)], Operation: "updateGroupApiKeyRoles",
					CallerID: benchMember, CallerPublicKey: benchPublicKey(1), RemoteAddress: "192.0.2.1",
					TargetID: benchID[latchkey.PrincipalID](3, 2), TargetPublicKey: benchPublicKey(2),
					Change: latchkey.Change{ProjectRoles: benchOwner.Names(), RolesBefore: benchReader.Names()},
				}
				if n := done % (projects + 1); n < projects {
					e.ProjectID = benchID[latchkey.ProjectID](2, n)
				}
				if err := tx.AppendEvent(&e); err != nil {
					return err
				}
				if done%2000 == 1999 {
					done++
					return nil
				}
			}
			return nil
		})
	}
	return s
}

// BenchmarkEventFeed reads pages of 100 of a million events, with the count of
// all pages.
func BenchmarkEventFeed(b *testing.B) {
	s := fillEvents(b, benchEvents, benchProjects, 2)
	half := benchStart.Add(benchEvents / 2 * time.Second)
	for _, c := range []struct {
		name   string
		filter latchkey.EventFilter
	}{
		{"all", latchkey.EventFilter{}},
		{"project", latchkey.EventFilter{Project: benchID[latchkey.ProjectID](2, 1)}},
		{"type", latchkey.EventFilter{Types: benchTypes[:1]}},
		{"types", latchkey.EventFilter{Types: benchTypes[:4]}},
		{"project+type", latchkey.EventFilter{Project: benchID[latchkey.ProjectID](2, 1), Types: benchTypes[:1]}},
		{"member", latchkey.EventFilter{Reader: benchMember}},
		{"date", latchkey.EventFilter{From: half}},
		{"date+type", latchkey.EventFilter{From: half, Types: benchTypes[:1]}},
	} {
		for _, number := range []int{1, 1000} {
			b.Run(fmt.Sprintf("by=%s/page=%d", c.name, number), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					err := s.View(background, func(r latchkey.Reader) error {
						_, _, err := r.EventFeed(benchOrg, c.filter, latchkey.Page{Number: number, Size: 100})
						return err
					})
					if err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkEventFeedOfManyProjects reads pages of 300,000 events as a
// member that holds roles in 3,000 projects, which is what an event list can
// cost most.
func BenchmarkEventFeedOfManyProjects(b *testing.B) {
	const events, projects = 300_000, 3_000
	s := fillEvents(b, events, projects, projects)
	member := latchkey.EventFilter{Reader: benchMember}
	types := latchkey.EventFilter{Reader: benchMember, Types: benchTypes[:4]}
	uncounted := latchkey.EventFilter{Reader: benchMember, Types: benchTypes[:4], Uncounted: true}
	for _, c := range []struct {
		name   string
		filter latchkey.EventFilter
		page   latchkey.Page
	}{
		{"by=member/page=1", member, latchkey.Page{Number: 1, Size: 100}},
		{"by=member/page=1500", member, latchkey.Page{Number: 1500, Size: 100}},
		{"by=member/page=3000", member, latchkey.Page{Number: 3000, Size: 100}},
		{"by=member+types/page=1", types, latchkey.Page{Number: 1, Size: 100}},
		{"by=member+types/page=1200", types, latchkey.Page{Number: 1200, Size: 100}},
		{"by=member+types/page=2400", types, latchkey.Page{Number: 2400, Size: 100}},
		{"by=member+types/page=240of500", types, latchkey.Page{Number: 240, Size: 500}},
		{"by=member+types/page=120000of1", types, latchkey.Page{Number: 120_000, Size: 1}},
		{"by=member+types/uncounted/page=1", uncounted, latchkey.Page{Number: 1, Size: 100}},
		{"by=member+types/uncounted/page=1200", uncounted, latchkey.Page{Number: 1200, Size: 100}},
		{"by=member+types/uncounted/page=240of500", uncounted, latchkey.Page{Number: 240, Size: 500}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				err := s.View(background, func(r latchkey.Reader) error {
					_, _, err := r.EventFeed(benchOrg, c.filter, c.page)
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
