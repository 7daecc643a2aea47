package matrix

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/latchkey/latchkey"
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
	"createGroupApiKey":      {body: text(`{"desc":"made","roles":["GROUP_READ_ONLY"]}`), reset: deleteMadeKey},
	"updateGroupApiKeyRoles": {body: text(`{"roles":["GROUP_READ_ONLY","GROUP_ACCESS_MANAGER"]}`), reset: restoreKeys},
	"addGroupApiKey":         {body: text(`[{"roles":["GROUP_READ_ONLY"]}]`), reset: restoreKeys},
	"removeGroupApiKey":      {reset: restoreKeys},

	"listOrgApiKeys":  {},
	"createOrgApiKey": {body: text(`{"desc":"made","roles":["ORG_MEMBER"]}`), reset: deleteMadeKey},
	"getOrgApiKey":    {},
	"updateOrgApiKey": {body: text(`{"desc":"changed","roles":["ORG_READ_ONLY"]}`), reset: restoreKeys},
	"deleteOrgApiKey": {reset: restoreKeys},

	"listOrgApiKeyAccessListEntries": {},
	"createOrgApiKeyAccessListEntry": {body: text(`[{"ipAddress":"` + newAddress + `"}]`), reset: restoreKeys},
	"getOrgApiKeyAccessListEntry":    {},
	"deleteOrgApiKeyAccessListEntry": {reset: restoreKeys},

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

func (m *matrix) made(got answer) string {
	m.Helper()
	var thing struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(got.body, &thing); err != nil || thing.ID == "" {
		m.Fatalf("%s: %v", got.body, err)
	}
	return thing.ID
}

func deleteMadeKey(m *matrix, _ *cell, got answer) {
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

func restoreKeys(m *matrix, x *cell, _ answer) { m.restore(x.owner) }

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
		k := x.caller.key
		k.ProjectRoles = k.ProjectRoles.With(p.ID, stored(m, held))
		return tx.UpdatePrincipal(x.caller.key.Principal, k.Principal)
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
	for _, p := range append([]*principal{m.inside, m.outside, m.stranger}, m.callers...) {
		if p.key.ID != "" && !m.unchanged(p) {
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
