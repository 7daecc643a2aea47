package sqlstore

import (
	"database/sql"
	"fmt"
	"net/netip"

	"github.com/latchkey/latchkey"
)

// principalRow receives the columns of principalColumns.
type principalRow struct {
	p                 latchkey.Principal
	orgRoles, created int64
	accessList        string
	projectRoles      string
}

// columns is where the columns of principalColumns go.
func (row *principalRow) columns(more ...any) []any {
	p := &row.p
	return append([]any{(*string)(&p.OrgID), (*string)(&p.ID), (*string)(&p.PublicKey), &p.Desc,
		&row.orgRoles, &row.accessList, &row.created, &row.projectRoles}, more...)
}

// principal returns what was scanned; each call of Scan replaces it.
func (row *principalRow) principal() (latchkey.Principal, error) {
	p := row.p
	p.OrgRoles = latchkey.RoleSet(row.orgRoles)
	p.Created = fromMillis(row.created)
	var err error
	if p.ProjectRoles, err = latchkey.LoadProjectRoles(row.projectRoles); err != nil {
		return latchkey.Principal{}, fmt.Errorf("principal %s: %w", p.ID, err)
	}
	if p.AccessList, err = latchkey.ParseAccessList(row.accessList); err != nil {
		return latchkey.Principal{}, fmt.Errorf("principal %s: %w", p.ID, err)
	}
	return p, nil
}

// keyRow receives the columns of keyColumns.
type keyRow struct {
	principalRow
	k    latchkey.APIKey
	dest []any // what to scan into
}

func newKeyRow() *keyRow {
	row := new(keyRow)
	row.dest = row.columns(&row.k.PrivateTail, &row.k.SealedMD5, &row.k.SealedSHA256)
	return row
}

// key returns what was scanned; each call of Scan replaces it.
func (row *keyRow) key() (k latchkey.APIKey, err error) {
	k = row.k
	k.Principal, err = row.principal()
	return k, err
}

// accountRow receives the columns of accountColumns.
type accountRow struct {
	principalRow
	a       latchkey.ServiceAccount
	secrets string
	dest    []any // what to scan into
}

func newAccountRow() *accountRow {
	row := new(accountRow)
	row.dest = row.columns(&row.a.Name, &row.secrets)
	return row
}

// account returns what was scanned; each call of Scan replaces it.
func (row *accountRow) account() (a latchkey.ServiceAccount, err error) {
	a = row.a
	if a.Principal, err = row.principal(); err != nil {
		return a, err
	}
	if a.Secrets, err = latchkey.ParseSecrets(row.secrets); err != nil {
		return a, fmt.Errorf("service account %s: %w", a.ID, err)
	}
	return a, nil
}

// Credential reads the caller and what its organization asks, in one
// statement, and of its roles only what it holds in the project: the text with
// all of them stays unread. The statement reads the row of that login or else
// of the next one that exists, so that a login which nobody has costs what
// another costs.
func (r *reader) Credential(login string, project latchkey.ProjectID) (latchkey.Credential, error) {
	var (
		c                                         latchkey.Credential
		found, accessList, secrets                string
		orgRoles, inProject, anyProject, required int64
	)
	caller := &c.Caller
	err := r.row(qCredential, []any{string(project), login},
		&found, (*string)(&caller.OrgID), (*string)(&caller.ID), (*string)(&caller.PublicKey), &c.SealedMD5, &c.SealedSHA256, &secrets,
		&orgRoles, &accessList, &anyProject, &inProject, &required, &c.Epoch)
	if err != nil {
		return latchkey.Credential{}, err
	}
	if found != login {
		return latchkey.Credential{}, latchkey.ErrNotFound
	}
	caller.OrgRoles = latchkey.RoleSet(orgRoles)
	caller.Project, caller.InProject = project, latchkey.RoleSet(inProject).AtLevel(latchkey.LevelProject)
	caller.InProjects = anyProject != 0
	c.AccessListRequired = required != 0
	if caller.AccessList, err = latchkey.ParseAccessList(accessList); err != nil {
		return latchkey.Credential{}, fmt.Errorf("principal %s: %w", caller.ID, err)
	}
	if c.Secrets, err = latchkey.ParseSecrets(secrets); err != nil {
		return latchkey.Credential{}, fmt.Errorf("principal %s: %w", caller.ID, err)
	}
	return c, nil
}

// TokenRevoked reports whether a token is noted as void.
func (r *reader) TokenRevoked(org latchkey.OrgID, hash latchkey.TokenHash) (bool, error) {
	n, err := r.count(qTokenRevoked, string(org), hash[:])
	return n > 0, err
}

// NonceUsed reports whether a use of a nonce is noted.
func (r *reader) NonceUsed(org latchkey.OrgID, nonce string, count uint32) (bool, error) {
	n, err := r.count(qNonceUsed, string(org), nonce, int64(count))
	return n > 0, err
}

// Principal reads one key or service account of the organization.
func (r *reader) Principal(org latchkey.OrgID, id latchkey.PrincipalID) (latchkey.Principal, error) {
	row := new(principalRow)
	if err := r.row(qPrincipal, []any{string(org), string(id)}, row.columns()...); err != nil {
		return latchkey.Principal{}, err
	}
	return row.principal()
}

// Key reads one key of the organization.
func (r *reader) Key(org latchkey.OrgID, id latchkey.PrincipalID) (latchkey.APIKey, error) {
	row := newKeyRow()
	if err := r.row(qKey, []any{string(org), string(id)}, row.dest...); err != nil {
		return latchkey.APIKey{}, err
	}
	return row.key()
}

func (r *reader) keys(q queryID, args ...any) ([]latchkey.APIKey, error) {
	var list []latchkey.APIKey
	row := newKeyRow()
	err := r.rows(q, args, func(rows *sql.Rows) error {
		if err := rows.Scan(row.dest...); err != nil {
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
func (r *reader) KeyCount(org latchkey.OrgID) (int, error) { return r.count(qKeyCount, string(org)) }

// Account reads one service account of the organization.
func (r *reader) Account(org latchkey.OrgID, id latchkey.PrincipalID) (latchkey.ServiceAccount, error) {
	row := newAccountRow()
	if err := r.row(qAccount, []any{string(org), string(id)}, row.dest...); err != nil {
		return latchkey.ServiceAccount{}, err
	}
	return row.account()
}

func (r *reader) accounts(q queryID, args ...any) ([]latchkey.ServiceAccount, error) {
	var list []latchkey.ServiceAccount
	row := newAccountRow()
	err := r.rows(q, args, func(rows *sql.Rows) error {
		if err := rows.Scan(row.dest...); err != nil {
			return err
		}
		a, err := row.account()
		list = append(list, a)
		return err
	})
	return list, err
}

// Accounts lists service accounts of the organization by id.
func (r *reader) Accounts(org latchkey.OrgID, page latchkey.Page) ([]latchkey.ServiceAccount, int, error) {
	total, err := r.AccountCount(org)
	if err != nil {
		return nil, 0, err
	}
	list, err := r.accounts(qAccounts, string(org), page.Size, page.Offset())
	return list, total, err
}

// ProjectAccounts lists the service accounts that hold roles in the project by id.
func (r *reader) ProjectAccounts(org latchkey.OrgID, project latchkey.ProjectID, page latchkey.Page) ([]latchkey.ServiceAccount, int, error) {
	total, err := r.count(qProjectAccountCount, string(org), string(project))
	if err != nil {
		return nil, 0, err
	}
	list, err := r.accounts(qProjectAccounts, string(org), string(project), page.Size, page.Offset())
	return list, total, err
}

// AccountCount counts the service accounts of the organization.
func (r *reader) AccountCount(org latchkey.OrgID) (int, error) {
	return r.count(qAccountCount, string(org))
}

// DurableOwners counts the durable owners of the organization.
func (r *reader) DurableOwners(org latchkey.OrgID) (int, error) {
	return r.count(qOwners, string(org), ownerDurable)
}

// OwnerAccounts counts the service accounts of the organization that are owners.
func (r *reader) OwnerAccounts(org latchkey.OrgID) (int, error) {
	return r.count(qOwners, string(org), ownerAccount)
}

// Memberships reads the membership index of a principal.
func (r *reader) Memberships(org latchkey.OrgID, id latchkey.PrincipalID) (latchkey.ProjectRoles, error) {
	var err error
	index := latchkey.CollectProjectRoles(func(yield func(latchkey.ProjectID, latchkey.RoleSet) bool) {
		err = r.rows(qMemberships, []any{string(org), string(id)}, func(rows *sql.Rows) error {
			var project string
			var roles int64
			if err := rows.Scan(&project, &roles); err != nil {
				return err
			}
			yield(latchkey.ProjectID(project), latchkey.RoleSet(roles)) // every row is wanted
			return nil
		})
	})
	return index, err
}

// Uses reads the use of the principal's entries and secrets.
func (r *reader) Uses(org latchkey.OrgID, id latchkey.PrincipalID) ([]latchkey.Use, error) {
	return r.uses(id, qUses, string(org), string(id))
}

// UseOf reads the use of one of the principal's entries or secrets.
func (r *reader) UseOf(org latchkey.OrgID, id latchkey.PrincipalID, what string) (latchkey.Use, error) {
	list, err := r.uses(id, qUseOf, string(org), string(id), what)
	if err != nil || len(list) == 0 {
		return latchkey.Use{}, err
	}
	return list[0], nil
}

func (r *reader) uses(id latchkey.PrincipalID, q queryID, args ...any) ([]latchkey.Use, error) {
	var list []latchkey.Use
	err := r.rows(q, args, func(rows *sql.Rows) error {
		var (
			use     latchkey.Use
			address string
			last    int64
		)
		if err := rows.Scan(&use.What, &use.Count, &last, &address); err != nil {
			return err
		}
		use.LastUsed = fromMillis(last)
		if address != "" {
			var err error
			if use.LastAddress, err = netip.ParseAddr(address); err != nil {
				return fmt.Errorf("%w: use of principal %s: %w", latchkey.ErrCorrupt, id, err)
			}
		}
		list = append(list, use)
		return nil
	})
	return list, err
}
