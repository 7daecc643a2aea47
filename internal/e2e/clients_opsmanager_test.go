package e2e

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/mongodb-forks/digest"
	"go.mongodb.org/atlas/mongodbatlas"
	"go.mongodb.org/ops-manager/opsmngr"
)

// opsManager returns the Ops Manager Go client with the digest transport that
// its documentation names.
func opsManager(t *testing.T, base string, k credentials) *opsmngr.Client {
	t.Helper()
	hc, err := digest.NewTransport(k.public, k.private).Client()
	if err != nil {
		t.Fatal(err)
	}
	client, err := opsmngr.New(hc, opsmngr.SetBaseURL(base+"/"))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// ok unpacks what a call of the client returns, and ends the test on an error.
func ok[T any](t *testing.T) func(v T, resp *mongodbatlas.Response, err error) T {
	return func(v T, _ *mongodbatlas.Response, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func gone(t *testing.T) func(resp *mongodbatlas.Response, err error) {
	return func(_ *mongodbatlas.Response, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
}

// wantV1Code fails unless err carries the error code, found as this client's
// users find it.
func wantV1Code(t *testing.T, err error, code string) {
	t.Helper()
	var refusal *mongodbatlas.ErrorResponse
	if !errors.As(err, &refusal) || refusal.ErrorCode != code {
		t.Errorf("got %v, want %s", err, code)
	}
}

func v1Roles(k *mongodbatlas.APIKey) []string {
	var out []string
	for _, r := range k.Roles {
		out = append(out, r.OrgID+r.GroupID+":"+r.RoleName)
	}
	slices.Sort(out)
	return out
}

// playOpsManager goes through everything that the client has calls for.
func playOpsManager(g generation) func(t *testing.T, to counterpart) {
	return func(t *testing.T, to counterpart) {
		om := opsManager(t, to.URL+g.base, to.keys.owner())
		project := omProject(t, om, to.keys)
		omKeys(t, om, to, project)
		gone(t)(om.Projects.Delete(t.Context(), project))
		_, _, err := om.Projects.Get(t.Context(), project)
		wantV1Code(t, err, "GROUP_NOT_FOUND")
	}
}

func omProject(t *testing.T, om *opsmngr.Client, keys firstKeys) string {
	ctx := t.Context()
	orgs := ok[*mongodbatlas.Organizations](t)(om.Organizations.List(ctx, &mongodbatlas.OrganizationsListOptions{}))
	if len(orgs.Results) != 1 || orgs.Results[0].ID != keys.OrgID || orgs.TotalCount != 1 {
		t.Errorf("organizations: %+v", orgs)
	}
	ok[*mongodbatlas.Organization](t)(om.Organizations.Get(ctx, keys.OrgID))
	made := ok[*opsmngr.Project](t)(om.Projects.Create(ctx, &opsmngr.Project{Name: "made by the client", OrgID: keys.OrgID}))
	if all := ok[*opsmngr.Projects](t)(om.Projects.List(ctx, &mongodbatlas.ListOptions{ItemsPerPage: 10})); all.TotalCount != 2 {
		t.Errorf("projects: %d", all.TotalCount)
	}
	if all := ok[*opsmngr.Projects](t)(om.Organizations.Projects(ctx, keys.OrgID, nil)); all.TotalCount != 2 {
		t.Errorf("projects of the organization: %d", all.TotalCount)
	}
	ok[*opsmngr.Project](t)(om.Projects.Get(ctx, made.ID))
	if got := ok[*opsmngr.Project](t)(om.Projects.GetByName(ctx, made.Name)); got.ID != made.ID {
		t.Errorf("project by its name: %+v", got)
	}
	return made.ID
}

func omKeys(t *testing.T, om *opsmngr.Client, to counterpart, project string) {
	ctx, keys := t.Context(), to.keys
	key := ok[*mongodbatlas.APIKey](t)
	want := func(what string, k *mongodbatlas.APIKey, roles ...string) {
		t.Helper()
		slices.Sort(roles)
		if got := v1Roles(k); !slices.Equal(got, roles) {
			t.Errorf("roles %s: %q, want %q", what, got, roles)
		}
	}
	inProject := key(om.ProjectAPIKeys.Create(ctx, project, &mongodbatlas.APIKeyInput{Desc: "in a project", Roles: []string{"GROUP_READ_ONLY"}}))
	want("of a key born in a project", inProject, keys.OrgID+":ORG_MEMBER", project+":GROUP_READ_ONLY")
	made := key(om.OrganizationAPIKeys.Create(ctx, keys.OrgID, &mongodbatlas.APIKeyInput{Desc: "test", Roles: []string{"ORG_READ_ONLY"}}))
	want("of a new key", made, keys.OrgID+":ORG_READ_ONLY")
	if all := ok[[]mongodbatlas.APIKey](t)(om.OrganizationAPIKeys.List(ctx, keys.OrgID, &mongodbatlas.ListOptions{PageNum: 1, ItemsPerPage: 100})); len(all) != 4 {
		t.Errorf("keys: %d, want 4", len(all))
	}
	want("after a new description", key(om.OrganizationAPIKeys.Update(ctx, keys.OrgID, made.ID, &mongodbatlas.APIKeyInput{Desc: "renamed"})), keys.OrgID+":ORG_READ_ONLY")
	got := key(om.OrganizationAPIKeys.Get(ctx, keys.OrgID, made.ID))
	if got.Desc != "renamed" || got.PrivateKey != "********-****-****-"+made.PrivateKey[24:] {
		t.Errorf("key: %q %q, created as %q", got.Desc, got.PrivateKey, made.PrivateKey)
	}
	// The first assigns, the second replaces: one call, one method.
	for _, roles := range [][]string{{"GROUP_READ_ONLY"}, {"GROUP_DATA_ACCESS_READ_WRITE", "GROUP_DATA_ACCESS_ADMIN"}} {
		gone(t)(om.ProjectAPIKeys.Assign(ctx, project, made.ID, &mongodbatlas.AssignAPIKey{Roles: roles}))
		now := []string{keys.OrgID + ":ORG_READ_ONLY"}
		for _, r := range roles {
			now = append(now, project+":"+r)
		}
		want("after the PATCH", key(om.OrganizationAPIKeys.Get(ctx, keys.OrgID, made.ID)), now...)
	}
	if all := ok[[]mongodbatlas.APIKey](t)(om.ProjectAPIKeys.List(ctx, project, nil)); len(all) != 3 { // and the owner, who made the project
		t.Errorf("keys in the project: %d, want 3", len(all))
	}
	gone(t)(om.ProjectAPIKeys.Unassign(ctx, project, made.ID))
	want("after unassigning", key(om.OrganizationAPIKeys.Get(ctx, keys.OrgID, made.ID)), keys.OrgID+":ORG_READ_ONLY")
	omAccessList(t, om, to, made.ID)
	gone(t)(om.OrganizationAPIKeys.Delete(ctx, keys.OrgID, made.ID))
	_, _, err := om.OrganizationAPIKeys.Get(ctx, keys.OrgID, made.ID)
	wantV1Code(t, err, "API_KEY_NOT_FOUND")
}

// omAccessList uses the list under both its names. The client does not escape
// the slash of a block.
func omAccessList(t *testing.T, om *opsmngr.Client, to counterpart, id string) {
	ctx, org := t.Context(), to.keys.OrgID
	made := ok[*mongodbatlas.AccessListAPIKeys](t)(om.AccessListAPIKeys.Create(ctx, org, id,
		[]*mongodbatlas.AccessListAPIKeysReq{{IPAddress: "192.0.2.7"}, {CidrBlock: "198.51.100.0/24"}}))
	if made.TotalCount != 2 {
		t.Errorf("access list after the insert: %+v", made)
	}
	if got := ok[*mongodbatlas.AccessListAPIKeys](t)(om.AccessListAPIKeys.List(ctx, org, id, nil)); len(got.Results) != 2 {
		t.Errorf("access list: %+v", got)
	}
	for _, entry := range []string{"192.0.2.7", "198.51.100.0/24"} {
		got := ok[*mongodbatlas.AccessListAPIKey](t)(om.AccessListAPIKeys.Get(ctx, org, id, entry))
		if got.IPAddress != entry && got.CidrBlock != entry {
			t.Errorf("entry %s: %+v", entry, got)
		}
		if sent := to.proxy.last(t).target; !strings.HasSuffix(sent, "/accessList/"+entry) {
			t.Errorf("the client sent %s: its slash was to arrive as it is", sent)
		}
		gone(t)(om.AccessListAPIKeys.Delete(ctx, org, id, entry))
		_, _, err := om.AccessListAPIKeys.Get(ctx, org, id, entry)
		wantV1Code(t, err, "API_KEY_ACCESS_LIST_NOT_FOUND")
	}
	old := ok[*mongodbatlas.WhitelistAPIKeys](t)(om.WhitelistAPIKeys.Create(ctx, org, id, []*mongodbatlas.WhitelistAPIKeysReq{{CidrBlock: "203.0.113.0/25"}}))
	if len(old.Results) != 1 || !strings.Contains(old.Results[0].Links[0].Href, "/whitelist/203.0.113.0%2F25") {
		t.Errorf("list under its old name: %+v", old)
	}
	ok[*mongodbatlas.WhitelistAPIKeys](t)(om.WhitelistAPIKeys.List(ctx, org, id, nil))
	ok[*mongodbatlas.WhitelistAPIKey](t)(om.WhitelistAPIKeys.Get(ctx, org, id, "203.0.113.0/25"))
	gone(t)(om.WhitelistAPIKeys.Delete(ctx, org, id, "203.0.113.0/25"))
}
