package sqlstore

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/latchkey/latchkey"
)

// tx reads and writes for one caller, in the transaction that it shares with
// the other callers of its batch. A savepoint before its first write keeps its
// work apart.
type tx struct {
	reader
	saved bool // the savepoint is set
}

// exec runs a statement that writes.
func (t *tx) exec(q queryID, args ...any) (int64, error) {
	if t.failed != nil {
		return 0, t.failed
	}
	if !t.saved {
		if _, err := t.c.exec(qSavepoint); err != nil {
			return 0, t.keep(err)
		}
		t.saved = true
	}
	n, err := t.c.exec(q, args...)
	if err != nil && t.failed == nil {
		t.failed = err
	}
	return n, err
}

// change runs a statement that must change a row; latchkey.ErrNotFound if it changes none.
func (t *tx) change(q queryID, args ...any) error {
	n, err := t.exec(q, args...)
	if err == nil && n == 0 {
		return latchkey.ErrNotFound
	}
	return err
}

// LockOrganization does nothing: whoever has a tx is the only writer, and what
// it read before is what still is.
func (t *tx) LockOrganization(latchkey.OrgID) (again bool, err error) { return false, t.failed }

// UseNonce notes that a nonce was used with that count.
func (t *tx) UseNonce(org latchkey.OrgID, nonce string, count uint32, expires time.Time) error {
	n, err := t.exec(qUseNonce, string(org), nonce, int64(count), millis(expires))
	if err == nil && n == 0 {
		return latchkey.ErrNonceUsed
	}
	return err
}

// ForgetNonces forgets up to limit notes that expired before the time given.
func (t *tx) ForgetNonces(before time.Time, limit int) (int, error) {
	n, err := t.exec(qForgetNonces, millis(before), int64(limit))
	return int(n), err
}

// RevokeToken notes that a token is void.
func (t *tx) RevokeToken(org latchkey.OrgID, hash latchkey.TokenHash, expires time.Time) error {
	_, err := t.exec(qRevokeToken, string(org), hash[:], millis(expires))
	return err
}

// ForgetTokens forgets up to limit notes of tokens that expired before the time given.
func (t *tx) ForgetTokens(before time.Time, limit int) (int, error) {
	n, err := t.exec(qForgetTokens, millis(before), int64(limit))
	return int(n), err
}

// InsertOrganization stores a new organization.
func (t *tx) InsertOrganization(o latchkey.Organization) error {
	settings, err := json.Marshal(o.Settings)
	if err != nil {
		return fmt.Errorf("settings of organization %s: %w", o.ID, err)
	}
	_, err = t.exec(qInsertOrganization, string(o.ID), o.Name, millis(o.Created),
		flag(o.Settings.AccessListRequired), string(settings))
	return err
}

// UpdateOrganization stores the name and the settings of an organization.
func (t *tx) UpdateOrganization(o latchkey.Organization) error {
	settings, err := json.Marshal(o.Settings)
	if err != nil {
		return fmt.Errorf("settings of organization %s: %w", o.ID, err)
	}
	return t.change(qUpdateOrganization, o.Name, flag(o.Settings.AccessListRequired), string(settings), string(o.ID))
}

// InsertWrappedKey stores a data key.
func (t *tx) InsertWrappedKey(k latchkey.WrappedKey) error {
	_, err := t.exec(qInsertWrappedKey, int64(k.ID), k.Purpose, millis(k.Created), k.Blob)
	return err
}
