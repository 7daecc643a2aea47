package e2e

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/atlas-sdk/v20250312006/admin"
)

// wantTexts fails unless a list of texts is what it should be, in any order.
func wantTexts(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	got = slices.Clone(got)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

// sdkAccounts goes through everything that the SDK can do with service
// accounts. The one that it makes acts too, with one token for each secret.
func sdkAccounts(t *testing.T, sdk *admin.APIClient, to counterpart, project string) {
	ctx, api, org := t.Context(), sdk.ServiceAccountsApi, to.keys.OrgID
	account := must[*admin.OrgServiceAccount](t)
	made := account(api.CreateServiceAccount(ctx, org, &admin.OrgServiceAccountRequest{
		Name: "the SDK's", Description: "made by the SDK", Roles: []string{"ORG_READ_ONLY"}, SecretExpiresAfterHours: 8,
	}).Execute())
	id, first := made.GetClientId(), made.GetSecrets()[0]
	wantTexts(t, "roles of a new service account", made.GetRoles(), "ORG_READ_ONLY")
	if first.MaskedSecretValue != nil || first.LastUsedAt != nil {
		t.Errorf("a new secret: %+v", first)
	}
	before := to.proxy.count(tokenPath)
	robot := atlasSDKOAuth(t, to.URL, credentials{id, first.GetSecret()}).ServiceAccountsApi
	itself := account(robot.GetServiceAccount(ctx, org, id).Execute())
	sdkMasked(t, itself.GetSecrets(), first.GetSecret())
	name := "renamed by the SDK"
	roles := []string{"ORG_MEMBER", "ORG_READ_ONLY"}
	changed := account(api.UpdateServiceAccount(ctx, id, org, &admin.OrgServiceAccountUpdateRequest{Name: &name, Roles: &roles}).Execute())
	wantTexts(t, "roles after the PATCH", changed.GetRoles(), roles...)
	if changed.GetName() != name || changed.GetDescription() != "made by the SDK" || changed.GetCreatedAt().IsZero() {
		t.Errorf("service account: %+v", changed)
	}
	list := must[*admin.PaginatedOrgServiceAccounts](t)(robot.ListServiceAccounts(ctx, org).Execute())
	if !slices.ContainsFunc(list.GetResults(), func(a admin.OrgServiceAccount) bool { return a.GetClientId() == id }) {
		t.Error("the new service account is not listed")
	}
	_, _, err := robot.UpdateServiceAccount(ctx, id, org, &admin.OrgServiceAccountUpdateRequest{Name: &name}).Execute()
	wantCode(t, err, "USER_UNAUTHORIZED")
	sdkProjectAccounts(t, api, robot, org, project, id)
	sdkAccountList(t, api, robot, org, id)
	if asked := to.proxy.count(tokenPath) - before; asked != 1 {
		t.Errorf("%d tokens were asked for by the service account, want 1 for all of its calls", asked)
	}
	second := sdkRotation(t, to, api, robot, org, id, first)
	done(t)(api.DeleteServiceAccount(ctx, id, org).Execute())
	_, _, err = api.GetServiceAccount(ctx, org, id).Execute()
	wantCode(t, err, "RESOURCE_NOT_FOUND")
	_, resp, _ := second.GetServiceAccount(ctx, org, id).Execute()
	wantBearer(t, "a token of a deleted service account", resp)
}

// sdkMasked checks that secrets are shown by their last four characters only.
func sdkMasked(t *testing.T, secrets []admin.ServiceAccountSecret, clear ...string) {
	t.Helper()
	var got, want []string
	for _, s := range secrets {
		got = append(got, s.GetMaskedSecretValue()+s.GetSecret())
	}
	for _, text := range clear {
		want = append(want, "mdb_sa_sk_..."+text[len(text)-4:])
	}
	wantTexts(t, "secrets", got, want...)
}

// wantBearer checks a refusal of a token: a challenge that is no digest one.
func wantBearer(t *testing.T, what string, resp *http.Response) {
	t.Helper()
	if resp == nil {
		t.Errorf("%s: no answer", what)
		return
	}
	asked := resp.Header.Values("Www-Authenticate")
	if resp.StatusCode != 401 || len(asked) != 1 || !strings.HasPrefix(asked[0], "Bearer ") {
		t.Errorf("%s: %d %q", what, resp.StatusCode, asked)
	}
}

func sdkProjectAccounts(t *testing.T, api, robot admin.ServiceAccountsApi, org, project, id string) {
	ctx := t.Context()
	account := must[*admin.GroupServiceAccount](t)
	born := account(api.CreateProjectServiceAccount(ctx, project, &admin.GroupServiceAccountRequest{
		Name: "born in a project", Description: "made by the SDK", Roles: []string{"GROUP_READ_ONLY"}, SecretExpiresAfterHours: 8,
	}).Execute())
	inOrg := must[*admin.OrgServiceAccount](t)(api.GetServiceAccount(ctx, org, born.GetClientId()).Execute())
	wantTexts(t, "roles of one born in a project", inOrg.GetRoles(), "ORG_MEMBER")
	sdkMasked(t, inOrg.GetSecrets(), born.GetSecrets()[0].GetSecret())
	invite := admin.NewGroupServiceAccountRoleAssignment([]string{"GROUP_READ_ONLY"})
	wantTexts(t, "roles after the invitation", account(api.AddProjectServiceAccount(ctx, id, project, invite).Execute()).GetRoles(), "GROUP_READ_ONLY")
	_, _, err := api.AddProjectServiceAccount(ctx, id, project, invite).Execute()
	wantCode(t, err, "VALIDATION_ERROR")
	roles := []string{"GROUP_CLUSTER_MANAGER", "GROUP_SEARCH_INDEX_EDITOR"}
	account(api.UpdateProjectServiceAccount(ctx, id, project, &admin.GroupServiceAccountUpdateRequest{Roles: &roles}).Execute())
	wantTexts(t, "roles in the project", account(robot.GetProjectServiceAccount(ctx, project, id).Execute()).GetRoles(), roles...)
	members := must[*admin.PaginatedGroupServiceAccounts](t)(api.ListProjectServiceAccounts(ctx, project).Execute())
	if n := members.GetTotalCount(); n < 2 || len(members.GetResults()) != n {
		t.Errorf("service accounts of the project: %d of %d", len(members.GetResults()), n)
	}
	groups := must[*admin.PaginatedServiceAccountGroup](t)(robot.ListServiceAccountProjects(ctx, org, id).Execute())
	if got := groups.GetResults(); len(got) != 1 || got[0].GetGroupId() != project {
		t.Errorf("projects of the service account: %v", got)
	}
	done(t)(api.DeleteProjectServiceAccount(ctx, id, project).Execute())
	_, _, err = api.GetProjectServiceAccount(ctx, project, id).Execute()
	wantCode(t, err, "RESOURCE_NOT_FOUND")
	sdkInProject(t, api, project, born.GetClientId())
	done(t)(api.DeleteServiceAccount(ctx, born.GetClientId(), org).Execute())
}

// sdkInProject uses secrets and access list of a service account as those who
// run a project do.
func sdkInProject(t *testing.T, api admin.ServiceAccountsApi, project, id string) {
	ctx, ip := t.Context(), "192.0.2.7"
	secret := must[*admin.ServiceAccountSecret](t)(api.CreateProjectServiceAccountSecret(ctx, project, id, admin.NewServiceAccountSecretRequest(8)).Execute())
	if !secret.GetExpiresAt().After(secret.GetCreatedAt()) || secret.GetSecret() == "" {
		t.Errorf("second secret: %+v", secret)
	}
	done(t)(api.DeleteProjectServiceAccountSecret(ctx, id, secret.GetId(), project).Execute())
	list := must[*admin.PaginatedServiceAccountIPAccessEntry](t)
	list(api.CreateProjectServiceAccountAccessList(ctx, project, id, &[]admin.ServiceAccountIPAccessListEntry{{IpAddress: &ip}}).Execute())
	if got := list(api.ListProjectServiceAccountAccessList(ctx, project, id).Execute()).GetResults(); len(got) != 1 || got[0].GetIpAddress() != ip {
		t.Errorf("access list: %v", got)
	}
	done(t)(api.DeleteProjectServiceAccountAccessListEntry(ctx, project, id, ip).Execute())
}

func sdkAccountList(t *testing.T, api, robot admin.ServiceAccountsApi, org, id string) {
	ctx := t.Context()
	ip, block := "192.0.2.7", "198.51.100.0/24"
	list := must[*admin.PaginatedServiceAccountIPAccessEntry](t)(api.CreateServiceAccountAccessList(ctx, org, id,
		&[]admin.ServiceAccountIPAccessListEntry{{IpAddress: &ip}, {CidrBlock: &block}}).Execute())
	if list.GetTotalCount() != 2 {
		t.Errorf("access list after the insert: %d entries", list.GetTotalCount())
	}
	_, _, err := robot.GetServiceAccount(ctx, org, id).Execute()
	wantCode(t, err, "IP_ADDRESS_NOT_ON_ACCESS_LIST")
	list = must[*admin.PaginatedServiceAccountIPAccessEntry](t)(api.ListServiceAccountAccessList(ctx, org, id).Execute())
	for _, e := range list.GetResults() {
		if e.GetCreatedAt().IsZero() || e.GetCidrBlock() != ip+"/32" && e.GetCidrBlock() != block {
			t.Errorf("entry: %+v", e)
		}
	}
	for _, entry := range []string{ip, block} {
		done(t)(api.DeleteServiceAccountAccessListEntry(ctx, org, id, entry).Execute())
		_, err := api.DeleteServiceAccountAccessListEntry(ctx, org, id, entry).Execute()
		wantCode(t, err, "RESOURCE_NOT_FOUND")
	}
	must[*admin.OrgServiceAccount](t)(robot.GetServiceAccount(ctx, org, id).Execute())
}

// sdkRotation replaces the secret of a service account. It returns the SDK as
// the service account with the new one.
func sdkRotation(t *testing.T, to counterpart, api, robot admin.ServiceAccountsApi, org, id string, first admin.ServiceAccountSecret) admin.ServiceAccountsApi {
	ctx := t.Context()
	made := must[*admin.ServiceAccountSecret](t)(api.CreateServiceAccountSecret(ctx, org, id, admin.NewServiceAccountSecretRequest(8)).Execute())
	_, _, err := api.CreateServiceAccountSecret(ctx, org, id, admin.NewServiceAccountSecretRequest(8)).Execute()
	wantCode(t, err, "VALIDATION_ERROR")
	second := atlasSDKOAuth(t, to.URL, credentials{id, made.GetSecret()}).ServiceAccountsApi
	both := must[*admin.OrgServiceAccount](t)(second.GetServiceAccount(ctx, org, id).Execute())
	sdkMasked(t, both.GetSecrets(), first.GetSecret(), made.GetSecret())
	must[*admin.OrgServiceAccount](t)(robot.GetServiceAccount(ctx, org, id).Execute())
	done(t)(api.DeleteServiceAccountSecret(ctx, id, first.GetId(), org).Execute())
	_, resp, _ := robot.GetServiceAccount(ctx, org, id).Execute()
	wantBearer(t, "a token of a deleted secret", resp)
	left := must[*admin.OrgServiceAccount](t)(second.GetServiceAccount(ctx, org, id).Execute())
	sdkMasked(t, left.GetSecrets(), made.GetSecret())
	return second
}
