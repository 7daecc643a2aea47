package audit

import (
	"fmt"

	"github.com/latchkey/latchkey"
)

// What operations let a change hold at the most. What is beyond was not recorded
// by Latchkey, and is not replayed: it could cost as much as somebody likes.
const (
	maxEntries = 200 // of an access list
	maxTags    = 50  // of a project
	maxRoles   = 64  // in a list of names
)

// tooMuch says of what there is more in a change than an operation records, ""
// for nothing.
func tooMuch(c *latchkey.Change) string {
	switch {
	case c.Tags != nil && len(*c.Tags) > maxTags:
		return fmt.Sprintf("%d tags", maxTags)
	case c.Secrets != nil && len(*c.Secrets) > latchkey.MaxLiveSecrets:
		return fmt.Sprintf("%d secrets", latchkey.MaxLiveSecrets)
	case len(c.OrgRoles) > maxRoles, len(c.ProjectRoles) > maxRoles, len(c.RolesBefore) > maxRoles:
		return fmt.Sprintf("%d roles", maxRoles)
	}
	for _, names := range c.Assignments {
		if len(names) > maxRoles {
			return fmt.Sprintf("%d roles", maxRoles)
		}
	}
	return ""
}
