package e2e

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/atlas-sdk/v20250312006/admin"
	"go.mongodb.org/atlas-sdk/v20250312006/auth"
)

// atlasSDK returns the Atlas Go SDK with its own digest transport.
func atlasSDK(t *testing.T, url string, k credentials) *admin.APIClient {
	t.Helper()
	return newSDK(t, url, admin.UseDigestAuth(k.public, k.private))
}

// atlasSDKOAuth returns the Atlas Go SDK as a service account.
func atlasSDKOAuth(t *testing.T, url string, k credentials) *admin.APIClient {
	t.Helper()
	// Without a client of ours it would change the one that all share.
	ctx := context.WithValue(t.Context(), auth.HTTPClient, &http.Client{Transport: http.DefaultTransport})
	return newSDK(t, url, admin.UseOAuthAuth(ctx, k.public, k.private))
}

func newSDK(t *testing.T, url string, authenticate admin.ClientModifier) *admin.APIClient {
	t.Helper()
	client, err := admin.NewClient(admin.UseBaseURL(url), authenticate) // the URL first: tokens come from there
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// must unpacks what a call of the SDK returns, and ends the test on an error.
func must[T any](t *testing.T) func(v T, resp *http.Response, err error) T {
	return func(v T, _ *http.Response, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// done is must for calls that return nothing.
func done(t *testing.T) func(resp *http.Response, err error) {
	return func(_ *http.Response, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
}

// wantCode fails unless err carries the error code, found as clients find it.
func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if !admin.IsErrorCode(err, code) {
		t.Errorf("got %v, want %s", err, code)
	}
}

// rolesOf returns the roles of a key as sorted "id:ROLE".
func rolesOf(k *admin.ApiKeyUserDetails) []string {
	var out []string
	for _, r := range k.GetRoles() {
		out = append(out, r.GetOrgId()+r.GetGroupId()+":"+r.GetRoleName())
	}
	slices.Sort(out)
	return out
}

// playAtlasSDK goes through everything with the typed calls of the SDK.
func playAtlasSDK(t *testing.T, to counterpart) {
	open := atlasSDK
	if to.oauth {
		open = atlasSDKOAuth
	}
	sdk := open(t, to.URL, to.owner)
	sdkOrganization(t, sdk, to.keys, to.ownerID)
	project := sdkProject(t, sdk, to.keys)
	sdkKeys(t, sdk, to, project)
	if asked := to.proxy.count(tokenPath); to.oauth && asked != 1 {
		t.Errorf("%d tokens were asked for by one client, want 1", asked)
	}
	sdkAccounts(t, sdk, to, project)
	done(t)(sdk.ProjectsApi.DeleteProject(t.Context(), project).Execute())
	_, _, err := sdk.ProjectsApi.GetProject(t.Context(), project).Execute()
	wantCode(t, err, "GROUP_NOT_FOUND")
}

func sdkOrganization(t *testing.T, sdk *admin.APIClient, keys firstKeys, caller string) {
	ctx := t.Context()
	status := must[*admin.SystemStatus](t)(sdk.RootApi.GetSystemStatus(ctx).Execute())
	if got := status.ApiKey.Id; got != caller {
		t.Errorf("the root names %q, want %q", got, caller)
	}
	must[*admin.ControlPlaneIPAddresses](t)(sdk.RootApi.ReturnAllControlPlaneIpAddresses(ctx).Execute())
	orgs := must[*admin.PaginatedOrganization](t)(sdk.OrganizationsApi.ListOrganizations(ctx).Execute())
	if got := orgs.GetResults(); len(got) != 1 || got[0].GetId() != keys.OrgID || orgs.GetTotalCount() != 1 {
		t.Errorf("organizations: %v", got)
	}
	change := admin.NewAtlasOrganization("Renamed by the SDK")
	change.SkipDefaultAlertsSettings = nil
	must[*admin.AtlasOrganization](t)(sdk.OrganizationsApi.UpdateOrganization(ctx, keys.OrgID, change).Execute())
	if got := must[*admin.AtlasOrganization](t)(sdk.OrganizationsApi.GetOrganization(ctx, keys.OrgID).Execute()); got.GetName() != "Renamed by the SDK" {
		t.Errorf("name: %q", got.GetName())
	}
	settings := must[*admin.OrganizationSettings](t)(sdk.OrganizationsApi.GetOrganizationSettings(ctx, keys.OrgID).Execute())
	if !settings.GetGenAIFeaturesEnabled() {
		t.Error("genAIFeaturesEnabled is not true at the beginning")
	}
	// Settings go back whole, as the Terraform provider sends them.
	settings.SetRestrictEmployeeAccess(true)
	settings = must[*admin.OrganizationSettings](t)(sdk.OrganizationsApi.UpdateOrganizationSettings(ctx, keys.OrgID, settings).Execute())
	if !settings.GetRestrictEmployeeAccess() || !settings.GetGenAIFeaturesEnabled() {
		t.Errorf("settings after the change: %+v", settings)
	}
}

func sdkProject(t *testing.T, sdk *admin.APIClient, keys firstKeys) string {
	ctx := t.Context()
	group := &admin.Group{Name: "made by the SDK", OrgId: keys.OrgID, Created: time.Time{}}
	made := must[*admin.Group](t)(sdk.ProjectsApi.CreateProject(ctx, group).Execute())
	id := made.GetId()
	all := must[*admin.PaginatedAtlasGroup](t)(sdk.ProjectsApi.ListProjects(ctx).ItemsPerPage(1).PageNum(2).Execute())
	if len(all.GetResults()) != 1 || all.GetTotalCount() != 2 {
		t.Errorf("second page of projects: %d of %d, want 1 of 2", len(all.GetResults()), all.GetTotalCount())
	}
	of := must[*admin.PaginatedAtlasGroup](t)(sdk.OrganizationsApi.ListOrganizationProjects(ctx, keys.OrgID).Name("MADE BY").Execute())
	if got := of.GetResults(); len(got) != 1 || got[0].GetId() != id {
		t.Errorf("projects by part of their name: %v", got)
	}
	if got := must[*admin.Group](t)(sdk.ProjectsApi.GetProject(ctx, id).Execute()); !got.GetWithDefaultAlertsSettings() || got.GetCreated().IsZero() {
		t.Errorf("project: %+v", got)
	}
	name, tags := "changed by the SDK", []admin.ResourceTag{{Key: "team", Value: "blue"}}
	must[*admin.Group](t)(sdk.ProjectsApi.UpdateProject(ctx, id, &admin.GroupUpdate{Name: &name, Tags: &tags}).Execute())
	if got := must[*admin.Group](t)(sdk.ProjectsApi.GetProjectByName(ctx, name).Execute()); got.GetId() != id || !slices.Equal(got.GetTags(), tags) {
		t.Errorf("project by its name: %+v", got)
	}
	none := []admin.ResourceTag{}
	if got := must[*admin.Group](t)(sdk.ProjectsApi.UpdateProject(ctx, id, &admin.GroupUpdate{Tags: &none}).Execute()); len(got.GetTags()) != 0 {
		t.Errorf("tags after they were taken off: %v", got.GetTags())
	}
	return id
}

func sdkKeys(t *testing.T, sdk *admin.APIClient, to counterpart, project string) {
	ctx, api, keys := t.Context(), sdk.ProgrammaticAPIKeysApi, to.keys
	key := must[*admin.ApiKeyUserDetails](t)
	want := func(what string, k *admin.ApiKeyUserDetails, roles ...string) {
		t.Helper()
		slices.Sort(roles)
		if got := rolesOf(k); !slices.Equal(got, roles) {
			t.Errorf("roles %s: %q, want %q", what, got, roles)
		}
	}
	inProject := key(api.CreateProjectApiKey(ctx, project, admin.NewCreateAtlasProjectApiKey("in a project", []string{"GROUP_READ_ONLY"})).Execute())
	want("of a key born in a project", inProject, keys.OrgID+":ORG_MEMBER", project+":GROUP_READ_ONLY")
	made := key(api.CreateApiKey(ctx, keys.OrgID, admin.NewCreateAtlasOrganizationApiKey("test", []string{"ORG_READ_ONLY"})).Execute())
	want("of a new key", made, keys.OrgID+":ORG_READ_ONLY")
	id := made.GetId()
	list := must[*admin.PaginatedApiApiUser](t)(api.ListApiKeys(ctx, keys.OrgID).Execute())
	if list.GetTotalCount() != 4 || len(list.GetResults()) != 4 {
		t.Errorf("keys: %d of %d, want 4", len(list.GetResults()), list.GetTotalCount())
	}
	if got := must[*admin.PaginatedApiApiUser](t)(api.ListApiKeys(ctx, keys.OrgID).IncludeCount(false).Execute()); got.TotalCount != nil {
		t.Errorf("totalCount %d with includeCount=false", *got.TotalCount)
	}
	desc := "renamed"
	want("after a new description", key(api.UpdateApiKey(ctx, keys.OrgID, id, &admin.UpdateAtlasOrganizationApiKey{Desc: &desc}).Execute()), keys.OrgID+":ORG_READ_ONLY")
	got := key(api.GetApiKey(ctx, keys.OrgID, id).Execute())
	if got.GetDesc() != desc || got.GetPrivateKey() != "********-****-****-"+made.GetPrivateKey()[24:] {
		t.Errorf("key: %q %q, created as %q", got.GetDesc(), got.GetPrivateKey(), made.GetPrivateKey())
	}
	first, then := []string{"GROUP_READ_ONLY"}, []string{"GROUP_CLUSTER_MANAGER", "GROUP_SEARCH_INDEX_EDITOR"}
	_, _, err := api.UpdateApiKeyRoles(ctx, project, id, &admin.UpdateAtlasProjectApiKey{Roles: &then}).Execute()
	wantCode(t, err, "API_KEY_NOT_FOUND") // not in the project yet
	done(t)(api.AddProjectApiKey(ctx, project, id, &[]admin.UserAccessRoleAssignment{{Roles: &first, UserId: &id}}).Execute())
	want("after the PATCH", key(api.UpdateApiKeyRoles(ctx, project, id, &admin.UpdateAtlasProjectApiKey{Roles: &then}).Execute()),
		keys.OrgID+":ORG_READ_ONLY", project+":GROUP_CLUSTER_MANAGER", project+":GROUP_SEARCH_INDEX_EDITOR")
	inList := must[*admin.PaginatedApiApiUser](t)(api.ListProjectApiKeys(ctx, project).IncludeCount(true).ItemsPerPage(100).PageNum(1).Execute())
	members := 3 // and the owner, who made the project
	if to.oauth {
		members = 2 // it is no key
	}
	if len(inList.GetResults()) != members {
		t.Errorf("keys in the project: %d, want %d", len(inList.GetResults()), members)
	}
	done(t)(api.RemoveProjectApiKey(ctx, project, id).Execute())
	sdkAccessList(t, sdk, keys.OrgID, id)
	done(t)(api.DeleteApiKey(ctx, keys.OrgID, id).Execute())
	_, _, err = api.GetApiKey(ctx, keys.OrgID, id).Execute()
	wantCode(t, err, "API_KEY_NOT_FOUND")
	if err != nil && !strings.Contains(err.Error(), fmt.Sprintf("No API key with ID %s exists.", id)) {
		t.Errorf("error text: %v", err)
	}
}

func sdkAccessList(t *testing.T, sdk *admin.APIClient, org, key string) {
	ctx, api := t.Context(), sdk.ProgrammaticAPIKeysApi
	ip, block := "192.0.2.7", "198.51.100.0/24"
	list := must[*admin.PaginatedApiUserAccessListResponse](t)(api.CreateApiKeyAccessList(ctx, org, key,
		&[]admin.UserAccessListRequest{{IpAddress: &ip}, {CidrBlock: &block}}).Execute())
	if list.GetTotalCount() != 2 {
		t.Errorf("access list after the insert: %d entries", list.GetTotalCount())
	}
	list = must[*admin.PaginatedApiUserAccessListResponse](t)(api.ListApiKeyAccessListsEntries(ctx, org, key).Execute())
	if len(list.GetResults()) != 2 {
		t.Errorf("access list: %d entries", len(list.GetResults()))
	}
	for _, entry := range []string{ip, block} {
		got := must[*admin.UserAccessListResponse](t)(api.GetApiKeyAccessList(ctx, org, entry, key).Execute())
		if got.GetIpAddress() != entry && got.GetCidrBlock() != entry {
			t.Errorf("entry %s: %+v", entry, got)
		}
		done(t)(api.DeleteApiKeyAccessListEntry(ctx, org, key, entry).Execute())
		_, _, err := api.GetApiKeyAccessList(ctx, org, entry, key).Execute()
		wantCode(t, err, "API_KEY_ACCESS_LIST_NOT_FOUND")
	}
}
