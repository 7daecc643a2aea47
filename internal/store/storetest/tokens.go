package storetest

import (
	"testing"
	"time"

	"github.com/latchkey/latchkey"
)

func testTokens(t *testing.T, target Target) {
	s := target.Open(t)
	insert(t, s, organization(1), organization(2))
	hash := func(n byte) latchkey.TokenHash { return latchkey.TokenHash{31: n} }
	revoke := func(org int, n byte, expires time.Time) {
		t.Helper()
		update(t, s, func(tx latchkey.Tx) error { return tx.RevokeToken(orgID(org), hash(n), expires) })
	}
	revoked := func(when string, org int, want ...bool) {
		t.Helper()
		view(t, s, func(r latchkey.Reader) error {
			for n, want := range want {
				got, err := r.TokenRevoked(orgID(org), hash(byte(n)))
				if err != nil {
					return err
				}
				if got != want {
					t.Errorf("%s: token %d of organization %d is revoked: %v", when, n, org, got)
				}
			}
			return nil
		})
	}
	revoked("at first", 1, false, false, false)
	revoke(1, 0, start)
	revoke(1, 1, start.Add(time.Hour))
	revoke(1, 1, start.Add(time.Hour)) // as a client does that got no answer
	revoke(2, 2, start.Add(-time.Hour))
	revoked("after revocation", 1, true, true, false)
	revoked("after revocation", 2, false, false, true)
	updateFails(t, s, errRefused, func(tx latchkey.Tx) error {
		if err := tx.RevokeToken(orgID(1), hash(2), start); err != nil {
			return err
		}
		if got, err := tx.TokenRevoked(orgID(1), hash(2)); !got || err != nil {
			t.Errorf("a transaction does not see what it revoked: %v", err)
		}
		return errRefused
	})
	revoked("after a refused revocation", 1, true, true, false)

	forget := func(before time.Time, limit, want int) {
		t.Helper()
		update(t, s, func(tx latchkey.Tx) error {
			n, err := tx.ForgetTokens(before, limit)
			equal(t, "forgotten tokens", n, want)
			return err
		})
	}
	forget(start, 0, 0)
	forget(start, 9, 1) // the other organization's; one that expires at the time itself stays
	revoked("after the older was forgotten", 1, true, true, false)
	revoked("after the older was forgotten", 2, false, false, false)
	revoke(1, 3, start)
	forget(start.Add(time.Millisecond), 1, 1)
	forget(start.Add(time.Millisecond), 1, 1)
	forget(start.Add(time.Millisecond), 1, 0)
	revoked("after all that expired were forgotten", 1, false, true, false, false)
}
