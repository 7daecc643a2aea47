package e2e

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.mongodb.org/atlas-sdk/v20250312006/admin"
	"go.mongodb.org/atlas/mongodbatlas"
)

// TestRefusalsThroughSDKs shows the refusals that programs switch on, as they
// see them: through the error types of the official clients.
func TestRefusalsThroughSDKs(t *testing.T) {
	t.Parallel()
	dir, keys := setUp(t)
	server := serve(t, dir)
	ctx := t.Context()
	sdk := atlasSDK(t, server.URL, keys.owner())
	weak := atlasSDK(t, server.URL, keys.example())
	om := opsManager(t, server.URL+publicV1().base, keys.owner())
	weakOM := opsManager(t, server.URL+publicV1().base, keys.example())
	bad, good := []string{"INVALID_ROLE"}, []string{"GROUP_OWNER"}
	const nobody = "000000000000000000000001"

	for _, c := range []struct {
		name string
		code string
		text string // of the error
		try  func() error
	}{
		{"key that is not there", "API_KEY_NOT_FOUND", "HTTP 400", func() error {
			_, _, err := sdk.ProgrammaticAPIKeysApi.GetApiKey(ctx, keys.OrgID, nobody).Execute()
			return err
		}},
		{"project that is not there", "GROUP_NOT_FOUND", "HTTP 404", func() error {
			_, _, err := sdk.ProjectsApi.GetProject(ctx, nobody).Execute()
			return err
		}},
		{"organization that is not there", "ORG_NOT_FOUND", "HTTP 404", func() error {
			_, _, err := sdk.OrganizationsApi.GetOrganization(ctx, nobody).Execute()
			return err
		}},
		{"role too weak", "USER_UNAUTHORIZED", "HTTP 401", func() error {
			_, _, err := weak.ProgrammaticAPIKeysApi.UpdateApiKeyRoles(ctx, keys.ProjectID, keys.Example.APIKeyID, &admin.UpdateAtlasProjectApiKey{Roles: &good}).Execute()
			return err
		}},
		{"role that does not exist", "INVALID_ENUM_VALUE", "Invalid role", func() error {
			_, _, err := sdk.ProgrammaticAPIKeysApi.UpdateApiKeyRoles(ctx, keys.ProjectID, keys.Example.APIKeyID, &admin.UpdateAtlasProjectApiKey{Roles: &bad}).Execute()
			return err
		}},
		{"role that does not exist, on a new key", "INVALID_ENUM_VALUE", "Invalid role", func() error {
			_, _, err := sdk.ProgrammaticAPIKeysApi.CreateApiKey(ctx, keys.OrgID, admin.NewCreateAtlasOrganizationApiKey("x", bad)).Execute()
			return err
		}},
		{"owner of a project that is no user", "USER_NOT_FOUND", "HTTP 404", func() error {
			_, _, err := sdk.ProjectsApi.CreateProject(ctx, &admin.Group{Name: "x", OrgId: keys.OrgID}).ProjectOwnerId(nobody).Execute()
			return err
		}},
		{"wrong private key", "UNEXPECTED_ERROR", "HTTP 401", func() error {
			stranger := atlasSDK(t, server.URL, credentials{keys.PublicKey, "wrong"})
			_, _, err := stranger.OrganizationsApi.ListOrganizations(ctx).Execute()
			return err
		}},
		{"unknown public key", "UNEXPECTED_ERROR", "HTTP 401", func() error {
			stranger := atlasSDK(t, server.URL, credentials{"zzzzzzzz", keys.PrivateKey})
			_, _, err := stranger.OrganizationsApi.ListOrganizations(ctx).Execute()
			return err
		}},
		{"v1.0: role too weak", "USER_UNAUTHORIZED", "401", func() error {
			_, err := weakOM.ProjectAPIKeys.Assign(ctx, keys.ProjectID, keys.Example.APIKeyID, &mongodbatlas.AssignAPIKey{Roles: good})
			return err
		}},
		{"v1.0: key that is not there", "API_KEY_NOT_FOUND", "400", func() error {
			_, err := om.ProjectAPIKeys.Assign(ctx, keys.ProjectID, nobody, &mongodbatlas.AssignAPIKey{Roles: good})
			return err
		}},
		{"v1.0: no id at all", "INVALID_GROUP_ID", "404", func() error {
			_, _, err := om.Projects.Get(ctx, "not-an-id")
			return err
		}},
		{"v1.0: role that does not exist", "INVALID_ENUM_VALUE", "400", func() error {
			_, err := om.ProjectAPIKeys.Assign(ctx, keys.ProjectID, keys.Example.APIKeyID, &mongodbatlas.AssignAPIKey{Roles: bad})
			return err
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.try()
			var v1 *mongodbatlas.ErrorResponse
			switch {
			case err == nil:
				t.Fatal("not refused")
			case errors.As(err, &v1):
				wantV1Code(t, err, c.code)
			default:
				wantCode(t, err, c.code)
			}
			if !strings.Contains(err.Error(), c.text) {
				t.Errorf("error %q does not contain %q", err, c.text)
			}
		})
	}
}

// TestDeletedProject shows what clients see after a project's end: two
// deletions at once are both accepted, and its keys are asked for in vain with
// a 404, which is how destroy checks know.
func TestDeletedProject(t *testing.T) {
	t.Parallel()
	dir, keys := setUp(t)
	server := serve(t, dir)
	ctx := t.Context()
	sdk := atlasSDK(t, server.URL, keys.owner())
	made := must[*admin.Group](t)(sdk.ProjectsApi.CreateProject(ctx, &admin.Group{Name: "doomed", OrgId: keys.OrgID}).Execute())
	key := must[*admin.ApiKeyUserDetails](t)(sdk.ProgrammaticAPIKeysApi.CreateProjectApiKey(ctx, made.GetId(), admin.NewCreateAtlasProjectApiKey("doomed", []string{"GROUP_OWNER"})).Execute())
	var both sync.WaitGroup
	statuses := make([]int, 2)
	for i := range statuses {
		both.Go(func() {
			resp, err := sdk.ProjectsApi.DeleteProject(ctx, made.GetId()).Execute()
			if err != nil {
				t.Errorf("one of two deletions at once: %v", err)
				return
			}
			statuses[i] = resp.StatusCode
		})
	}
	both.Wait()
	if !slices.Equal(statuses, []int{http.StatusAccepted, http.StatusAccepted}) {
		t.Errorf("two deletions at once: %v, want 202 and 202", statuses)
	}
	_, resp, err := sdk.ProgrammaticAPIKeysApi.ListProjectApiKeys(ctx, made.GetId()).Execute()
	wantCode(t, err, "GROUP_NOT_FOUND")
	if resp.StatusCode != http.StatusNotFound {
		t.Errorf("keys of a deleted project: %s, want 404", resp.Status)
	}
	left := must[*admin.ApiKeyUserDetails](t)(sdk.ProgrammaticAPIKeysApi.GetApiKey(ctx, keys.OrgID, key.GetId()).Execute())
	if got := rolesOf(left); !slices.Equal(got, []string{keys.OrgID + ":ORG_MEMBER"}) {
		t.Errorf("roles of a key after its project's end: %q", got)
	}
}

// TestDeletedKey shows that a key ends with its deletion, for the client that
// still holds it too.
func TestDeletedKey(t *testing.T) {
	t.Parallel()
	dir, keys := setUp(t)
	server := serve(t, dir)
	ctx := t.Context()
	sdk := atlasSDK(t, server.URL, keys.owner())
	example := atlasSDK(t, server.URL, keys.example())
	must[*admin.PaginatedOrganization](t)(example.OrganizationsApi.ListOrganizations(ctx).Execute())
	done(t)(sdk.ProgrammaticAPIKeysApi.DeleteApiKey(ctx, keys.OrgID, keys.Example.APIKeyID).Execute())
	_, resp, err := example.OrganizationsApi.ListOrganizations(ctx).Execute()
	if err == nil || resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("a deleted key is answered %v, %v", resp, err)
	}
	_, err = sdk.ProgrammaticAPIKeysApi.DeleteApiKey(ctx, keys.OrgID, keys.APIKeyID).Execute()
	wantCode(t, err, "CANNOT_DEMOTE_LAST_ORG_OWNER")
}
