package sqlstore

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
)

// benchID makes the n-th id of a kind.
func benchID[T ~string](kind, n int) T { return T(fmt.Sprintf("%08x%016x", kind, n)) }

var (
	benchOrg    = benchID[latchkey.OrgID](1, 0)
	benchReader = latchkey.Roles(latchkey.GroupReadOnly)
	benchOwner  = latchkey.Roles(latchkey.GroupOwner, latchkey.GroupDataAccessAdmin)
)

func benchPublicKey(n int) latchkey.PublicKey { return latchkey.PublicKey(fmt.Sprintf("%08d", n)) }

// benchStore makes an organization with keys that each hold roles in all of
// its projects.
func benchStore(b *testing.B, keys, projects int) *Store {
	b.Helper()
	s := open(b, b.TempDir(), Options{})
	var text []byte
	for n := range projects {
		text = append(text, latchkey.ProjectRoles{}.With(benchID[latchkey.ProjectID](2, n), benchReader).Text()...)
	}
	roles, err := latchkey.LoadProjectRoles(string(text))
	if err != nil {
		b.Fatal(err)
	}
	err = s.Update(background, func(tx latchkey.Tx) error {
		if err := tx.InsertOrganization(latchkey.Organization{ID: benchOrg}); err != nil {
			return err
		}
		for n := range projects {
			p := latchkey.Project{OrgID: benchOrg, ID: benchID[latchkey.ProjectID](2, n), Name: fmt.Sprint("project ", n)}
			if err := tx.InsertProject(p); err != nil {
				return err
			}
		}
		for n := range keys {
			k := latchkey.APIKey{Principal: latchkey.Principal{
				OrgID: benchOrg, ID: benchID[latchkey.PrincipalID](3, n), PublicKey: benchPublicKey(n), Desc: fmt.Sprint("key ", n),
				OrgRoles: latchkey.Roles(latchkey.OrgMember), ProjectRoles: roles, Created: time.Unix(1700000000, 0),
			}, PrivateTail: "0123456789ab", SealedMD5: make([]byte, 61), SealedSHA256: make([]byte, 77)}
			if err := tx.InsertKey(k); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// share runs f b.N times in that many goroutines.
func share(b *testing.B, goroutines int, f func(n int) error) {
	b.Helper()
	b.ReportAllocs()
	b.ResetTimer()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for n := int(next.Add(1)); n <= b.N; n = int(next.Add(1)) {
				if err := f(n); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
}

// BenchmarkView reads what a request that gets a key reads: its caller's
// credential, and the key.
func BenchmarkView(b *testing.B) {
	for _, projects := range []int{10, 5000} {
		for _, goroutines := range []int{1, 64} {
			b.Run(fmt.Sprintf("projects=%d/goroutines=%d", projects, goroutines), func(b *testing.B) {
				const keys = 100
				s := benchStore(b, min(keys, 50000/projects), projects)
				share(b, goroutines, func(n int) error {
					n %= min(keys, 50000/projects)
					return s.View(background, func(r latchkey.Reader) error {
						if _, err := r.Credential(string(benchPublicKey(0)), benchID[latchkey.ProjectID](2, 0)); err != nil {
							return err
						}
						_, err := r.Key(benchOrg, benchID[latchkey.PrincipalID](3, n))
						return err
					})
				})
			})
		}
	}
}

// BenchmarkKeys reads a page of 100 keys.
func BenchmarkKeys(b *testing.B) {
	s := benchStore(b, 500, 10)
	share(b, 1, func(n int) error {
		return s.View(background, func(r latchkey.Reader) error {
			_, _, err := r.Keys(benchOrg, latchkey.Page{Number: 1 + n%5, Size: 100})
			return err
		})
	})
}

// replaceRoles is the change that the server is for, without its decisions.
func replaceRoles(s *Store, n, keys, projects int) error {
	return s.Update(background, func(tx latchkey.Tx) error {
		caller, err := tx.Credential(string(benchPublicKey(0)), benchID[latchkey.ProjectID](2, 0))
		if err != nil {
			return err
		}
		if err := tx.UseNonce(benchOrg, fmt.Sprintf("%032x", n), 1, time.Unix(1700000060, 0)); err != nil {
			return err
		}
		k, err := tx.Key(benchOrg, benchID[latchkey.PrincipalID](3, n%keys))
		if err != nil {
			return err
		}
		after, project, roles := k, benchID[latchkey.ProjectID](2, n%projects), benchOwner
		if k.ProjectRoles.Get(project) == roles {
			roles = benchReader
		}
		after.ProjectRoles = k.ProjectRoles.With(project, roles)
		if err := tx.UpdatePrincipal(k.Principal, after.Principal); err != nil {
			return err
		}
		return tx.AppendEvent(&latchkey.Event{
			OrgID: benchOrg, ID: latchkey.NewID[latchkey.EventID](tx.Now()), Created: tx.Now(), Type: latchkey.EventKeyRolesChanged,
			Source: latchkey.SourceAPI, Operation: "replaceProjectRoles", CallerID: caller.Caller.ID,
			CallerPublicKey: caller.Caller.PublicKey, RemoteAddress: "127.0.0.1", ProjectID: project,
			TargetID: k.ID, TargetPublicKey: k.PublicKey,
			Change: latchkey.Change{ProjectRoles: roles.Names(), RolesBefore: benchReader.Names()},
		})
	})
}

// BenchmarkUpdate replaces a key's roles in one project, with a nonce and an
// event. Beside it stands BenchmarkFlush.
func BenchmarkUpdate(b *testing.B) {
	for _, projects := range []int{10, 5000} {
		for _, goroutines := range []int{1, 64} {
			b.Run(fmt.Sprintf("projects=%d/goroutines=%d", projects, goroutines), func(b *testing.B) {
				keys := min(100, 50000/projects)
				s := benchStore(b, keys, projects)
				before := s.Stats()
				share(b, goroutines, func(n int) error { return replaceRoles(s, n, keys, projects) })
				b.ReportMetric(float64(s.Stats().Commits-before.Commits)/float64(b.N), "flushes/op")
			})
		}
	}
}

// BenchmarkRefused is a change that finds nothing to do: it costs no flush.
func BenchmarkRefused(b *testing.B) {
	s := benchStore(b, 10, 10)
	before := s.Stats()
	share(b, 64, func(n int) error {
		err := s.Update(background, func(tx latchkey.Tx) error {
			_, err := tx.Credential("unknown!", "")
			return err
		})
		if err == latchkey.ErrNotFound {
			return nil
		}
		return err
	})
	b.ReportMetric(float64(s.Stats().Commits-before.Commits)/float64(b.N), "flushes/op")
}

// BenchmarkFlush is what the disk does at best: a file that grows by as much
// as a change writes to the log, flushed each time.
func BenchmarkFlush(b *testing.B) {
	f, err := os.Create(filepath.Join(b.TempDir(), "flush"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	data := make([]byte, 4*4120)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.Write(data); err != nil {
			b.Fatal(err)
		}
		if err := syscall.Fdatasync(int(f.Fd())); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDeleteProject deletes a project in which 10,000 keys hold roles.
func BenchmarkDeleteProject(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		s := benchStore(b, 10000, 10)
		b.StartTimer()
		err := s.Update(background, func(tx latchkey.Tx) error {
			_, err := tx.DeleteProject(benchOrg, benchID[latchkey.ProjectID](2, 3), "", tx.Now())
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOpen makes a new store.
func BenchmarkOpen(b *testing.B) {
	dir := b.TempDir()
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		s, err := Open(filepath.Join(dir, fmt.Sprint(n)), Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
