package sqlstore

import (
	"testing"

	"github.com/latchkey/latchkey"
)

// TestEpoch: a credential carries the epoch of its own organization, and no
// other change of the organization sets it back.
func TestEpoch(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Options{})
	one, two := latchkey.OrgID("0123456789abcdef01234561"), latchkey.OrgID("0123456789abcdef01234562")
	account := latchkey.Principal{ID: "mdb_sa_id_0123456789abcdef01234567", OrgID: one}
	key := latchkey.Principal{ID: "0123456789abcdef01234567", OrgID: two, PublicKey: "aaaaaaaa"}
	update := func(f func(latchkey.Tx) error) {
		t.Helper()
		if err := s.Update(background, f); err != nil {
			t.Fatal(err)
		}
	}
	epoch := func(login string, want int64) {
		t.Helper()
		err := s.View(background, func(r latchkey.Reader) error {
			c, err := r.Credential(login, "")
			if c.Epoch != want {
				t.Errorf("the epoch of %s is %d, want %d", login, c.Epoch, want)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	update(func(tx latchkey.Tx) error {
		for _, org := range []latchkey.OrgID{one, two} {
			if err := tx.InsertOrganization(latchkey.Organization{ID: org}); err != nil {
				return err
			}
		}
		if err := tx.InsertAccount(latchkey.ServiceAccount{Principal: account}); err != nil {
			return err
		}
		return tx.InsertKey(latchkey.APIKey{Principal: key})
	})
	epoch(string(account.ID), 0)
	alter(t, dir, `UPDATE organization SET epoch = 5000000000 WHERE org_id = '`+string(one)+`'`)
	epoch(string(account.ID), 5000000000)
	epoch(string(key.PublicKey), 0)
	update(func(tx latchkey.Tx) error {
		return tx.UpdateOrganization(latchkey.Organization{ID: one, Name: "renamed"})
	})
	epoch(string(account.ID), 5000000000)
}
