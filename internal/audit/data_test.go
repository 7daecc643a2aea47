package audit_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/audit"
	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/policy"
	"github.com/latchkey/latchkey/internal/store/sqlstore"
)

// home makes changes in a data directory, as callers of the API would.
type home struct {
	t       testing.TB
	store   *sqlstore.Store
	service *op.Service
	caller  latchkey.PublicKey
	nonces  int

	org, other latchkey.OrgID
	owner      latchkey.PrincipalID
}

// address is where all calls come from.
var address = netip.MustParseAddr("192.0.2.7")

func open(t testing.TB, dir string) *sqlstore.Store {
	t.Helper()
	store, err := sqlstore.Open(dir, sqlstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

// sign signs checkpoints with the key whose public key is in testKeys.
func sign(c *latchkey.Checkpoint) {
	c.Signer = 1
	c.Signature = ed25519.Sign(signingKey(), c.Message())
}

func signingKey() ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed([]byte("a seed of thirty-two bytes, fixed")[:ed25519.SeedSize])
}

func testKeys() audit.PublicKeys { return audit.PublicKeys{signingKey().Public().(ed25519.PublicKey)} }

// signCheckpoints signs how far the chains go now.
func (h *home) signCheckpoints() {
	h.t.Helper()
	if err := h.service.SignCheckpoints(context.Background()); err != nil {
		h.t.Error(err)
	}
}

// newHome sets up two organizations with an owner, a project and an example key each.
func newHome(t testing.TB, dir string) *home {
	t.Helper()
	h := &home{t: t, store: open(t, dir)}
	h.service = op.NewService(op.Config{
		Store: h.store, Granting: policy.Strict, MaxKeysPerOrg: 1000,
		Seal: func(latchkey.PrincipalID, latchkey.PublicKey, latchkey.PrivateKey) (md5, sha256 []byte, err error) {
			return []byte("md5"), []byte("sha256"), nil
		},
		HashSecret: func(s latchkey.ClientSecret) [sha256.Size]byte { return sha256.Sum256([]byte(s.Tail())) },
		Sign:       sign,
		IsSigned:   func(c *latchkey.Checkpoint) bool { return c.SignedBy(testKeys()[0]) },
	})
	for i, name := range []string{"One", "Other"} {
		s, err := h.service.CreateOrganization(context.Background(), "init", op.SetupOptions{OrgName: name, ProjectName: "first", Example: true})
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			h.org, h.caller, h.owner = s.Org.ID, s.Owner.Key.PublicKey, s.Owner.Key.ID
		}
		h.other = s.Org.ID
	}
	return h
}

// do runs an operation as the owner and fails the test if it is refused.
func do[I op.Input, O any](h *home, o *op.Op[I, O], in I) O {
	h.t.Helper()
	h.nonces++
	out, err := op.Do(context.Background(), h.service, o, &op.Call{Address: address, Proof: op.Proof{
		Check: func(r latchkey.Reader, p latchkey.ProjectID) (latchkey.Credential, error) {
			return r.Credential(string(h.caller), p)
		},
		Nonce:   fmt.Sprintf("nonce-%d", h.nonces),
		Expires: time.Now().Add(time.Hour),
	}}, in)
	if err != nil {
		h.t.Errorf("%s %+v: %v", o.Name, in, err)
	}
	return out
}

// fill makes every kind of change, and more than n events.
func (h *home) fill(n int) {
	h.t.Helper()
	do(h, op.UpdateOrg, op.UpdateOrgInput{Org: h.org, Name: ptr("Renamed"), SkipDefaultAlerts: ptr(true)})
	do(h, op.UpdateOrgSettings, op.UpdateOrgSettingsInput{Org: h.org, Apply: func(s *latchkey.OrganizationSettings) {
		s.SecurityContact, s.MultiFactorAuthRequired = "security@example.org", true
	}})
	do(h, op.CreateEntries, op.EntriesInput{Org: h.org, Key: h.owner, Page: latchkey.Page{Number: 1, Size: 100},
		Add: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::/32")}})
	do(h, op.UpdateOrgSettings, op.UpdateOrgSettingsInput{Org: h.org, Apply: func(s *latchkey.OrganizationSettings) { s.AccessListRequired = true }})
	do(h, op.DeleteEntry, op.EntryInput{Org: h.org, Key: h.owner, Prefix: netip.MustParsePrefix("2001:db8::/32")})

	var projects []latchkey.ProjectID
	for i := range 4 {
		in := op.CreateProjectInput{Org: h.org, Name: fmt.Sprintf("project %d", i), WithDefaultAlerts: i%2 == 0, Region: "GOV_REGIONS_ONLY"}
		if i > 1 {
			in.Tags = []latchkey.Tag{{Key: "stage", Value: "test"}}
		}
		projects = append(projects, do(h, op.CreateProject, in).ID)
	}
	do(h, op.UpdateProject, op.UpdateProjectInput{Project: projects[0], Name: ptr("renamed"), Tags: &[]latchkey.Tag{{Key: "a", Value: "b"}}})
	do(h, op.UpdateProject, op.UpdateProjectInput{Project: projects[2], Tags: &[]latchkey.Tag{}})

	keys := []latchkey.PrincipalID{
		do(h, op.CreateOrgKey, op.CreateOrgKeyInput{Org: h.org, Desc: "a reader", Roles: latchkey.Roles(latchkey.OrgReadOnly)}).Key.ID,
		do(h, op.CreateOrgKey, op.CreateOrgKeyInput{Org: h.org, Desc: "a member", Roles: latchkey.Roles(latchkey.OrgMember)}).Key.ID,
		do(h, op.CreateProjectKey, op.CreateProjectKeyInput{Project: projects[0], Desc: "of a project", Roles: latchkey.Roles(latchkey.GroupOwner)}).Key.ID,
	}
	for _, k := range keys[:2] {
		do(h, op.AddKeyToProject, op.ProjectKeyInput{Project: projects[0], Key: k, Roles: latchkey.Roles(latchkey.GroupOwner)})
	}
	gone := do(h, op.CreateOrgKey, op.CreateOrgKeyInput{Org: h.org, Desc: "goes", Roles: latchkey.Roles(latchkey.OrgOwner)}).Key.ID
	do(h, op.AddKeyToProject, op.ProjectKeyInput{Project: projects[3], Key: gone, Roles: latchkey.Roles(latchkey.GroupOwner)})
	do(h, op.DeleteOrgKey, op.OrgKeyInput{Org: h.org, Key: gone})
	do(h, op.UpdateOrgKey, op.UpdateOrgKeyInput{Org: h.org, Key: keys[1], Desc: ptr("described"), SetRoles: true,
		Roles: latchkey.Roles(latchkey.OrgMember, latchkey.OrgBillingAdmin)})
	do(h, op.ReplaceProjectRoles, op.ReplaceProjectRolesInput{Project: projects[3], Key: keys[1], Assign: true, SetRoles: true,
		Roles: latchkey.Roles(latchkey.GroupReadOnly), Desc: ptr("described twice")})
	do(h, op.AddKeyToProject, op.ProjectKeyInput{Project: projects[1], Key: keys[0], Roles: latchkey.Roles(latchkey.GroupReadOnly)})
	do(h, op.RemoveKeyFromProject, op.ProjectKeyInput{Project: projects[1], Key: keys[0]})
	do(h, op.AddKeyToProject, op.ProjectKeyInput{Project: projects[2], Key: keys[2], Roles: latchkey.Roles(latchkey.GroupReadOnly)})
	h.signCheckpoints()
	h.fillAccounts(projects)
	do(h, op.DeleteProject, op.ProjectInput{Project: projects[2]})
	h.signCheckpoints()

	sets := []latchkey.RoleSet{
		latchkey.Roles(latchkey.GroupReadOnly, latchkey.GroupStreamProcessingManager), // a hex digit that is a letter
		latchkey.Roles(latchkey.GroupOwner, latchkey.GroupUserAdmin),
		latchkey.Roles(latchkey.GroupDataAccessReadOnly, latchkey.GroupClusterManager),
	}
	for i := range n {
		do(h, op.ReplaceProjectRoles, op.ReplaceProjectRolesInput{
			Project: projects[0], Key: keys[i%len(keys)], SetRoles: true, Roles: sets[(i/len(keys))%len(sets)],
		})
	}
}

// fillAccounts makes every kind of change to service accounts. Three stay.
func (h *home) fillAccounts(projects []latchkey.ProjectID) {
	h.t.Helper()
	create := func(name string, roles ...latchkey.Role) latchkey.PrincipalID {
		h.t.Helper()
		return do(h, op.CreateOrgAccount, op.CreateAccountInput{Org: h.org, Name: name, Desc: "of a test", Roles: latchkey.Roles(roles...), SecretHours: 24}).ID
	}
	owner, member := create("owner", latchkey.OrgOwner), create("member", latchkey.OrgMember)
	inOrg := func(id latchkey.PrincipalID) op.AccountInput { return op.AccountInput{Org: h.org, Account: id} }
	invite := func(project latchkey.ProjectID, id latchkey.PrincipalID, role latchkey.Role) {
		h.t.Helper()
		do(h, op.InviteAccount, op.InviteAccountInput{AccountInput: op.AccountInput{Project: project, Account: id}, Roles: latchkey.Roles(role)})
	}
	invite(projects[0], member, latchkey.GroupReadOnly)
	invite(projects[2], member, latchkey.GroupOwner) // goes with the project
	invite(projects[3], member, latchkey.GroupOwner)
	do(h, op.RemoveAccountFromProject, op.AccountInput{Project: projects[3], Account: member})
	do(h, op.UpdateProjectAccount, op.UpdateAccountInput{AccountInput: op.AccountInput{Project: projects[0], Account: member}, SetRoles: true, Roles: latchkey.Roles(latchkey.GroupOwner)})
	do(h, op.UpdateOrgAccount, op.UpdateAccountInput{AccountInput: inOrg(owner), Name: ptr("renamed owner"), Desc: ptr("described"),
		SetRoles: true, Roles: latchkey.Roles(latchkey.OrgOwner, latchkey.OrgBillingAdmin)})
	do(h, op.CreateProjectAccount, op.CreateAccountInput{Project: projects[0], Name: "of a project", Desc: "x", Roles: latchkey.Roles(latchkey.GroupReadOnly), SecretHours: 8})
	do(h, op.CreateOrgAccountEntries, op.AccountEntriesInput{AccountInput: inOrg(member), Page: latchkey.Page{Number: 1, Size: 100},
		Add: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::/32")}})
	do(h, op.DeleteOrgAccountEntry, op.AccountEntryInput{AccountInput: inOrg(member), Prefix: netip.MustParsePrefix("2001:db8::/32")})
	do(h, op.CreateOrgSecret, op.CreateSecretInput{AccountInput: inOrg(owner), Hours: 8760})
	second := do(h, op.CreateOrgSecret, op.CreateSecretInput{AccountInput: inOrg(member), Hours: 48}).ID
	do(h, op.DeleteOrgSecret, op.SecretInput{AccountInput: inOrg(member), Secret: second})
	gone := create("goes", latchkey.OrgOwner)
	do(h, op.DeleteOrgAccount, inOrg(gone))
	do(h, op.UpdateOrgSettings, op.UpdateOrgSettingsInput{Org: h.org, Apply: func(s *latchkey.OrganizationSettings) { s.MaxSecretValidityHours = 48 }})
}

func ptr[T any](v T) *T { return &v }

// copyDir copies the data of a closed store.
func copyDir(t testing.TB, from string) string {
	t.Helper()
	to := t.TempDir()
	files, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(from, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, f.Name()), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return to
}
