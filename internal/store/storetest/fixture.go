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

// inProjects returns the key with the roles given in each of the projects.
func inProjects(k latchkey.APIKey, roles latchkey.RoleSet, projects ...latchkey.ProjectID) latchkey.APIKey {
	for _, p := range projects {
		k.ProjectRoles = k.ProjectRoles.With(p, roles)
	}
	return k
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

// insert stores organizations, projects and keys.
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
		return checkIndex(r, k)
	})
	return k
}

// checkIndex reports a membership index that does not follow from the role text.
func checkIndex(r latchkey.Reader, k latchkey.APIKey) error {
	index, err := r.Memberships(k.OrgID, k.ID)
	if err != nil {
		return err
	}
	if err := k.ProjectRoles.Validate(); err != nil {
		return err
	}
	if index != k.ProjectRoles {
		return fmt.Errorf("key %s: membership index %q, role text %q", k.ID, index.Text(), k.ProjectRoles.Text())
	}
	return checkCaller(r, k)
}

// checkCaller reports a credential that does not follow from the key.
func checkCaller(r latchkey.Reader, k latchkey.APIKey) error {
	projects := []latchkey.ProjectID{"", projectID(9999)}
	for i := range min(k.ProjectRoles.Len(), 3) {
		p, _ := k.ProjectRoles.At(i * (k.ProjectRoles.Len() - 1) / 2 % k.ProjectRoles.Len())
		projects = append(projects, p)
	}
	for _, p := range projects {
		c, err := r.Credential(string(k.PublicKey), p)
		if err != nil {
			return err
		}
		if want := callerOf(k, p); !reflect.DeepEqual(c.Caller, want) {
			return fmt.Errorf("key %s in project %q: caller %+v, want %+v", k.ID, p, c.Caller, want)
		}
	}
	return nil
}

// callerOf returns what Credential is to say of the key in the project.
func callerOf(k latchkey.APIKey, p latchkey.ProjectID) latchkey.Caller {
	return latchkey.Caller{
		ID: k.ID, OrgID: k.OrgID, PublicKey: k.PublicKey, OrgRoles: k.OrgRoles, Project: p,
		InProject: k.ProjectRoles.Get(p), InProjects: k.ProjectRoles.Len() > 0, AccessList: k.AccessList,
	}
}
