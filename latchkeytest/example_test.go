package latchkeytest_test

import (
	"context"
	"net/http"
	"testing"

	"go.mongodb.org/atlas-sdk/v20250312006/admin"
	"go.mongodb.org/atlas-sdk/v20250312006/auth"

	"github.com/latchkey/latchkey/latchkeytest"
)

// TestWithTheAtlasSDK is what a test of another project looks like: a server of
// its own, the official SDK, and only the base URL differs from the real thing.
func TestWithTheAtlasSDK(t *testing.T) {
	server := latchkeytest.NewServer(t)
	sdk, err := admin.NewClient(
		admin.UseBaseURL(server.URL),
		admin.UseDigestAuth(server.Owner.PublicKey, server.Owner.PrivateKey),
	)
	if err != nil {
		t.Fatal(err)
	}

	roles := []string{"GROUP_DATA_ACCESS_READ_ONLY"}
	key, _, err := sdk.ProgrammaticAPIKeysApi.UpdateApiKeyRoles(context.Background(), server.ProjectID, server.Example.ID,
		&admin.UpdateAtlasProjectApiKey{Roles: &roles}).Execute()
	if err != nil {
		t.Fatal(err)
	}

	for _, role := range key.GetRoles() {
		if role.GetGroupId() == server.ProjectID && role.GetRoleName() != roles[0] {
			t.Errorf("the key still holds %s in the project", role.GetRoleName())
		}
	}
}

// TestWithAServiceAccount is the same for programs that log in with a client id
// and a secret: a key makes the service account, which then acts itself.
func TestWithAServiceAccount(t *testing.T) {
	server := latchkeytest.NewServer(t)
	owner, err := admin.NewClient(
		admin.UseBaseURL(server.URL),
		admin.UseDigestAuth(server.Owner.PublicKey, server.Owner.PrivateKey),
	)
	if err != nil {
		t.Fatal(err)
	}
	account, _, err := owner.ServiceAccountsApi.CreateServiceAccount(t.Context(), server.OrgID, &admin.OrgServiceAccountRequest{
		Name: "deployer", Description: "deploys", Roles: []string{"ORG_OWNER"}, SecretExpiresAfterHours: 8,
	}).Execute()
	if err != nil {
		t.Fatal(err)
	}

	// UseBaseURL goes first: UseOAuthAuth asks there for tokens. The context has
	// a client of its own, because the SDK would change http.DefaultClient.
	ctx := context.WithValue(t.Context(), auth.HTTPClient, &http.Client{Transport: http.DefaultTransport})
	sdk, err := admin.NewClient(
		admin.UseBaseURL(server.URL),
		admin.UseOAuthAuth(ctx, account.GetClientId(), account.GetSecrets()[0].GetSecret()),
	)
	if err != nil {
		t.Fatal(err)
	}
	roles := []string{"GROUP_DATA_ACCESS_READ_ONLY"}
	if _, _, err = sdk.ProgrammaticAPIKeysApi.UpdateApiKeyRoles(t.Context(), server.ProjectID, server.Example.ID,
		&admin.UpdateAtlasProjectApiKey{Roles: &roles}).Execute(); err != nil {
		t.Fatal(err)
	}

	// A deleted service account is refused at once, whatever token it has.
	if _, err = owner.ServiceAccountsApi.DeleteServiceAccount(t.Context(), account.GetClientId(), server.OrgID).Execute(); err != nil {
		t.Fatal(err)
	}
	_, resp, err := sdk.ProjectsApi.GetProject(t.Context(), server.ProjectID).Execute()
	if err == nil || resp == nil || resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("a deleted service account is served: %v", err)
	}
}
