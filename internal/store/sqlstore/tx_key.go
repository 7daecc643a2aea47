package sqlstore

import (
	"net/netip"
	"time"

	"github.com/latchkey/latchkey"
)

// InsertKey stores a new key, where it is to be looked for, and its roles.
func (t *tx) InsertKey(k latchkey.APIKey) error {
	n, err := t.exec(qInsertCredential, string(k.PublicKey), string(k.OrgID), string(k.ID))
	if err != nil {
		return err
	}
	if n == 0 {
		return latchkey.ErrPublicKeyTaken
	}
	_, err = t.exec(qInsertKey, string(k.OrgID), string(k.ID), string(k.PublicKey), k.Desc, k.PrivateTail,
		blob(k.SealedMD5), blob(k.SealedSHA256), int64(0), flag(false), k.AccessList.Text(), millis(k.Created), "")
	if err != nil {
		return err
	}
	return t.setRoles(latchkey.APIKey{OrgID: k.OrgID, ID: k.ID}, k)
}

// blob is how bytes are stored that may be missing but not null.
func blob(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// UpdateKey stores what differs between before and after.
func (t *tx) UpdateKey(before, after latchkey.APIKey) error {
	if err := t.setRoles(before, after); err != nil {
		return err
	}
	org, key := string(after.OrgID), string(after.ID)
	if before.Desc != after.Desc {
		if err := t.change(qUpdateKeyDesc, after.Desc, org, key); err != nil {
			return err
		}
	}
	text := after.AccessList.Text()
	if before.AccessList.Text() == text {
		return nil
	}
	if err := t.change(qUpdateKeyAccessList, text, org, key); err != nil {
		return err
	}
	for _, e := range before.AccessList {
		if after.AccessList.Index(e.Prefix) < 0 {
			if _, err := t.exec(qDeleteEntryUse, org, key, e.Prefix.String()); err != nil {
				return err
			}
		}
	}
	return nil
}

// setRoles is the only function that writes the roles of a key: the text in
// its row, which is the truth, and the membership rows that follow from it.
// (DeleteProject and DeleteKey take rows away together with what they name.)
func (t *tx) setRoles(before, after latchkey.APIKey) error {
	org, key := string(after.OrgID), string(after.ID)
	if before.OrgRoles != after.OrgRoles {
		err := t.change(qUpdateKeyOrgRoles, int64(after.OrgRoles), flag(after.DurableOwner()), org, key)
		if err != nil {
			return err
		}
	}
	if before.ProjectRoles == after.ProjectRoles {
		return nil
	}
	if err := t.change(qUpdateKeyProjectRoles, after.ProjectRoles.Text(), org, key); err != nil {
		return err
	}
	for project, roles := range membershipChanges(before.ProjectRoles, after.ProjectRoles) {
		var err error
		if roles == 0 {
			_, err = t.exec(qDeleteMember, org, string(project), key)
		} else {
			_, err = t.exec(qSetMember, org, string(project), key, int64(roles))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// DeleteKey takes a key and everything that is kept of it away.
func (t *tx) DeleteKey(org latchkey.OrgID, key latchkey.KeyID) error {
	for _, q := range [...]queryID{qDeleteCredential, qDeleteKeyMembers, qDeleteKeyUse} {
		if _, err := t.exec(q, string(org), string(key)); err != nil {
			return err
		}
	}
	return t.change(qDeleteKey, string(org), string(key))
}

// AddAccessListUse adds to the use of an entry; of a key that is gone it keeps nothing.
func (t *tx) AddAccessListUse(org latchkey.OrgID, key latchkey.KeyID, prefix netip.Prefix, add int64, last time.Time, from netip.Addr) error {
	address := ""
	if from.IsValid() {
		address = from.String()
	}
	_, err := t.exec(qAddAccessListUse, prefix.String(), add, millis(last), address, string(org), string(key))
	return err
}
