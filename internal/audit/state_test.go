package audit_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/audit"
)

const (
	stateOrg     = latchkey.OrgID("100000000000000000000001")
	stateProject = latchkey.ProjectID("200000000000000000000001")
	stateKey     = latchkey.PrincipalID("300000000000000000000001")
)

func event(typ latchkey.EventType, project latchkey.ProjectID, key latchkey.PrincipalID, change latchkey.Change) latchkey.Event {
	e := latchkey.Event{OrgID: stateOrg, Type: typ, ProjectID: project, TargetID: key, Change: change, Created: time.Unix(1_700_000_000, 5e8).UTC()}
	if key != "" {
		e.TargetPublicKey = "abcdefgh"
	}
	return e
}

// born is an organization with a project, and a key in it.
func born(t *testing.T) *audit.State {
	t.Helper()
	s := new(audit.State)
	settings := latchkey.DefaultSettings()
	for _, e := range []latchkey.Event{
		event(latchkey.EventOrgCreated, "", "", latchkey.Change{Name: ptr("One"), Settings: &settings}),
		event(latchkey.EventProjectCreated, stateProject, "", latchkey.Change{Name: ptr("first"), WithDefaultAlerts: ptr(true)}),
		event(latchkey.EventKeyCreated, "", stateKey, latchkey.Change{Desc: ptr("reader"), OrgRoles: []string{"ORG_MEMBER"}}),
		event(latchkey.EventKeyAddedToProject, stateProject, stateKey, latchkey.Change{ProjectRoles: []string{"GROUP_READ_ONLY"}}),
		event(latchkey.EventEntryAdded, "", stateKey, latchkey.Change{Entry: "192.0.2.0/24"}),
	} {
		if err := s.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestApply(t *testing.T) {
	got := born(t).Keys[stateKey]
	list, err := latchkey.ParseAccessList("192.0.2.0/24 1700000000")
	if err != nil {
		t.Fatal(err)
	}
	want := audit.Key{
		PublicKey: "abcdefgh", Desc: "reader", OrgRoles: latchkey.Roles(latchkey.OrgMember),
		ProjectRoles: latchkey.ProjectRoles{}.With(stateProject, latchkey.Roles(latchkey.GroupReadOnly)), AccessList: list,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("key = %+v; want %+v", got, want)
	}
}

// TestApplyRefuses applies events that cannot follow; each must be refused and
// leave the state alone.
func TestApplyRefuses(t *testing.T) {
	const otherProject, otherKey = latchkey.ProjectID("200000000000000000000002"), latchkey.PrincipalID("300000000000000000000002")
	readOnly, owner := []string{"GROUP_READ_ONLY"}, []string{"GROUP_OWNER"}
	foreign := event(latchkey.EventOrgRenamed, "", "", latchkey.Change{Name: ptr("x")})
	foreign.OrgID = "100000000000000000000002"
	misnamed := event(latchkey.EventKeyDeleted, "", stateKey, latchkey.Change{})
	misnamed.TargetPublicKey = "hgfedcba"
	tests := []struct {
		event latchkey.Event
		want  string
	}{
		{event("API_KEY_EATEN", "", "", latchkey.Change{}), `unknown event type "API_KEY_EATEN"`},
		{foreign, "belongs to organization"},
		{misnamed, "has the public key abcdefgh"},
		{event(latchkey.EventOrgCreated, "", "", latchkey.Change{}), "exists"},
		{event(latchkey.EventOrgRenamed, "", "", latchkey.Change{}), "no name"},
		{event(latchkey.EventOrgSettingsUpdated, "", "", latchkey.Change{}), "no settings"},
		{event(latchkey.EventProjectCreated, stateProject, "", latchkey.Change{Name: ptr("x")}), "exists"},
		{event(latchkey.EventProjectCreated, otherProject, "", latchkey.Change{}), "no name"},
		{event(latchkey.EventProjectNameChanged, otherProject, "", latchkey.Change{Name: ptr("x")}), "no project"},
		{event(latchkey.EventProjectNameChanged, stateProject, "", latchkey.Change{}), "no name"},
		{event(latchkey.EventProjectTagsModified, otherProject, "", latchkey.Change{}), "no project"},
		{event(latchkey.EventProjectDeleted, otherProject, "", latchkey.Change{}), "no project"},
		{event(latchkey.EventProjectDeleted, stateProject, "", latchkey.Change{}), "does not list"},
		{event(latchkey.EventProjectDeleted, stateProject, "", latchkey.Change{Assignments: map[latchkey.PrincipalID][]string{stateKey: owner}}), "held [GROUP_READ_ONLY]"},
		{event(latchkey.EventProjectDeleted, stateProject, "", latchkey.Change{Assignments: map[latchkey.PrincipalID][]string{stateKey: readOnly, otherKey: owner}}), "held []"},
		{event(latchkey.EventKeyCreated, "", stateKey, latchkey.Change{Desc: ptr("x"), OrgRoles: []string{"ORG_MEMBER"}}), "exists"},
		{event(latchkey.EventKeyCreated, "", otherKey, latchkey.Change{OrgRoles: []string{"ORG_MEMBER"}}), "no desc"},
		{event(latchkey.EventKeyCreated, "", otherKey, latchkey.Change{Desc: ptr("x")}), "no organization role is named"},
		{event(latchkey.EventKeyCreated, "", otherKey, latchkey.Change{Desc: ptr("x"), OrgRoles: readOnly}), `"GROUP_READ_ONLY" is no organization role`},
		{event(latchkey.EventKeyDeleted, "", otherKey, latchkey.Change{}), "no key"},
		{event(latchkey.EventKeyDescriptionChanged, "", stateKey, latchkey.Change{}), "no desc"},
		{event(latchkey.EventKeyRolesChanged, "", stateKey, latchkey.Change{OrgRoles: []string{"ORG_OWNER"}}), "roles before"},
		{event(latchkey.EventKeyRolesChanged, "", stateKey, latchkey.Change{OrgRoles: []string{"ORG_OWNER"}, RolesBefore: []string{"ORG_READ_ONLY"}}), "roles before are [ORG_MEMBER]"},
		{event(latchkey.EventKeyRolesChanged, otherProject, stateKey, latchkey.Change{ProjectRoles: owner}), "no project"},
		{event(latchkey.EventKeyRolesChanged, stateProject, stateKey, latchkey.Change{ProjectRoles: owner, RolesBefore: owner}), "roles before are [GROUP_READ_ONLY]"},
		{event(latchkey.EventKeyRolesChanged, stateProject, stateKey, latchkey.Change{RolesBefore: readOnly}), "no project role is named"},
		{event(latchkey.EventKeyAddedToProject, stateProject, stateKey, latchkey.Change{ProjectRoles: owner}), "is in project"},
		{event(latchkey.EventKeyRemovedFromProject, stateProject, stateKey, latchkey.Change{}), "roles before"},
		{event(latchkey.EventEntryAdded, "", stateKey, latchkey.Change{Entry: "192.0.2.0/24"}), "has the entry"},
		{event(latchkey.EventEntryAdded, "", stateKey, latchkey.Change{Entry: "nonsense"}), "nonsense"},
		{event(latchkey.EventEntryDeleted, "", stateKey, latchkey.Change{Entry: "192.0.2.1/32"}), "has no entry"},
	}
	for _, test := range tests {
		s := born(t)
		err := s.Apply(test.event)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v; want an error with %q", test.event.Type, err, test.want)
		}
		if !reflect.DeepEqual(s, born(t)) {
			t.Errorf("%s was refused and changed the state to %+v", test.event.Type, s)
		}
	}
	if err := new(audit.State).Apply(foreign); err == nil || !strings.Contains(err.Error(), "comes before ORG_CREATED") {
		t.Errorf("first event: %v", err)
	}
}
