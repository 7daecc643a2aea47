package sqlstore

import (
	"database/sql"
	"fmt"
	"net/netip"

	"github.com/latchkey/latchkey"
)

// keyRow receives the columns of keyColumns.
type keyRow struct {
	k                 latchkey.APIKey
	orgRoles, created int64
	accessList        string
	projectRoles      string
	dest              [11]any
}

// newKeyRow returns a row whose dest is what to scan into.
func newKeyRow() *keyRow {
	row := new(keyRow)
	k := &row.k
	row.dest = [...]any{(*string)(&k.OrgID), (*string)(&k.ID), (*string)(&k.PublicKey), &k.Desc, &k.PrivateTail,
		&k.SealedMD5, &k.SealedSHA256, &row.orgRoles, &row.accessList, &row.created, &row.projectRoles}
	return row
}

// columns is where the columns of keyColumns go.
func (row *keyRow) columns() []any { return row.dest[:] }

// key returns what was scanned; each call of Scan replaces it.
func (row *keyRow) key() (latchkey.APIKey, error) {
	k := row.k
	k.OrgRoles = latchkey.RoleSet(row.orgRoles)
	k.Created = fromMillis(row.created)
	var err error
	if k.ProjectRoles, err = latchkey.LoadProjectRoles(row.projectRoles); err != nil {
		return latchkey.APIKey{}, fmt.Errorf("key %s: %w", k.ID, err)
	}
	if k.AccessList, err = latchkey.ParseAccessList(row.accessList); err != nil {
		return latchkey.APIKey{}, fmt.Errorf("key %s: %w", k.ID, err)
	}
	return k, nil
}

// Credential reads the caller and what its organization asks, in one
// statement, and of its roles only what it holds in the project: the text with
// all of them stays unread. The statement reads the row of that public key or
// else of the next one that exists, so that a public key which nobody holds
// costs what another costs.
func (r *reader) Credential(public latchkey.PublicKey, project latchkey.ProjectID) (latchkey.Credential, error) {
	var (
		c                                         latchkey.Credential
		accessList                                string
		orgRoles, inProject, anyProject, required int64
	)
	caller := &c.Caller
	err := r.row(qCredential, []any{string(project), string(public)},
		(*string)(&caller.OrgID), (*string)(&caller.ID), (*string)(&caller.PublicKey), &c.SealedMD5, &c.SealedSHA256,
		&orgRoles, &accessList, &anyProject, &inProject, &required)
	if err != nil {
		return latchkey.Credential{}, err
	}
	if caller.PublicKey != public {
		return latchkey.Credential{}, latchkey.ErrNotFound
	}
	caller.OrgRoles = latchkey.RoleSet(orgRoles)
	caller.Project, caller.InProject = project, latchkey.RoleSet(inProject).AtLevel(latchkey.LevelProject)
	caller.InProjects = anyProject != 0
	c.AccessListRequired = required != 0
	if caller.AccessList, err = latchkey.ParseAccessList(accessList); err != nil {
		return latchkey.Credential{}, fmt.Errorf("key %s: %w", caller.ID, err)
	}
	return c, nil
}

// Key reads one key of the organization.
func (r *reader) Key(org latchkey.OrgID, id latchkey.KeyID) (latchkey.APIKey, error) {
	row := newKeyRow()
	if err := r.row(qKey, []any{string(org), string(id)}, row.columns()...); err != nil {
		return latchkey.APIKey{}, err
	}
	return row.key()
}

func (r *reader) keys(q queryID, args ...any) ([]latchkey.APIKey, error) {
	var list []latchkey.APIKey
	row := newKeyRow()
	err := r.rows(q, args, func(rows *sql.Rows) error {
		if err := rows.Scan(row.columns()...); err != nil {
			return err
		}
		k, err := row.key()
		list = append(list, k)
		return err
	})
	return list, err
}

// Keys lists keys of the organization by id.
func (r *reader) Keys(org latchkey.OrgID, page latchkey.Page) ([]latchkey.APIKey, int, error) {
	total, err := r.KeyCount(org)
	if err != nil {
		return nil, 0, err
	}
	list, err := r.keys(qKeys, string(org), page.Size, page.Offset())
	return list, total, err
}

// ProjectKeys lists the keys that hold roles in the project by id.
func (r *reader) ProjectKeys(org latchkey.OrgID, project latchkey.ProjectID, page latchkey.Page) ([]latchkey.APIKey, int, error) {
	total, err := r.count(qProjectKeyCount, string(org), string(project))
	if err != nil {
		return nil, 0, err
	}
	list, err := r.keys(qProjectKeys, string(org), string(project), page.Size, page.Offset())
	return list, total, err
}

// KeyCount counts the keys of the organization.
func (r *reader) KeyCount(org latchkey.OrgID) (int, error) {
	return r.count(qKeyCount, string(org))
}

// DurableOwners counts the durable owners of the organization.
func (r *reader) DurableOwners(org latchkey.OrgID) (int, error) {
	return r.count(qDurableOwners, string(org))
}

// Memberships reads the membership index of a key.
func (r *reader) Memberships(org latchkey.OrgID, key latchkey.KeyID) (latchkey.ProjectRoles, error) {
	var err error
	index := latchkey.CollectProjectRoles(func(yield func(latchkey.ProjectID, latchkey.RoleSet) bool) {
		err = r.rows(qMemberships, []any{string(org), string(key)}, func(rows *sql.Rows) error {
			var id string
			var roles int64
			if err := rows.Scan(&id, &roles); err != nil {
				return err
			}
			yield(latchkey.ProjectID(id), latchkey.RoleSet(roles)) // every row is wanted
			return nil
		})
	})
	return index, err
}

// AccessListUse reads the use of the key's entries, by prefix.
func (r *reader) AccessListUse(org latchkey.OrgID, key latchkey.KeyID) ([]latchkey.AccessListUse, error) {
	var list []latchkey.AccessListUse
	err := r.rows(qAccessListUse, []any{string(org), string(key)}, func(rows *sql.Rows) error {
		var (
			prefix, address string
			count, last     int64
		)
		if err := rows.Scan(&prefix, &count, &last, &address); err != nil {
			return err
		}
		p, err := netip.ParsePrefix(prefix)
		if err != nil {
			return fmt.Errorf("%w: use of key %s: %w", latchkey.ErrCorrupt, key, err)
		}
		use := latchkey.AccessListUse{Prefix: p, Count: count, LastUsed: fromMillis(last)}
		if address != "" {
			if use.LastAddress, err = netip.ParseAddr(address); err != nil {
				return fmt.Errorf("%w: use of key %s: %w", latchkey.ErrCorrupt, key, err)
			}
		}
		list = append(list, use)
		return nil
	})
	return list, err
}
