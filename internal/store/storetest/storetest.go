// Package storetest owns what every store must do: a suite that exercises each
// method of latchkey.Store through the interface alone.
package storetest

import (
	"context"
	"errors"
	"testing"

	"github.com/latchkey/latchkey"
)

// Target is a kind of store under test.
type Target struct {
	// Open returns a new, empty store, which the suite leaves open.
	Open func(t testing.TB) latchkey.Store
	// Reopen closes the store and opens the same data again.
	Reopen func(t testing.TB, s latchkey.Store) latchkey.Store
}

// Run runs the suite.
func Run(t *testing.T, target Target) {
	for _, c := range []struct {
		name string
		test func(*testing.T, Target)
	}{
		{"Organizations", testOrganizations},
		{"WrappedKeys", testWrappedKeys},
		{"Projects", testProjects},
		{"ProjectNames", testProjectNames},
		{"ProjectSearch", testProjectSearch},
		{"DeleteProject", testDeleteProject},
		{"Keys", testKeys},
		{"PublicKeyTaken", testPublicKeyTaken},
		{"UpdatePrincipal", testUpdatePrincipal},
		{"DeleteKey", testDeleteKey},
		{"KeyLists", testKeyLists},
		{"Accounts", testAccounts},
		{"KindsApart", testKindsApart},
		{"AccountLists", testAccountLists},
		{"UpdateAccount", testUpdateAccount},
		{"DeleteAccount", testDeleteAccount},
		{"DurableOwners", testDurableOwners},
		{"OwnerAccounts", testOwnerAccounts},
		{"Uses", testUses},
		{"SecretUses", testSecretUses},
		{"Nonces", testNonces},
		{"Tokens", testTokens},
		{"Clock", testClock},
		{"Isolation", testIsolation},
		{"CrossOrganizationMembership", testCrossOrganizationMembership},
		{"RandomRoles", testRandomRoles},
		{"LargeKey", testLargeKey},
		{"LargeProject", testLargeProject},
		{"EventChain", testEventChain},
		{"ConcurrentChain", testConcurrentChain},
		{"EventFeed", testEventFeed},
		{"Event", testEvent},
		{"EventTimes", testEventTimes},
		{"ChainHead", testChainHead},
		{"Checkpoints", testCheckpoints},
		{"FailedUpdate", testFailedUpdate},
		{"NeighboursOfFailure", testNeighboursOfFailure},
		{"IgnoredFailure", testIgnoredFailure},
		{"Panic", testPanic},
		{"NoWritesInView", testNoWritesInView},
		{"Snapshot", testSnapshot},
		{"UseAfterEnd", testUseAfterEnd},
		{"CancelledContext", testCancelledContext},
		{"Durability", testDurability},
		{"Closed", testClosed},
		{"UpdateFirst", testUpdateFirst},
		{"Starvation", testStarvation},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, target) })
	}
}

var background = context.Background()

// update runs f and fails the test if it fails.
func update(t testing.TB, s latchkey.Store, f func(latchkey.Tx) error) {
	t.Helper()
	if err := s.Update(background, f); err != nil {
		t.Fatalf("Update: %v", err)
	}
}

// view runs f and fails the test if it fails.
func view(t testing.TB, s latchkey.Store, f func(latchkey.Reader) error) {
	t.Helper()
	if err := s.View(background, f); err != nil {
		t.Fatalf("View: %v", err)
	}
}

// updateFails runs f, which must fail with want.
func updateFails(t testing.TB, s latchkey.Store, want error, f func(latchkey.Tx) error) {
	t.Helper()
	if err := s.Update(background, f); !errors.Is(err, want) {
		t.Fatalf("Update: got error %v, want %v", err, want)
	}
}

// viewFails runs f, which must fail with want.
func viewFails(t testing.TB, s latchkey.Store, want error, f func(latchkey.Reader) error) {
	t.Helper()
	if err := s.View(background, f); !errors.Is(err, want) {
		t.Fatalf("View: got error %v, want %v", err, want)
	}
}
