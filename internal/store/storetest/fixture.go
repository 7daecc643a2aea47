package storetest

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
)

// start is the time at which everything in the fixtures was made.
var start = time.Date(2026, 3, 1, 12, 0, 0, int(123*time.Millisecond), time.UTC)

// id makes the n-th id of a kind, so that ids sort as numbers do.
func id[T ~string](kind, n int) T { return T(fmt.Sprintf("%08x%016x", 0x10000000+kind, n)) }

func orgID(n int) latchkey.OrgID         { return id[latchkey.OrgID](1, n) }
func projectID(n int) latchkey.ProjectID { return id[latchkey.ProjectID](2, n) }
func keyID(n int) latchkey.PrincipalID   { return id[latchkey.PrincipalID](3, n) }
func secretID(n int) latchkey.SecretID   { return id[latchkey.SecretID](5, n) }

// accountID makes the n-th client id.
func accountID(n int) latchkey.PrincipalID {
	return latchkey.ClientIDPrefix + id[latchkey.PrincipalID](6, n)
}

// publicKey makes the n-th public key.
func publicKey(n int) latchkey.PublicKey {
	text := []byte("aaaaaaaa")
	for i := len(text) - 1; n > 0; i, n = i-1, n/26 {
		text[i] += byte(n % 26)
	}
	return latchkey.PublicKey(text)
}

func organization(n int) latchkey.Organization {
	return latchkey.Organization{
		ID: orgID(n), Name: fmt.Sprintf("Organization %d", n), Created: start, Settings: latchkey.DefaultSettings(),
	}
}

func project(org, n int) latchkey.Project {
	return latchkey.Project{ID: projectID(n), OrgID: orgID(org), Name: fmt.Sprintf("Project %d", n), Created: start}
}

func apiKey(org, n int) latchkey.APIKey {
	return latchkey.APIKey{
		Principal: latchkey.Principal{
			ID: keyID(n), OrgID: orgID(org), PublicKey: publicKey(n), Desc: fmt.Sprintf("key %d", n),
			OrgRoles: latchkey.Roles(latchkey.OrgMember), Created: start,
		},
		PrivateTail: "0123456789ab", SealedMD5: []byte{1, 0, byte(n)}, SealedSHA256: []byte{2, 255, byte(n)},
	}
}

// account makes the n-th service account, with one secret.
func account(org, n int) latchkey.ServiceAccount {
	return latchkey.ServiceAccount{
		Principal: latchkey.Principal{
			ID: accountID(n), OrgID: orgID(org), Desc: fmt.Sprintf("account %d", n),
			OrgRoles: latchkey.Roles(latchkey.OrgMember), Created: start,
		},
		Name: fmt.Sprintf("Account %d", n), Secrets: latchkey.Secrets{secret(n)},
	}
}

// secret makes the n-th secret.
func secret(n int) latchkey.Secret {
	return latchkey.Secret{
		ID: secretID(n), Hash: [32]byte{3, 255, byte(n)}, Tail: fmt.Sprintf("%04x", n), Created: start, Expires: start.Add(8 * time.Hour),
	}
}

// inProjects returns the key with the roles given in each of the projects.
func inProjects(k latchkey.APIKey, roles latchkey.RoleSet, projects ...latchkey.ProjectID) latchkey.APIKey {
	k.ProjectRoles = withRoles(k.ProjectRoles, roles, projects)
	return k
}

// accountIn returns the service account with the roles given in each of the projects.
func accountIn(a latchkey.ServiceAccount, roles latchkey.RoleSet, projects ...latchkey.ProjectID) latchkey.ServiceAccount {
	a.ProjectRoles = withRoles(a.ProjectRoles, roles, projects)
	return a
}

func withRoles(held latchkey.ProjectRoles, roles latchkey.RoleSet, projects []latchkey.ProjectID) latchkey.ProjectRoles {
	for _, p := range projects {
		held = held.With(p, roles)
	}
	return held
}

// rolesInEach makes the roles of a key in very many projects without going through each text between.
func rolesInEach(t testing.TB, projects int, roles latchkey.RoleSet) latchkey.ProjectRoles {
	t.Helper()
	text := make([]byte, 0, 40*projects)
	for n := range projects {
		text = append(text, latchkey.ProjectRoles{}.With(projectID(n), roles).Text()...)
	}
	all, err := latchkey.LoadProjectRoles(string(text))
	if err == nil {
		err = all.Validate()
	}
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var (
	owner    = latchkey.Roles(latchkey.GroupOwner)
	readOnly = latchkey.Roles(latchkey.GroupReadOnly)
)

// insert stores organizations, projects, keys and service accounts.
func insert(t testing.TB, s latchkey.Store, things ...any) {
	t.Helper()
	update(t, s, func(tx latchkey.Tx) error {
		for _, thing := range things {
			var err error
			switch thing := thing.(type) {
			case latchkey.Organization:
				err = tx.InsertOrganization(thing)
			case latchkey.Project:
				err = tx.InsertProject(thing)
			case latchkey.APIKey:
				err = tx.InsertKey(thing)
			case latchkey.ServiceAccount:
				err = tx.InsertAccount(thing)
			default:
				err = fmt.Errorf("no fixture: %T", thing)
			}
			if err != nil {
				return fmt.Errorf("insert %T: %w", thing, err)
			}
		}
		return nil
	})
}

// equal compares what was read with what was stored; empty is equal to nil.
func equal[T any](t testing.TB, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) && !(length(got) == 0 && length(want) == 0) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

// length returns how many elements a slice or map has, and -1 for other things.
func length(v any) int {
	if r := reflect.ValueOf(v); r.Kind() == reflect.Slice || r.Kind() == reflect.Map {
		return r.Len()
	}
	return -1
}

// readKey reads a key and holds its membership index against its role text.
func readKey(t testing.TB, s latchkey.Store, org latchkey.OrgID, key latchkey.PrincipalID) latchkey.APIKey {
	t.Helper()
	var k latchkey.APIKey
	view(t, s, func(r latchkey.Reader) (err error) {
		if k, err = r.Key(org, key); err != nil {
			return err
		}
		return checkIndex(r, k.Principal)
	})
	return k
}

// readAccount reads a service account and holds its membership index against its role text.
func readAccount(t testing.TB, s latchkey.Store, org latchkey.OrgID, client latchkey.PrincipalID) latchkey.ServiceAccount {
	t.Helper()
	var a latchkey.ServiceAccount
	view(t, s, func(r latchkey.Reader) (err error) {
		if a, err = r.Account(org, client); err != nil {
			return err
		}
		return checkIndex(r, a.Principal)
	})
	return a
}

// checkIndex reports a membership index that does not follow from the role
// text, and a principal that is another one when it is asked for as such.
func checkIndex(r latchkey.Reader, p latchkey.Principal) error {
	index, err := r.Memberships(p.OrgID, p.ID)
	if err != nil {
		return err
	}
	if err := p.ProjectRoles.Validate(); err != nil {
		return err
	}
	if index != p.ProjectRoles {
		return fmt.Errorf("%s: membership index %q, role text %q", p.ID, index.Text(), p.ProjectRoles.Text())
	}
	again, err := r.Principal(p.OrgID, p.ID)
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(again, p) {
		return fmt.Errorf("principal %+v, want %+v", again, p)
	}
	return checkCaller(r, p)
}

// login returns what the principal authenticates with.
func login(p latchkey.Principal) string {
	if p.ID.IsAccount() {
		return string(p.ID)
	}
	return string(p.PublicKey)
}

// checkCaller reports a credential that does not follow from the principal.
func checkCaller(r latchkey.Reader, principal latchkey.Principal) error {
	projects := []latchkey.ProjectID{"", projectID(9999)}
	for i := range min(principal.ProjectRoles.Len(), 3) {
		p, _ := principal.ProjectRoles.At(i * (principal.ProjectRoles.Len() - 1) / 2 % principal.ProjectRoles.Len())
		projects = append(projects, p)
	}
	for _, p := range projects {
		c, err := r.Credential(login(principal), p)
		if err != nil {
			return err
		}
		if want := callerOf(principal, p); !reflect.DeepEqual(c.Caller, want) {
			return fmt.Errorf("%s in project %q: caller %+v, want %+v", principal.ID, p, c.Caller, want)
		}
	}
	return nil
}

// callerOf returns what Credential is to say of the principal in the project.
func callerOf(principal latchkey.Principal, p latchkey.ProjectID) latchkey.Caller {
	return latchkey.Caller{
		ID: principal.ID, OrgID: principal.OrgID, PublicKey: principal.PublicKey, OrgRoles: principal.OrgRoles, Project: p,
		InProject: principal.ProjectRoles.Get(p), InProjects: principal.ProjectRoles.Len() > 0, AccessList: principal.AccessList,
	}
}
