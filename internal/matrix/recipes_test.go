package matrix

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/published"
)

// recipe says how to ask for an operation so that only its rule decides, and
// how to make everything be again as it was.
type recipe struct {
	prepare func(m *matrix, x *cell)             // before the path is made
	body    func(x *cell) string                 // nil sends none
	reset   func(m *matrix, x *cell, got answer) // after a success; nil for operations that change nothing
	after   func(m *matrix, x *cell)             // after every cell
}

// text returns a body that is the same in every cell.
func text(s string) func(*cell) string { return func(*cell) string { return s } }

// recipes has one for every operation that is served.
var recipes = map[string]recipe{
	"getSystemStatus":             {},
	"getIpInfo":                   {},
	"getServiceVersion":           {},
	"listControlPlaneIpAddresses": {},

	"listGroupApiKeys":       {},
	"createGroupApiKey":      {body: text(`{"desc":"made","roles":["GROUP_READ_ONLY"]}`), reset: deleteMadePrincipal},
	"updateGroupApiKeyRoles": {body: text(`{"roles":["GROUP_READ_ONLY","GROUP_ACCESS_MANAGER"]}`), reset: restoreTarget},
	"addGroupApiKey":         {body: text(`[{"roles":["GROUP_READ_ONLY"]}]`), reset: restoreTarget},
	"removeGroupApiKey":      {reset: restoreTarget},

	"listOrgApiKeys":  {},
	"createOrgApiKey": {body: text(`{"desc":"made","roles":["ORG_MEMBER"]}`), reset: deleteMadePrincipal},
	"getOrgApiKey":    {},
	"updateOrgApiKey": {body: text(`{"desc":"changed","roles":["ORG_READ_ONLY"]}`), reset: restoreTarget},
	"deleteOrgApiKey": {reset: restoreTarget},

	"listOrgApiKeyAccessListEntries": {},
	"createOrgApiKeyAccessListEntry": {body: text(`[{"ipAddress":"` + newAddress + `"}]`), reset: restoreTarget},
	"getOrgApiKeyAccessListEntry":    {},
	"deleteOrgApiKeyAccessListEntry": {reset: restoreTarget},

	"listGroupServiceAccounts":                 {},
	"createGroupServiceAccount":                {body: text(newAccountBody("GROUP_READ_ONLY")), reset: deleteMadePrincipal},
	"getGroupServiceAccount":                   {},
	"updateGroupServiceAccount":                {body: text(`{"description":"changed","roles":["GROUP_READ_ONLY","GROUP_ACCESS_MANAGER"]}`), reset: restoreTarget},
	"deleteGroupServiceAccount":                {reset: restoreTarget},
	"inviteGroupServiceAccount":                {body: text(`{"roles":["GROUP_READ_ONLY"]}`), reset: restoreTarget},
	"listGroupServiceAccountAccessList":        {},
	"createGroupServiceAccountAccessList":      {body: text(`[{"ipAddress":"` + newAddress + `"}]`), reset: restoreTarget},
	"deleteGroupServiceAccountAccessListEntry": {reset: restoreTarget},
	"createGroupServiceAccountSecret":          {body: text(`{"secretExpiresAfterHours":8}`), reset: restoreTarget},
	"deleteGroupServiceAccountSecret":          {reset: restoreTarget},

	"listOrgServiceAccounts":                 {},
	"createOrgServiceAccount":                {body: text(newAccountBody("ORG_MEMBER")), reset: deleteMadePrincipal},
	"getOrgServiceAccount":                   {},
	"updateOrgServiceAccount":                {body: text(`{"description":"changed","roles":["ORG_READ_ONLY"]}`), reset: restoreTarget},
	"deleteOrgServiceAccount":                {reset: restoreTarget},
	"getOrgServiceAccountGroups":             {},
	"listOrgServiceAccountAccessList":        {},
	"createOrgServiceAccountAccessList":      {body: text(`[{"ipAddress":"` + newAddress + `"}]`), reset: restoreTarget},
	"deleteOrgServiceAccountAccessListEntry": {reset: restoreTarget},
	"createOrgServiceAccountSecret":          {body: text(`{"secretExpiresAfterHours":8}`), reset: restoreTarget},
	"deleteOrgServiceAccountSecret":          {reset: restoreTarget},

	"listEventTypes":  {},
	"listGroupEvents": {},
	"getGroupEvent":   {},
	"listOrgEvents":   {},
	"getOrgEvent":     {},

	"listRateLimits": {},
	"getRateLimit":   {},

	"listOrgs":          {},
	"getOrg":            {},
	"updateOrg":         {body: text(`{"name":"renamed"}`), reset: restoreHome},
	"getOrgGroups":      {},
	"getOrgSettings":    {},
	"updateOrgSettings": {body: text(`{"genAIFeaturesEnabled":false}`), reset: restoreHome},

	"listGroups":     {},
	"createGroup":    {body: func(x *cell) string { return fmt.Sprintf(`{"name":"made","orgId":%q}`, x.container) }, reset: deleteMadeProject},
	"getGroup":       {},
	"getGroupByName": {},
	"updateGroup":    {body: text(`{"name":"renamed"}`), reset: restoreProject},
	"deleteGroup":    {prepare: throwaway, reset: func(*matrix, *cell, answer) {}, after: throwAway},
}

// endpointSet is the id of a set of endpoints that are limited together, as
// the server lists them.
func (m *matrix) endpointSet() string {
	m.Helper()
	var said struct {
		Results []struct{ EndpointSetID string }
	}
	got := m.do(m, m.callers[1].key.cred, http.MethodGet, published.BaseV2+"/rateLimits", "")
	if err := json.Unmarshal(got.body, &said); err != nil || len(said.Results) == 0 {
		m.Fatalf("no endpoint sets: %d %s", got.status, got.body)
	}
	return said.Results[0].EndpointSetID
}

// newAccountBody asks for a service account that holds the roles.
func newAccountBody(names ...string) string {
	return `{"name":"made","description":"made","secretExpiresAfterHours":8,"roles":` + list(names) + `}`
}

func (m *matrix) made(got answer) string {
	m.Helper()
	var thing struct{ ID, ClientID string }
	if err := json.Unmarshal(got.body, &thing); err != nil || thing.ID+thing.ClientID == "" {
		m.Fatalf("%s: %v", got.body, err)
	}
	return thing.ID + thing.ClientID
}

func deleteMadePrincipal(m *matrix, _ *cell, got answer) {
	id := latchkey.PrincipalID(m.made(got))
	m.update(func(tx latchkey.Tx) error { return tx.DeletePrincipal(m.home.ID, id) })
}

func deleteMadeProject(m *matrix, _ *cell, got answer) { m.deleteProject(m.made(got)) }

func (m *matrix) deleteProject(id string) {
	m.update(func(tx latchkey.Tx) error {
		_, err := tx.DeleteProject(m.home.ID, latchkey.ProjectID(id), "", time.Now())
		return err
	})
}

func restoreTarget(m *matrix, x *cell, _ answer) { m.restore(x.owner) }

func restoreHome(m *matrix, _ *cell, _ answer) {
	m.update(func(tx latchkey.Tx) error { return tx.UpdateOrganization(m.home) })
}

func restoreProject(m *matrix, x *cell, _ answer) {
	p := m.own
	if x.place.container == "other" {
		p = m.other
	}
	m.update(func(tx latchkey.Tx) error { return tx.UpdateProject(p) })
}

// throwaway puts a project that may be deleted in the place of one that later
// cells need; the caller holds the same roles in it.
func throwaway(m *matrix, x *cell) {
	if x.place.container != "own" && x.place.container != "other" {
		return
	}
	p := m.newProject(m.home.ID)
	x.container = string(p.ID)
	held := x.caller.in[x.judged]
	if held == 0 {
		return
	}
	m.update(func(tx latchkey.Tx) error {
		more := x.caller.Principal
		more.ProjectRoles = more.ProjectRoles.With(p.ID, stored(m, held))
		return tx.UpdatePrincipal(x.caller.Principal, more)
	})
}

// throwAway deletes what throwaway made, if the request did not.
func throwAway(m *matrix, x *cell) {
	if x.place.container != "own" && x.place.container != "other" {
		return
	}
	there := true
	m.view(func(r latchkey.Reader) error {
		_, err := r.Project(m.home.ID, latchkey.ProjectID(x.container))
		there = !errors.Is(err, latchkey.ErrNotFound)
		return nil
	})
	if there {
		m.deleteProject(x.container)
	}
}

// settled checks at the end that no cell disturbed another: everything is as
// it was made.
func (m *matrix) settled() {
	m.Helper()
	var list []*principal
	for _, c := range m.callers {
		list = append(list, c.key, c.account)
	}
	for _, of := range []cast{m.keys, m.accounts} {
		list = append(list, of.outside, of.stranger)
		list = slices.AppendSeq(list, maps.Values(of.inside))
	}
	for _, p := range list {
		if p != nil && p.ID != "" && !m.unchanged(p) {
			m.Errorf("%s is not as it was made", p.name)
		}
	}
	m.view(func(r latchkey.Reader) error {
		for _, o := range []latchkey.Organization{m.home, m.away} {
			got, err := r.Organization(o.ID)
			if err != nil || got.Name != o.Name || got.Settings != o.Settings {
				m.Errorf("%s: %+v, %v", o.Name, got, err)
			}
		}
		if _, n, err := r.Projects(m.home.ID, "", latchkey.Page{Number: 1, Size: 100}); err != nil || n != 2 {
			m.Errorf("%d projects are left, %v", n, err)
		}
		return nil
	})
}
