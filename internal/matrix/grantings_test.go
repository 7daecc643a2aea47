package matrix

import (
	"encoding/json"
)

// granting is one way to give, take or touch roles.
type granting struct {
	name    string
	op      string // published id
	asks    []roles
	touches bool // works on a target
	account bool // which is a service account
	body    func(requested []string) string
	// after is what the target holds afterwards; it is not asked for a target that the operation ends.
	after func(target holdings, own string, requested roles) holdings
	// principal says that every role of the target counts, not those of the project alone.
	principal bool
}

func same(h holdings, _ string, _ roles) holdings { return h }

func inProject(h holdings, own string, r roles) holdings { return h.with(own, r) }

func inOrganization(h holdings, _ string, r roles) holdings { return holdings{r, h.in} }

func list(names []string) string {
	text, _ := json.Marshal(names) // strings always marshal
	return string(text)
}

// grantings are all paths by which a request gives, takes or touches.
func grantings() []granting {
	var project, organization []roles
	for _, name := range projectNames {
		project = append(project, named(name))
	}
	project = append(project, named("GROUP_READ_ONLY", "GROUP_ACCESS_MANAGER"), named("GROUP_READ_ONLY", "GROUP_INDEX_MANAGER"), named(atlasProjectNames...))
	for _, name := range orgNames {
		organization = append(organization, named(name))
	}
	organization = append(organization, named("ORG_MEMBER", "ORG_BILLING_ADMIN"))
	few := []roles{named("GROUP_READ_ONLY"), named("GROUP_OWNER"), named("GROUP_CLUSTER_MANAGER")}
	withRoles := func(r []string) string { return `{"roles":` + list(r) + `}` }
	withBoth := func(r []string) string { return `{"desc":"changed","roles":` + list(r) + `}` }
	withDesc := func([]string) string { return `{"desc":"changed"}` }
	none := []roles{0}
	nothing := func([]string) string { return "" }
	keys := []granting{
		{name: "create in project", op: "createGroupApiKey", asks: project, body: withBoth},
		{name: "PATCH roles", op: "updateGroupApiKeyRoles", asks: project, touches: true, body: withRoles, after: inProject},
		{name: "PATCH both", op: "updateGroupApiKeyRoles", asks: few, touches: true, body: withBoth, after: inProject, principal: true},
		{name: "PATCH desc", op: "updateGroupApiKeyRoles", asks: none, touches: true, body: withDesc, after: same, principal: true},
		{name: "add", op: "addGroupApiKey", asks: project, touches: true, body: func(r []string) string { return `[` + withRoles(r) + `]` }, after: inProject},
		{name: "remove", op: "removeGroupApiKey", asks: none, touches: true, body: nothing, after: func(h holdings, own string, _ roles) holdings { return h.with(own, 0) }},
		{name: "create in organization", op: "createOrgApiKey", asks: organization, body: withBoth},
		{name: "organization PATCH roles", op: "updateOrgApiKey", asks: organization, touches: true, body: withRoles, after: inOrganization, principal: true},
		{name: "organization PATCH desc", op: "updateOrgApiKey", asks: none, touches: true, body: withDesc, after: same, principal: true},
		{name: "delete", op: "deleteOrgApiKey", asks: none, touches: true, body: nothing, principal: true},
		{name: "list add", op: "createOrgApiKeyAccessListEntry", asks: none, touches: true, body: constant(`[{"ipAddress":"` + newAddress + `"}]`), after: same, principal: true},
		{name: "list delete", op: "deleteOrgApiKeyAccessListEntry", asks: none, touches: true, body: nothing, after: same, principal: true},
	}
	withText := constant(`{"description":"changed"}`)
	withTextAndRoles := func(r []string) string { return `{"description":"changed","roles":` + list(r) + `}` }
	create := func(r []string) string { return newAccountBody(r...) }
	anEntry, aSecret := constant(`[{"ipAddress":"`+newAddress+`"}]`), constant(`{"secretExpiresAfterHours":8}`)
	accounts := []granting{
		{name: "create account in project", op: "createGroupServiceAccount", asks: project, body: create},
		{name: "account PATCH roles", op: "updateGroupServiceAccount", asks: project, touches: true, body: withRoles, after: inProject},
		{name: "account PATCH both", op: "updateGroupServiceAccount", asks: few, touches: true, body: withTextAndRoles, after: inProject, principal: true},
		{name: "account PATCH description", op: "updateGroupServiceAccount", asks: none, touches: true, body: withText, after: same, principal: true},
		{name: "invite", op: "inviteGroupServiceAccount", asks: project, touches: true, body: withRoles, after: inProject},
		{name: "account remove", op: "deleteGroupServiceAccount", asks: none, touches: true, body: nothing, after: func(h holdings, own string, _ roles) holdings { return h.with(own, 0) }},
		{name: "account secret in project", op: "createGroupServiceAccountSecret", asks: none, touches: true, body: aSecret, after: same, principal: true},
		{name: "account secret delete in project", op: "deleteGroupServiceAccountSecret", asks: none, touches: true, body: nothing, after: same, principal: true},
		{name: "account list add in project", op: "createGroupServiceAccountAccessList", asks: none, touches: true, body: anEntry, after: same, principal: true},
		{name: "account list delete in project", op: "deleteGroupServiceAccountAccessListEntry", asks: none, touches: true, body: nothing, after: same, principal: true},
		{name: "create account in organization", op: "createOrgServiceAccount", asks: organization, body: create},
		{name: "account organization PATCH roles", op: "updateOrgServiceAccount", asks: organization, touches: true, body: withRoles, after: inOrganization, principal: true},
		{name: "account organization PATCH description", op: "updateOrgServiceAccount", asks: none, touches: true, body: withText, after: same, principal: true},
		{name: "account delete", op: "deleteOrgServiceAccount", asks: none, touches: true, body: nothing, principal: true},
		{name: "account secret", op: "createOrgServiceAccountSecret", asks: none, touches: true, body: aSecret, after: same, principal: true},
		{name: "account secret delete", op: "deleteOrgServiceAccountSecret", asks: none, touches: true, body: nothing, after: same, principal: true},
		{name: "account list add", op: "createOrgServiceAccountAccessList", asks: none, touches: true, body: anEntry, after: same, principal: true},
		{name: "account list delete", op: "deleteOrgServiceAccountAccessListEntry", asks: none, touches: true, body: nothing, after: same, principal: true},
	}
	for i := range accounts {
		accounts[i].account = true
	}
	return append(keys, accounts...)
}

func constant(s string) func([]string) string { return func([]string) string { return s } }
