package storetest

import (
	"testing"
	"time"

	"github.com/latchkey/latchkey"
)

func testOrganizations(t *testing.T, target Target) {
	s := target.Open(t)
	viewFails(t, s, latchkey.ErrNotFound, func(r latchkey.Reader) error {
		_, err := r.Organization(orgID(1))
		return err
	})
	one, two := organization(1), organization(2)
	two.Settings = latchkey.OrganizationSettings{
		AccessListRequired: true, MaxSecretValidityHours: 8760, SecurityContact: "a@example.org", IdleSessionSeconds: 600,
	}
	insert(t, s, two, one)
	read := func() (list []latchkey.Organization) {
		view(t, s, func(r latchkey.Reader) error {
			ids, err := r.Organizations()
			for _, id := range ids {
				o, err := r.Organization(id)
				if err != nil {
					return err
				}
				list = append(list, o)
			}
			return err
		})
		return list
	}
	equal(t, "organizations", read(), []latchkey.Organization{one, two})

	one.Name, one.Settings.AccessListRequired, one.Settings.GenAIFeaturesEnabled = "Renamed „ü“", true, false
	two.Settings = latchkey.DefaultSettings()
	update(t, s, func(tx latchkey.Tx) error {
		if err := tx.UpdateOrganization(one); err != nil {
			return err
		}
		return tx.UpdateOrganization(two)
	})
	equal(t, "organizations after update", read(), []latchkey.Organization{one, two})
	updateFails(t, s, latchkey.ErrNotFound, func(tx latchkey.Tx) error { return tx.UpdateOrganization(organization(3)) })
}

func testWrappedKeys(t *testing.T, target Target) {
	s := target.Open(t)
	keys := []latchkey.WrappedKey{
		{ID: 1, Purpose: "nonce", Created: start.Add(time.Hour), Blob: []byte{255}},
		{ID: 1, Purpose: "seal", Created: start, Blob: []byte{0, 1, 2}},
		{ID: 1<<32 - 1, Purpose: "seal", Created: start, Blob: []byte{3}},
	}
	update(t, s, func(tx latchkey.Tx) error {
		for _, n := range []int{2, 0, 1} {
			if err := tx.InsertWrappedKey(keys[n]); err != nil {
				return err
			}
		}
		return nil
	})
	view(t, s, func(r latchkey.Reader) error {
		got, err := r.WrappedKeys()
		equal(t, "wrapped keys", got, keys)
		return err
	})
	if err := s.Update(background, func(tx latchkey.Tx) error { return tx.InsertWrappedKey(keys[0]) }); err == nil {
		t.Error("a wrapped key was replaced")
	}
}

func testClock(t *testing.T, target Target) {
	s := target.Open(t)
	view(t, s, func(r latchkey.Reader) error {
		now := r.Now()
		if now.Location() != time.UTC || now != now.Truncate(time.Millisecond) || now.IsZero() {
			t.Errorf("Now is %v, want UTC and whole milliseconds", now)
		}
		return nil
	})
}

func testNonces(t *testing.T, target Target) {
	s := target.Open(t)
	insert(t, s, organization(1), organization(2))
	use := func(org int, nonce string, count uint32, expires time.Time) error {
		return s.Update(background, func(tx latchkey.Tx) error { return tx.UseNonce(orgID(org), nonce, count, expires) })
	}
	used := func(when string, org int, nonce string, count uint32, want bool) {
		t.Helper()
		view(t, s, func(r latchkey.Reader) error {
			got, err := r.NonceUsed(orgID(org), nonce, count)
			equal(t, when+": nonce used", got, want)
			return err
		})
	}
	for _, c := range []struct {
		what    string
		org     int
		nonce   string
		count   uint32
		expires time.Time
		want    error
	}{
		{"first use", 1, "n", 1, start, nil},
		{"same again", 1, "n", 1, start, latchkey.ErrNonceUsed},
		{"same again, other expiry", 1, "n", 1, start.Add(time.Hour), latchkey.ErrNonceUsed},
		{"another count", 1, "n", 2, start.Add(time.Hour), nil},
		{"the highest count", 1, "n", 1<<32 - 1, start.Add(time.Hour), nil},
		{"the highest count again", 1, "n", 1<<32 - 1, start, latchkey.ErrNonceUsed},
		{"another nonce", 1, "N", 1, start, nil},
		{"another organization", 2, "n", 1, start, nil},
	} {
		used(c.what, c.org, c.nonce, c.count, c.want != nil)
		if err := use(c.org, c.nonce, c.count, c.expires); err != c.want {
			t.Errorf("%s: got %v, want %v", c.what, err, c.want)
		}
		used("after "+c.what, c.org, c.nonce, c.count, true)
	}
	update(t, s, func(tx latchkey.Tx) error { return forget(tx, start) })
	if err := use(1, "n", 1, start); err != latchkey.ErrNonceUsed {
		t.Errorf("a nonce that expires at the time itself was forgotten: %v", err)
	}
	update(t, s, func(tx latchkey.Tx) error { return forget(tx, start.Add(time.Millisecond)) })
	used("forgotten", 1, "n", 1, false)
	if err := use(1, "n", 1, start); err != nil {
		t.Errorf("an expired nonce was not forgotten: %v", err)
	}
	if err := use(1, "n", 2, start); err != latchkey.ErrNonceUsed {
		t.Errorf("a nonce was forgotten before it expired: %v", err)
	}
	// A change that fails leaves no note.
	updateFails(t, s, errRefused, func(tx latchkey.Tx) error {
		if err := tx.UseNonce(orgID(1), "fresh", 1, start); err != nil {
			return err
		}
		if got, err := tx.NonceUsed(orgID(1), "fresh", 1); !got || err != nil {
			t.Errorf("a transaction does not see what nonce it used: %v", err)
		}
		return errRefused
	})
	used("used by a refused change", 1, "fresh", 1, false)
	if err := use(1, "fresh", 1, start); err != nil {
		t.Errorf("the nonce of a refused change stays used: %v", err)
	}
	// ErrNonceUsed leaves the transaction whole.
	update(t, s, func(tx latchkey.Tx) error {
		if err := tx.UseNonce(orgID(1), "fresh", 1, start); err != latchkey.ErrNonceUsed {
			t.Errorf("got %v, want ErrNonceUsed", err)
		}
		return tx.UseNonce(orgID(1), "fresh", 2, start)
	})
}

// forget forgets the nonces that expired before the time given, one by one.
func forget(tx latchkey.Tx, before time.Time) error {
	for {
		if n, err := tx.ForgetNonces(before, 1); n == 0 || err != nil {
			return err
		}
	}
}
