package wire

import (
	"net/http"
	"slices"
	"testing"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/policy"
)

// TestCodesFollowFromThePath: what a row may be refused with depends on what
// its path names.
func TestCodesFollowFromThePath(t *testing.T) {
	owner := policy.Rule{Gate: policy.GateOrganization, Role: latchkey.OrgOwner}
	for _, c := range []struct {
		path  string
		codes []latchkey.Code // of those below, in their order
	}{
		{"/orgs/{orgId}/apiKeys/{apiUserId}", []latchkey.Code{latchkey.CodeKeyNotFound, latchkey.CodeLastOwner}},
		{"/orgs/{orgId}/serviceAccounts/{clientId}", []latchkey.Code{latchkey.CodeAccountNotFound, latchkey.CodeLastOwner}},
		{"/orgs/{orgId}/serviceAccounts/{clientId}/secrets", []latchkey.Code{latchkey.CodeAccountNotFound}},
		{"/orgs/{orgId}/serviceAccounts/{clientId}/secrets/{secretId}", []latchkey.Code{latchkey.CodeAccountNotFound, latchkey.CodeSecretNotFound}},
		{"/orgs/{orgId}/serviceAccounts/{clientId}/accessList/{ipAddress}", []latchkey.Code{latchkey.CodeAccountNotFound, latchkey.CodeAccountEntryNotFound, latchkey.CodeCallerLockedOut}},
		{"/groups/{groupId}/serviceAccounts/{clientId}:invite", []latchkey.Code{latchkey.CodeAccountNotFound, latchkey.CodeProjectNotReachable}},
	} {
		row := Row{Spec: Spec{Method: http.MethodPost, Patterns: []string{c.path}}, Op: op.Info{Rule: owner, Changes: true}}
		got := slices.DeleteFunc(row.Codes(AtlasV2), func(code latchkey.Code) bool {
			return !slices.Contains([]latchkey.Code{
				latchkey.CodeKeyNotFound, latchkey.CodeEntryNotFound, latchkey.CodeAccountNotFound, latchkey.CodeSecretNotFound,
				latchkey.CodeAccountEntryNotFound, latchkey.CodeProjectNotReachable, latchkey.CodeLastOwner, latchkey.CodeCallerLockedOut,
			}, code)
		})
		if !slices.Equal(got, c.codes) {
			t.Errorf("%s: %v, want %v", c.path, got, c.codes)
		}
	}
}
