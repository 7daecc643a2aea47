package sqlstore

import (
	"github.com/latchkey/latchkey"
)

// InsertKey stores a new key, where it is to be looked for, and its roles.
func (t *tx) InsertKey(k latchkey.APIKey) error {
	return t.insertPrincipal(&k.Principal, string(k.PublicKey), "", k.PrivateTail, k.SealedMD5, k.SealedSHA256, nil)
}

// InsertAccount stores a new service account, where it is to be looked for, and
// its roles.
func (t *tx) InsertAccount(a latchkey.ServiceAccount) error {
	return t.insertPrincipal(&a.Principal, string(a.ID), a.Name, "", nil, nil, a.Secrets)
}

func (t *tx) insertPrincipal(p *latchkey.Principal, login, name, tail string, md5, sha256 []byte, secrets latchkey.Secrets) error {
	n, err := t.exec(qInsertCredential, login, string(p.OrgID), string(p.ID))
	if err != nil {
		return err
	}
	if n == 0 {
		return latchkey.ErrPublicKeyTaken
	}
	_, err = t.exec(qInsertPrincipal, string(p.OrgID), string(p.ID), string(p.PublicKey), name, p.Desc, tail,
		blob(md5), blob(sha256), secrets.Text(), int64(0), int64(0), p.AccessList.Text(), millis(p.Created), "")
	if err != nil {
		return err
	}
	return t.setRoles(&latchkey.Principal{OrgID: p.OrgID, ID: p.ID}, p)
}

// blob is how bytes are stored that may be missing but not null.
func blob(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// UpdatePrincipal stores what differs between before and after.
func (t *tx) UpdatePrincipal(before, after latchkey.Principal) error {
	if err := t.setRoles(&before, &after); err != nil {
		return err
	}
	org, id := string(after.OrgID), string(after.ID)
	if before.Desc != after.Desc {
		if err := t.change(qUpdateDesc, after.Desc, org, id); err != nil {
			return err
		}
	}
	text := after.AccessList.Text()
	if before.AccessList.Text() == text {
		return nil
	}
	if err := t.change(qUpdateAccessList, text, org, id); err != nil {
		return err
	}
	for _, e := range before.AccessList {
		if after.AccessList.Index(e.Prefix) < 0 {
			if _, err := t.exec(qDeleteUse, org, id, e.Prefix.String()); err != nil {
				return err
			}
		}
	}
	return nil
}

// UpdateAccount stores what differs between before and after.
func (t *tx) UpdateAccount(before, after latchkey.ServiceAccount) error {
	if err := t.UpdatePrincipal(before.Principal, after.Principal); err != nil {
		return err
	}
	org, id := string(after.OrgID), string(after.ID)
	if before.Name != after.Name {
		if err := t.change(qUpdateName, after.Name, org, id); err != nil {
			return err
		}
	}
	text := after.Secrets.Text()
	if before.Secrets.Text() == text {
		return nil
	}
	if err := t.change(qUpdateSecrets, text, org, id); err != nil {
		return err
	}
	for _, s := range before.Secrets {
		if after.Secrets.Index(s.ID) < 0 {
			if _, err := t.exec(qDeleteUse, org, id, string(s.ID)); err != nil {
				return err
			}
		}
	}
	return nil
}

// What is stored of who owns an organization.
const (
	ownerNone    = 0
	ownerDurable = 1
	ownerAccount = 2
)

func ownerKind(p *latchkey.Principal) int64 {
	switch {
	case p.DurableOwner():
		return ownerDurable
	case p.OwnerAccount():
		return ownerAccount
	}
	return ownerNone
}

// setRoles is the only function that writes the roles of a principal: the text
// in its row, which is the truth, and the membership rows that follow from it.
// (DeleteProject and DeletePrincipal take rows away together with what they name.)
func (t *tx) setRoles(before, after *latchkey.Principal) error {
	org, id := string(after.OrgID), string(after.ID)
	if before.OrgRoles != after.OrgRoles {
		err := t.change(qUpdateOrgRoles, int64(after.OrgRoles), ownerKind(after), org, id)
		if err != nil {
			return err
		}
	}
	if before.ProjectRoles == after.ProjectRoles {
		return nil
	}
	if err := t.change(qUpdateProjectRoles, after.ProjectRoles.Text(), org, id); err != nil {
		return err
	}
	for project, roles := range membershipChanges(before.ProjectRoles, after.ProjectRoles) {
		var err error
		if roles == 0 {
			_, err = t.exec(qDeleteMember, org, string(project), id)
		} else {
			_, err = t.exec(qSetMember, org, string(project), id, int64(roles))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// DeletePrincipal takes a key or a service account and everything that is kept
// of it away.
func (t *tx) DeletePrincipal(org latchkey.OrgID, id latchkey.PrincipalID) error {
	for _, q := range [...]queryID{qDeleteCredential, qDeleteMembers, qDeleteUses} {
		if _, err := t.exec(q, string(org), string(id)); err != nil {
			return err
		}
	}
	return t.change(qDeletePrincipal, string(org), string(id))
}

// AddUse adds to the use of an entry or a secret; of a principal that is gone
// it keeps nothing.
func (t *tx) AddUse(org latchkey.OrgID, id latchkey.PrincipalID, add latchkey.Use) error {
	address := ""
	if add.LastAddress.IsValid() {
		address = add.LastAddress.String()
	}
	_, err := t.exec(qAddUse, add.What, add.Count, millis(add.LastUsed), address, string(org), string(id))
	return err
}
