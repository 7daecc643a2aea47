package latchkeytest_test

import (
	"context"
	"testing"

	"go.mongodb.org/atlas-sdk/v20250312006/admin"

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
