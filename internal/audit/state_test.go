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
	stateAccount = latchkey.PrincipalID("mdb_sa_id_400000000000000000000001")
	stateSecret  = latchkey.SecretID("500000000000000000000001")
)

// eventTime is when all events of these tests happen.
const eventTime = 1_700_000_000_500

// term is that of a secret that lives for some time after all events.
func term(id latchkey.SecretID, lives int64) latchkey.SecretTerm {
	return latchkey.SecretTerm{ID: id, Created: eventTime - 1000, Expires: eventTime + lives}
}

func event(typ latchkey.EventType, project latchkey.ProjectID, key latchkey.PrincipalID, change latchkey.Change) latchkey.Event {
	e := latchkey.Event{OrgID: stateOrg, Type: typ, ProjectID: project, TargetID: key, Change: change, Created: time.UnixMilli(eventTime).UTC()}
	if key != "" && !key.IsAccount() {
		e.TargetPublicKey = "abcdefgh"
	}
	return e
}

// born is an organization with a project, and a key and a service account in it.
func born(t *testing.T) *audit.State {
	t.Helper()
	s := new(audit.State)
	settings := latchkey.DefaultSettings()
	for _, e := range []latchkey.Event{
		event(latchkey.EventOrgCreated, "", "", latchkey.Change{Name: ptr("One"), Settings: &settings}),
		event(latchkey.EventProjectCreated, stateProject, "", latchkey.Change{Name: ptr("first"), WithDefaultAlerts: ptr(true)}),
		event(latchkey.EventKeyCreated, "", stateKey, latchkey.Change{Desc: ptr("reader"), OrgRoles: []string{"ORG_MEMBER"}}),
		event(latchkey.EventKeyAddedToProject, stateProject, stateKey, latchkey.Change{ProjectRoles: []string{"GROUP_READ_ONLY"}}),
		event(latchkey.EventEntryAdded, "", stateKey, latchkey.Change{Entry: "192.0.2.0/24", EntryCreated: eventTime / 1000}),
		event(latchkey.EventAccountCreated, "", stateAccount, latchkey.Change{Name: ptr("deploys"), Desc: ptr("of the pipeline"), OrgRoles: []string{"ORG_OWNER"},
			Secrets: &[]latchkey.SecretTerm{term(stateSecret, 9000)}, SecretID: stateSecret}),
		event(latchkey.EventAccountAddedToProject, stateProject, stateAccount, latchkey.Change{ProjectRoles: []string{"GROUP_OWNER"}}),
		event(latchkey.EventAccountEntryAdded, "", stateAccount, latchkey.Change{Entry: "192.0.2.0/24", EntryCreated: eventTime / 1000}),
	} {
		if err := s.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestApply(t *testing.T) {
	got := born(t).Principals[stateKey]
	list, err := latchkey.ParseAccessList("192.0.2.0/24 1700000000")
	if err != nil {
		t.Fatal(err)
	}
	want := audit.Principal{
		PublicKey: "abcdefgh", Desc: "reader", OrgRoles: latchkey.Roles(latchkey.OrgMember),
		ProjectRoles: latchkey.ProjectRoles{}.With(stateProject, latchkey.Roles(latchkey.GroupReadOnly)), AccessList: list,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("key = %+v; want %+v", got, want)
	}
}

// TestApplyAccount follows a service account through all that happens to one.
func TestApplyAccount(t *testing.T) {
	const second = latchkey.SecretID("500000000000000000000002")
	s := born(t)
	for _, e := range []latchkey.Event{
		event(latchkey.EventAccountDetailsChanged, "", stateAccount, latchkey.Change{Name: ptr("renamed")}),
		event(latchkey.EventAccountDetailsChanged, stateProject, stateAccount, latchkey.Change{Desc: ptr("described")}),
		event(latchkey.EventAccountRolesChanged, "", stateAccount, latchkey.Change{OrgRoles: []string{"ORG_MEMBER"}, RolesBefore: []string{"ORG_OWNER"}}),
		event(latchkey.EventAccountRolesChanged, stateProject, stateAccount, latchkey.Change{ProjectRoles: []string{"GROUP_READ_ONLY"}, RolesBefore: []string{"GROUP_OWNER"}}),
		event(latchkey.EventAccountEntryAdded, "", stateAccount, latchkey.Change{Entry: "2001:db8::/32", EntryCreated: eventTime / 1000}),
		event(latchkey.EventAccountEntryDeleted, "", stateAccount, latchkey.Change{Entry: "192.0.2.0/24"}),
		event(latchkey.EventSecretAdded, "", stateAccount, latchkey.Change{Secrets: &[]latchkey.SecretTerm{term(stateSecret, 7000), term(second, 9000)}, SecretID: second}),
		event(latchkey.EventSecretDeleted, "", stateAccount, latchkey.Change{Secrets: &[]latchkey.SecretTerm{term(second, 9000)}, SecretID: stateSecret}),
	} {
		if err := s.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	list, err := latchkey.ParseAccessList("2001:db8::/32 1700000000")
	if err != nil {
		t.Fatal(err)
	}
	want := audit.Principal{
		Name: "renamed", Desc: "described", OrgRoles: latchkey.Roles(latchkey.OrgMember), AccessList: list,
		ProjectRoles: latchkey.ProjectRoles{}.With(stateProject, latchkey.Roles(latchkey.GroupReadOnly)),
		Secrets:      []latchkey.SecretTerm{term(second, 9000)},
	}
	if got := s.Principals[stateAccount]; !reflect.DeepEqual(got, want) {
		t.Errorf("account = %+v; want %+v", got, want)
	}
	for _, e := range []latchkey.Event{
		event(latchkey.EventAccountRemovedFromProject, stateProject, stateAccount, latchkey.Change{RolesBefore: []string{"GROUP_READ_ONLY"}}),
		event(latchkey.EventAccountDeleted, "", stateAccount, latchkey.Change{}),
		event(latchkey.EventMaxSecretValidityEdited, "", "", latchkey.Change{Settings: &latchkey.OrganizationSettings{MaxSecretValidityHours: 24}}),
	} {
		if err := s.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.Principals) != 1 || s.Settings.MaxSecretValidityHours != 24 {
		t.Errorf("at the end: %+v", s)
	}
}

// TestExpiredSecretGoes holds that a secret may go with another change once it
// has expired.
func TestExpiredSecretGoes(t *testing.T) {
	const second, third = latchkey.SecretID("500000000000000000000002"), latchkey.SecretID("500000000000000000000003")
	s := born(t)
	for _, e := range []latchkey.Event{
		event(latchkey.EventSecretAdded, "", stateAccount, latchkey.Change{Secrets: &[]latchkey.SecretTerm{term(stateSecret, 0), term(second, 9000)}, SecretID: second}),
		event(latchkey.EventSecretAdded, "", stateAccount, latchkey.Change{Secrets: &[]latchkey.SecretTerm{term(second, 9000), term(third, 9000)}, SecretID: third}),
	} {
		if err := s.Apply(e); err != nil {
			t.Error(err)
		}
	}
}

// TestApplyRefuses applies events that cannot follow; each must be refused and
// leave the state alone.
func TestApplyRefuses(t *testing.T) {
	const otherProject, otherKey = latchkey.ProjectID("200000000000000000000002"), latchkey.PrincipalID("300000000000000000000002")
	readOnly, owner := []string{"GROUP_READ_ONLY"}, []string{"GROUP_OWNER"}
	foreign := event(latchkey.EventOrgRenamed, "", "", latchkey.Change{Name: ptr("x")})
	foreign.OrgID = "100000000000000000000002"
	const otherAccount = latchkey.PrincipalID("mdb_sa_id_400000000000000000000002")
	const other, third = latchkey.SecretID("500000000000000000000002"), latchkey.SecretID("500000000000000000000003")
	secrets := func(terms ...latchkey.SecretTerm) *[]latchkey.SecretTerm { return &terms }
	birth := latchkey.Change{Name: ptr("x"), Desc: ptr("x"), OrgRoles: []string{"ORG_MEMBER"}, Secrets: secrets(term(other, 9000)), SecretID: other}
	published := event(latchkey.EventAccountDeleted, "", stateAccount, latchkey.Change{})
	published.TargetPublicKey = "abcdefgh"
	misnamed := event(latchkey.EventKeyDeleted, "", stateKey, latchkey.Change{})
	misnamed.TargetPublicKey = "hgfedcba"
	tests := []struct {
		event latchkey.Event
		want  string
	}{
		{event("API_KEY_EATEN", "", "", latchkey.Change{}), `unknown event type "API_KEY_EATEN"`},
		{foreign, "belongs to organization"},
		{misnamed, "has the public key \"abcdefgh\""},
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
		{event(latchkey.EventProjectDeleted, stateProject, "", latchkey.Change{Assignments: map[latchkey.PrincipalID][]string{stateKey: owner, stateAccount: owner}}), "held [GROUP_READ_ONLY]"},
		{event(latchkey.EventProjectDeleted, stateProject, "", latchkey.Change{Assignments: map[latchkey.PrincipalID][]string{stateKey: readOnly}}), "service account mdb_sa_id_400000000000000000000001 held roles"},
		{event(latchkey.EventProjectDeleted, stateProject, "", latchkey.Change{Assignments: map[latchkey.PrincipalID][]string{stateKey: readOnly, stateAccount: owner, otherKey: owner}}), "held []"},
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
		{event(latchkey.EventEntryAdded, "", stateKey, latchkey.Change{Entry: "192.0.2.0/24", EntryCreated: eventTime / 1000}), "has the entry"},
		{event(latchkey.EventEntryAdded, "", stateKey, latchkey.Change{Entry: "nonsense"}), "nonsense"},
		{event(latchkey.EventEntryDeleted, "", stateKey, latchkey.Change{Entry: "192.0.2.1/32"}), "has no entry"},

		{event(latchkey.EventMaxSecretValidityEdited, "", "", latchkey.Change{}), "no settings"},
		{event(latchkey.EventKeyCreated, "", otherAccount, latchkey.Change{Desc: ptr("x"), OrgRoles: []string{"ORG_MEMBER"}}), "cannot be about"},
		{event(latchkey.EventKeyDeleted, "", stateAccount, latchkey.Change{}), "cannot be about"},
		{event(latchkey.EventKeyRolesChanged, stateProject, stateAccount, latchkey.Change{ProjectRoles: readOnly, RolesBefore: owner}), "cannot be about"},
		{event(latchkey.EventEntryAdded, "", stateAccount, latchkey.Change{Entry: "192.0.2.1/32", EntryCreated: eventTime / 1000}), "cannot be about"},
		{event(latchkey.EventAccountCreated, "", otherKey, birth), "cannot be about"},
		{event(latchkey.EventAccountDeleted, "", stateKey, latchkey.Change{}), "cannot be about"},
		{event(latchkey.EventAccountDeleted, "", otherAccount, latchkey.Change{}), "no service account"},
		{event(latchkey.EventAccountEntryDeleted, "", stateKey, latchkey.Change{Entry: "192.0.2.0/24"}), "cannot be about"},
		{event(latchkey.EventSecretAdded, "", stateKey, latchkey.Change{}), "cannot be about"},
		{published, "has the public key"},
		{event(latchkey.EventAccountCreated, "", stateAccount, birth), "exists"},
		{event(latchkey.EventAccountCreated, "", otherAccount, latchkey.Change{Desc: ptr("x"), OrgRoles: []string{"ORG_MEMBER"}}), "no name"},
		{event(latchkey.EventAccountCreated, "", otherAccount, latchkey.Change{Name: ptr("x"), Desc: ptr("x"), OrgRoles: []string{"ORG_MEMBER"}}), "no secrets"},
		{event(latchkey.EventAccountCreated, "", otherAccount, latchkey.Change{Name: ptr("x"), Desc: ptr("x"), OrgRoles: []string{"ORG_MEMBER"}, Secrets: secrets(term(other, 9000))}), "no secretId"},
		{event(latchkey.EventAccountDetailsChanged, "", stateAccount, latchkey.Change{}), "no name and no desc"},
		{event(latchkey.EventAccountRolesChanged, "", stateAccount, latchkey.Change{OrgRoles: []string{"ORG_MEMBER"}, RolesBefore: []string{"ORG_READ_ONLY"}}), "roles before are [ORG_OWNER]"},
		{event(latchkey.EventAccountAddedToProject, stateProject, stateAccount, latchkey.Change{ProjectRoles: owner}), "is in project"},
		{event(latchkey.EventSecretAdded, "", stateAccount, latchkey.Change{Secrets: secrets(term(stateSecret, 9000)), SecretID: stateSecret}), "what only comes after"},
		{event(latchkey.EventSecretAdded, "", stateAccount, latchkey.Change{Secrets: secrets(term(stateSecret, 9000)), SecretID: other}), "what only comes before"},
		{event(latchkey.EventSecretAdded, "", stateAccount, latchkey.Change{Secrets: secrets(term(stateSecret, 9001), term(other, 9000)), SecretID: other}), "not as it was"},
		{event(latchkey.EventSecretAdded, "", stateAccount, latchkey.Change{Secrets: secrets(term(other, 9000)), SecretID: other}), "gone before it expired"},
		{event(latchkey.EventSecretAdded, "", stateAccount, latchkey.Change{Secrets: secrets(term(other, 9000), term(other, 9000)), SecretID: other}), "listed twice"},
		{event(latchkey.EventSecretAdded, "", stateAccount, latchkey.Change{Secrets: secrets(term(third, 9000), term(other, 9000)), SecretID: other}), "not as it was"},
		{event(latchkey.EventSecretDeleted, "", stateAccount, latchkey.Change{Secrets: secrets(), SecretID: other}), "what only comes after"},
		{event(latchkey.EventSecretDeleted, "", stateAccount, latchkey.Change{Secrets: secrets(term(stateSecret, 9000)), SecretID: stateSecret}), "what only comes before"},
		{event(latchkey.EventSecretDeleted, "", stateAccount, latchkey.Change{SecretID: stateSecret}), "no secrets"},
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
