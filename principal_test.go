package latchkey_test

import (
	"testing"

	"github.com/latchkey/latchkey"
)

// TestOwners holds which principals own an organization, and which of them last.
func TestOwners(t *testing.T) {
	const key, account = "0123456789abcdef01234567", "mdb_sa_id_0123456789abcdef01234567"
	inProject := latchkey.ProjectRoles{}.With("1123456789abcdef01234567", latchkey.Roles(latchkey.GroupOwner))
	for what, c := range map[string]struct {
		p                latchkey.Principal
		durable, expires bool
	}{
		"key that owns":          {latchkey.Principal{ID: key, OrgRoles: latchkey.Roles(latchkey.OrgOwner)}, true, false},
		"key that owns and more": {latchkey.Principal{ID: key, OrgRoles: latchkey.Roles(latchkey.OrgOwner, latchkey.OrgMember)}, true, false},
		"account that owns":      {latchkey.Principal{ID: account, OrgRoles: latchkey.Roles(latchkey.OrgOwner, latchkey.OrgMember)}, false, true},
		"member key":             {latchkey.Principal{ID: key, OrgRoles: latchkey.Roles(latchkey.OrgMember)}, false, false},
		"member account":         {latchkey.Principal{ID: account, OrgRoles: latchkey.Roles(latchkey.OrgMember)}, false, false},
		"key of every other role": {latchkey.Principal{ID: key,
			OrgRoles: latchkey.AllRoles().AtLevel(latchkey.LevelOrganization) &^ latchkey.Roles(latchkey.OrgOwner)}, false, false},
		"owner of a project":             {latchkey.Principal{ID: key, ProjectRoles: inProject}, false, false},
		"account that owns in a project": {latchkey.Principal{ID: account, ProjectRoles: inProject}, false, false},
		"nobody":                         {},
	} {
		if c.p.DurableOwner() != c.durable || c.p.OwnerAccount() != c.expires {
			t.Errorf("%s: durable owner %v, owner account %v", what, c.p.DurableOwner(), c.p.OwnerAccount())
		}
	}
}
