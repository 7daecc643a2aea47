package apitest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/published"
)

// accountBody is a service account as it is answered.
type accountBody struct {
	ClientID, CreatedAt, Name, Description string
	Roles                                  []string
	Secrets                                []secretBody
}

// secretBody is a secret of one.
type secretBody struct {
	ID, CreatedAt, ExpiresAt  string
	LastUsedAt                *string
	MaskedSecretValue, Secret *string
}

// newAccountBody returns the body of a creation.
func newAccountBody(name string, hours int, roles ...string) string {
	return fmt.Sprintf(`{"name":%q,"description":"made by a test","roles":%s,"secretExpiresAfterHours":%d}`, name, jsonOf(roles), hours)
}

// enlist creates a service account through the API and gives its ids names:
// {name}, {name.secret}, and {name.clear} for the secret itself. Roles in a
// project are those in {project}.
func (w *world) enlist(name string, roles ...string) {
	w.t.Helper()
	w.enlistBy("owner", "org", "project", name, roles...)
}

func (w *world) enlistBy(owner, org, project, name string, roles ...string) {
	w.t.Helper()
	var inOrg, inProject []string
	for _, r := range roles {
		if strings.HasPrefix(r, "GROUP_") {
			inProject = append(inProject, r)
		} else {
			inOrg = append(inOrg, r)
		}
	}
	if inOrg == nil {
		inOrg = []string{"ORG_MEMBER"}
	}
	var made accountBody
	w.ok(owner, "POST /api/atlas/v2/orgs/{"+org+"}/serviceAccounts", newAccountBody(name, 24, inOrg...), 201).into(&made)
	w.names[name], w.names[name+".secret"], w.names[name+".clear"] = made.ClientID, made.Secrets[0].ID, *made.Secrets[0].Secret
	if inProject != nil {
		w.ok(owner, "POST /api/atlas/v2/groups/{"+project+"}/serviceAccounts/{"+name+"}:invite", `{"roles":`+jsonOf(inProject)+`}`, 200)
	}
}

// castAccounts makes the service accounts that most tables name.
func (w *world) castAccounts() {
	w.enlist("account", "GROUP_READ_ONLY")
	w.enlist("looseAccount") // in no project
	w.enlist("wideAccount", "ORG_READ_ONLY", "GROUP_READ_ONLY")
	w.enlist("strongAccount", "GROUP_OWNER")
	w.enlistBy("otherOwner", "otherOrg", "otherProject", "otherAccount", "GROUP_READ_ONLY")
}

// asPublished checks a success against what is published of the operation.
func (a answer) asPublished(g generation, operation string) answer {
	a.w.t.Helper()
	version := published.VersionV1
	if g.bit == v2 {
		version = "2024-08-05"
	}
	for _, d := range published.Differences(operation, version, a.status, a.header.Get("Content-Type"), a.body) {
		a.fail("%s: %s", operation, d)
	}
	if len(a.body) > 0 {
		a.compact()
	}
	return a
}

// account reads one of the organization's service accounts.
func (w *world) account(name string) (got accountBody) {
	w.t.Helper()
	w.ok("owner", "GET /api/atlas/v2/orgs/{org}/serviceAccounts/{"+name+"}", "", 200).into(&got)
	return got
}

// storedAccount returns one of the organization's service accounts as it is stored.
func (w *world) storedAccount(name string) (a latchkey.ServiceAccount, err error) {
	err = w.data.Store.View(context.Background(), func(r latchkey.Reader) (err error) {
		a, err = r.Account(latchkey.OrgID(w.names["org"]), latchkey.PrincipalID(w.names[name]))
		return err
	})
	return a, err
}

func wantRoles(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	got, want = slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
	if !slices.Equal(got, want) {
		t.Errorf("%s: roles %q, want %q", what, got, want)
	}
}
