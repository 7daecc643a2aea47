package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/latchkey/latchkey"
)

// errRefused is what the functions of this suite refuse with.
var errRefused = errors.New("refused by the test")

func testFailedUpdate(t *testing.T, target Target) {
	s := target.Open(t)
	k := inProjects(apiKey(1, 1), owner, projectID(1))
	insert(t, s, organization(1), project(1, 1), k)
	err := s.Update(background, func(tx latchkey.Tx) error {
		for _, step := range []func() error{
			func() error { return tx.InsertOrganization(organization(2)) },
			func() error { return tx.InsertProject(project(1, 2)) },
			func() error { return tx.InsertKey(inProjects(apiKey(1, 2), owner, projectID(2))) },
			func() error {
				return tx.UpdatePrincipal(k.Principal, inProjects(k, readOnly, projectID(1), projectID(2)).Principal)
			},
			func() error { _, err := tx.DeleteProject(orgID(1), projectID(1), "", start); return err },
			func() error { return tx.UseNonce(orgID(1), "n", 1, start) },
			func() error { return tx.InsertAccount(account(1, 3)) },
			func() error { return tx.RevokeToken(orgID(1), latchkey.TokenHash{1}, start) },
			func() error { return tx.InsertCheckpoint(checkpoint(1, 1)) },
			func() error { return tx.AppendEvent(&latchkey.Event{OrgID: orgID(1)}) },
		} {
			if err := step(); err != nil {
				return err
			}
		}
		return errRefused
	})
	if err != errRefused {
		t.Fatalf("got error %v, want that of the function itself", err)
	}
	equal(t, "key", readKey(t, s, orgID(1), k.ID), k)
	equal(t, "events", checkChain(t, s, orgID(1)), nil)
	for what, read := range map[string]func(latchkey.Reader) error{
		"organization":    func(r latchkey.Reader) error { _, err := r.Organization(orgID(2)); return err },
		"project":         func(r latchkey.Reader) error { _, err := r.Project(orgID(1), projectID(2)); return err },
		"key":             func(r latchkey.Reader) error { _, err := r.Key(orgID(1), keyID(2)); return err },
		"credential":      func(r latchkey.Reader) error { _, err := r.Credential(string(publicKey(2)), ""); return err },
		"deleted project": func(r latchkey.Reader) error { _, err := r.DeletedProject(orgID(1), projectID(1)); return err },
		"account":         func(r latchkey.Reader) error { _, err := r.Account(orgID(1), accountID(3)); return err },
		"login":           func(r latchkey.Reader) error { _, err := r.Credential(string(accountID(3)), ""); return err },
		"checkpoint":      func(r latchkey.Reader) error { _, err := r.LastCheckpoint(orgID(1)); return err },
	} {
		if err := s.View(background, read); err != latchkey.ErrNotFound {
			t.Errorf("%s of a failed change: got %v, want ErrNotFound", what, err)
		}
	}
	view(t, s, func(r latchkey.Reader) error {
		revoked, err := r.TokenRevoked(orgID(1), latchkey.TokenHash{1})
		equal(t, "token revoked by a failed change", revoked, false)
		return err
	})
}

// together starts all functions at once and returns their errors.
func together(s latchkey.Store, fs ...func(latchkey.Tx) error) []error {
	errs := make([]error, len(fs))
	var wg sync.WaitGroup
	for i, f := range fs {
		wg.Go(func() {
			defer func() {
				if v := recover(); v != nil {
					errs[i] = fmt.Errorf("panic: %v", v)
				}
			}()
			errs[i] = s.Update(background, f)
		})
	}
	wg.Wait()
	return errs
}

// testNeighboursOfFailure runs changes that fail between changes that do not.
func testNeighboursOfFailure(t *testing.T, target Target) {
	s := target.Open(t)
	insert(t, s, organization(1), project(1, 0), apiKey(1, 0))
	var fs []func(latchkey.Tx) error
	for n := 1; n <= 60; n++ {
		fs = append(fs, func(tx latchkey.Tx) error {
			if err := tx.InsertProject(project(1, n)); err != nil {
				return err
			}
			switch n % 5 {
			case 1:
				return errRefused
			case 2:
				panic("raised by the test")
			case 3: // a statement fails
				return tx.UpdatePrincipal(apiKey(1, 0).Principal, inProjects(apiKey(1, 0), owner, projectID(999)).Principal)
			}
			return tx.AppendEvent(&latchkey.Event{OrgID: orgID(1)})
		})
	}
	kept := 0
	for i, err := range together(s, fs...) {
		n := i + 1
		stays := n%5 == 0 || n%5 == 4
		if stays != (err == nil) {
			t.Errorf("change %d: %v", n, err)
		}
		if stays {
			kept++
		}
		view(t, s, func(r latchkey.Reader) error {
			if _, err := r.Project(orgID(1), projectID(n)); stays != (err == nil) {
				t.Errorf("project %d afterwards: %v", n, err)
			}
			return nil
		})
	}
	equal(t, "events", len(checkChain(t, s, orgID(1))), kept)
}

// testIgnoredFailure: a function that passes over a failed statement cannot succeed.
func testIgnoredFailure(t *testing.T, target Target) {
	s := target.Open(t)
	insert(t, s, organization(1), apiKey(1, 1))
	err := s.Update(background, func(tx latchkey.Tx) error {
		if err := tx.InsertProject(project(1, 1)); err != nil {
			return err
		}
		_ = tx.InsertOrganization(organization(1)) // is there already
		_ = tx.InsertProject(project(1, 2))
		return nil
	})
	if err == nil {
		t.Error("a failed statement was passed over")
	}
	view(t, s, func(r latchkey.Reader) error {
		_, n, err := r.Projects(orgID(1), "", latchkey.Page{Number: 1, Size: 9})
		equal(t, "projects", n, 0)
		return err
	})
}

func testPanic(t *testing.T, target Target) {
	s := target.Open(t)
	insert(t, s, organization(1))
	cause := errors.New("raised by the test")
	raised := func(f func()) (v any) {
		defer func() { v = recover() }()
		f()
		return nil
	}
	v := raised(func() {
		_ = s.Update(background, func(tx latchkey.Tx) error {
			if err := tx.InsertProject(project(1, 1)); err != nil {
				return err
			}
			panic(cause)
		})
	})
	if err, ok := v.(error); !ok || !errors.Is(err, cause) {
		t.Errorf("Update raised %v, want %v", v, cause)
	}
	v = raised(func() { _ = s.View(background, func(latchkey.Reader) error { panic(cause) }) })
	if err, ok := v.(error); !ok || !errors.Is(err, cause) {
		t.Errorf("View raised %v, want %v", v, cause)
	}
	insert(t, s, project(1, 1)) // is not there, and the store lives
	for range 20 {              // no connection is lost
		_ = raised(func() { _ = s.View(background, func(latchkey.Reader) error { panic(cause) }) })
	}
	view(t, s, func(r latchkey.Reader) error { _, err := r.Project(orgID(1), projectID(1)); return err })
}

func testNoWritesInView(t *testing.T, target Target) {
	s := target.Open(t)
	view(t, s, func(r latchkey.Reader) error {
		if _, ok := r.(latchkey.Tx); ok {
			t.Error("a view can write")
		}
		return nil
	})
	viewFails(t, s, errRefused, func(latchkey.Reader) error { return errRefused })
}

// testSnapshot changes things while a view looks at them.
func testSnapshot(t *testing.T, target Target) {
	s := target.Open(t)
	insert(t, s, organization(1), project(1, 1))
	view(t, s, func(r latchkey.Reader) error {
		before, err := r.Project(orgID(1), projectID(1))
		if err != nil {
			return err
		}
		renamed := before
		renamed.Name = "renamed"
		update(t, s, func(tx latchkey.Tx) error { return tx.UpdateProject(renamed) })
		after, err := r.Project(orgID(1), projectID(1))
		equal(t, "project in the same view", after, before)
		return err
	})
	view(t, s, func(r latchkey.Reader) error {
		p, err := r.Project(orgID(1), projectID(1))
		equal(t, "name in a later view", p.Name, "renamed")
		return err
	})
}

func testUseAfterEnd(t *testing.T, target Target) {
	s := target.Open(t)
	insert(t, s, organization(1))
	var r latchkey.Reader
	var tx latchkey.Tx
	view(t, s, func(in latchkey.Reader) error { r = in; return nil })
	update(t, s, func(in latchkey.Tx) error { tx = in; return nil })
	if _, err := r.Organization(orgID(1)); err == nil {
		t.Error("a reader reads after the end of its view")
	}
	if err := tx.InsertProject(project(1, 1)); err == nil {
		t.Error("a tx writes after the end of its update")
	}
}

func testCancelledContext(t *testing.T, target Target) {
	s := target.Open(t)
	ctx, cancel := context.WithCancel(background)
	cancel()
	err := s.Update(ctx, func(latchkey.Tx) error { t.Error("run"); return nil })
	if !errors.Is(err, latchkey.ErrUnavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("Update with an ended context: %v", err)
	}
	// Once begun, a change is carried through.
	ctx, cancel = context.WithCancel(background)
	err = s.Update(ctx, func(tx latchkey.Tx) error {
		cancel()
		return tx.InsertOrganization(organization(1))
	})
	if err != nil {
		t.Errorf("Update whose context ended while it ran: %v", err)
	}
	view(t, s, func(r latchkey.Reader) error { _, err := r.Organization(orgID(1)); return err })
}

func testDurability(t *testing.T, target Target) {
	s := target.Open(t)
	k := inProjects(apiKey(1, 1), owner, projectID(1))
	a := accountIn(account(1, 1), readOnly, projectID(1))
	insert(t, s, organization(1), project(1, 1), k, a)
	update(t, s, func(tx latchkey.Tx) error { return tx.RevokeToken(orgID(1), latchkey.TokenHash{1}, start) })
	for n := range 20 {
		update(t, s, func(tx latchkey.Tx) error {
			return tx.AppendEvent(&latchkey.Event{OrgID: orgID(1), Operation: fmt.Sprint(n)})
		})
	}
	before := checkChain(t, s, orgID(1))
	s = target.Reopen(t, s)
	equal(t, "key", readKey(t, s, orgID(1), k.ID), k)
	equal(t, "account", readAccount(t, s, orgID(1), a.ID), a)
	view(t, s, func(r latchkey.Reader) error {
		revoked, err := r.TokenRevoked(orgID(1), latchkey.TokenHash{1})
		equal(t, "token is revoked", revoked, true)
		return err
	})
	equal(t, "events", checkChain(t, s, orgID(1)), before)
	update(t, s, func(tx latchkey.Tx) error { return tx.AppendEvent(&latchkey.Event{OrgID: orgID(1)}) })
	equal(t, "number of events", len(checkChain(t, s, orgID(1))), 21)
}

func testClosed(t *testing.T, target Target) {
	s := target.Open(t)
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatalf("Close: %v", err)
		}
	}
	viewFails(t, s, latchkey.ErrUnavailable, func(latchkey.Reader) error { return nil })
	updateFails(t, s, latchkey.ErrUnavailable, func(latchkey.Tx) error { return nil })
}

// testUpdateFirst: but for whom it waits, UpdateFirst is Update.
func testUpdateFirst(t *testing.T, target Target) {
	s := target.Open(t)
	if err := s.UpdateFirst(background, func(tx latchkey.Tx) error { return tx.InsertOrganization(organization(1)) }); err != nil {
		t.Fatal(err)
	}
	if err := s.UpdateFirst(background, func(tx latchkey.Tx) error {
		if err := tx.InsertProject(project(1, 1)); err != nil {
			return err
		}
		return errRefused
	}); err != errRefused {
		t.Errorf("got %v, want the error of the function itself", err)
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("a panic is not raised in the caller")
			}
		}()
		_ = s.UpdateFirst(background, func(tx latchkey.Tx) error {
			_ = tx.InsertProject(project(1, 1))
			panic(errRefused)
		})
	}()
	insert(t, s, project(1, 1)) // of neither anything stayed
	if s.Crowded() {
		t.Error("nobody waits, and the store is crowded")
	}
	ctx, cancel := context.WithCancel(background)
	cancel()
	err := s.UpdateFirst(ctx, func(latchkey.Tx) error { t.Error("run"); return nil })
	if !errors.Is(err, latchkey.ErrUnavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("UpdateFirst with an ended context: %v", err)
	}
	s = target.Reopen(t, s)
	view(t, s, func(r latchkey.Reader) error { _, err := r.Project(orgID(1), projectID(1)); return err })
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.UpdateFirst(background, func(latchkey.Tx) error { return nil }); !errors.Is(err, latchkey.ErrUnavailable) {
		t.Errorf("UpdateFirst after Close: %v", err)
	}
	if s.Crowded() {
		t.Error("crowded after Close")
	}
}

// testStarvation: of 64 callers that change without pause none stays behind.
func testStarvation(t *testing.T, target Target) {
	const callers, total = 64, 64 * 50
	s := target.Open(t)
	insert(t, s, organization(1))
	var (
		mu   sync.Mutex
		done [callers]int
		sum  int
		wg   sync.WaitGroup
	)
	count := func(caller int) bool {
		mu.Lock()
		defer mu.Unlock()
		if sum < total {
			sum++
			done[caller]++
		}
		return sum < total
	}
	for caller := range callers {
		wg.Go(func() {
			for more := true; more; more = count(caller) {
				err := s.Update(background, func(tx latchkey.Tx) error {
					return tx.AppendEvent(&latchkey.Event{OrgID: orgID(1)})
				})
				if err != nil {
					t.Errorf("caller %d: %v", caller, err)
					return
				}
			}
		})
	}
	wg.Wait()
	for caller, n := range done {
		if n < total/callers/4 {
			t.Errorf("caller %d got %d changes through, the mean is %d", caller, n, total/callers)
		}
	}
}
