package model

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"strings"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/audit"
)

// stored reads everything that a reference has from the tables, and checks
// that the membership index says what the keys' role texts say.
func (i *instance) stored() (facts, error) {
	f := make(facts)
	err := i.data.Store.View(context.Background(), func(r latchkey.Reader) error {
		orgs, err := r.Organizations()
		if err != nil {
			return err
		}
		for _, org := range orgs {
			if err := storedOrg(r, org, f); err != nil {
				return err
			}
		}
		return nil
	})
	return f, err
}

const all = 100_000 // on one page

func storedOrg(r latchkey.Reader, id latchkey.OrgID, f facts) error {
	o, err := r.Organization(id)
	if err != nil {
		return err
	}
	orgFacts(f, id, o.Name, o.Settings)
	projects, _, err := r.Projects(id, "", latchkey.Page{Number: 1, Size: all})
	if err != nil {
		return err
	}
	for _, p := range projects {
		f[fmt.Sprintf("org %s project %s", id, p.ID)] = projectText(p.Name, tagList(p.Tags), p.WithDefaultAlerts)
	}
	keys, n, err := r.Keys(id, latchkey.Page{Number: 1, Size: all})
	if err != nil {
		return err
	}
	if n != len(keys) {
		return fmt.Errorf("%d keys listed, %d counted", len(keys), n)
	}
	owners := 0
	accounts, n, err := r.Accounts(id, latchkey.Page{Number: 1, Size: all})
	if err != nil {
		return err
	}
	if n != len(accounts) {
		return fmt.Errorf("%d service accounts listed, %d counted", len(accounts), n)
	}
	for _, a := range accounts {
		keyFacts(f, id, a.ID, "", a.Desc, a.OrgRoles, a.ProjectRoles, a.AccessList)
		accountFacts(f, id, a.ID, a.Name, a.Secrets.Terms())
		index, err := r.Memberships(id, a.ID)
		if err != nil {
			return err
		}
		if index != a.ProjectRoles {
			return fmt.Errorf("account %s: its role text is %q, its membership rows say %q", a.ID, a.ProjectRoles.Text(), index.Text())
		}
	}
	for _, k := range keys {
		keyFacts(f, id, k.ID, k.PublicKey, k.Desc, k.OrgRoles, k.ProjectRoles, k.AccessList)
		if k.DurableOwner() {
			owners++
		}
		index, err := r.Memberships(id, k.ID)
		if err != nil {
			return err
		}
		if index != k.ProjectRoles {
			return fmt.Errorf("key %s: its role text is %q, its membership rows say %q", k.ID, k.ProjectRoles.Text(), index.Text())
		}
	}
	if owners == 0 {
		return fmt.Errorf("organization %s has no durable owner", id)
	}
	return nil
}

func orgFacts(f facts, id latchkey.OrgID, name string, s latchkey.OrganizationSettings) {
	at := "org " + string(id)
	f[at+" name"] = name
	f[at+" settings"] = settingsText(s.AccessListRequired, s.SkipDefaultAlerts, s.MultiFactorAuthRequired, s.SecurityContact, s.MaxSecretValidityHours)
}

func keyFacts(f facts, org latchkey.OrgID, id latchkey.PrincipalID, pub latchkey.PublicKey, desc string, roles latchkey.RoleSet, projects latchkey.ProjectRoles, list latchkey.AccessList) {
	at := fmt.Sprintf("org %s key %s", org, id)
	f[at] = fmt.Sprintf("%s %q", pub, desc)
	f[at+" roles"] = setOf(roles.Names()...).String()
	var prefixes []netip.Prefix
	for _, e := range list {
		prefixes = append(prefixes, e.Prefix)
	}
	f[at+" list"] = fmt.Sprint(prefixes)
	for p, held := range projects.All() {
		f[at+" in "+string(p)] = setOf(held.Names()...).String()
	}
}

func accountFacts(f facts, org latchkey.OrgID, id latchkey.PrincipalID, name string, secrets []latchkey.SecretTerm) {
	at := fmt.Sprintf("org %s key %s", org, id)
	var text strings.Builder
	for _, s := range secrets {
		fmt.Fprintf(&text, "%s %d %d,", s.ID, s.Created, s.Expires)
	}
	f[at+" name"], f[at+" secrets"] = name, text.String()
}

func tagList(tags []latchkey.Tag) (list []tag) {
	for _, t := range tags {
		list = append(list, tag{t.Key, t.Value})
	}
	return list
}

// replay follows the audit events as they come.
type replay struct {
	states map[latchkey.OrgID]*audit.State
	last   map[latchkey.OrgID]int64
}

func newReplay() *replay {
	return &replay{states: make(map[latchkey.OrgID]*audit.State), last: make(map[latchkey.OrgID]int64)}
}

// follow applies the events since the last time and returns how many there
// were, and what all of them amount to.
func (p *replay) follow(i *instance) (int, facts, error) {
	n := 0
	err := i.data.Store.View(context.Background(), func(r latchkey.Reader) error {
		orgs, err := r.Organizations()
		if err != nil {
			return err
		}
		for _, org := range orgs {
			events, err := r.Events(org, p.last[org], all)
			if err != nil {
				return err
			}
			if p.states[org] == nil {
				p.states[org] = new(audit.State)
			}
			for _, e := range events {
				if e.Seq != p.last[org]+1 {
					return fmt.Errorf("event %d comes after %d", e.Seq, p.last[org])
				}
				p.last[org] = e.Seq
				n++
				if err := p.states[org].Apply(e); err != nil {
					return fmt.Errorf("event %d: %w", e.Seq, err)
				}
			}
		}
		return nil
	})
	f := make(facts)
	for org, s := range p.states {
		orgFacts(f, org, s.Name, s.Settings)
		for id, q := range s.Projects {
			f[fmt.Sprintf("org %s project %s", org, id)] = projectText(q.Name, tagList(q.Tags), q.WithDefaultAlerts)
		}
		for id, k := range s.Principals {
			keyFacts(f, org, id, k.PublicKey, k.Desc, k.OrgRoles, k.ProjectRoles, k.AccessList)
			if id.IsAccount() {
				accountFacts(f, org, id, k.Name, k.Secrets)
			}
		}
	}
	return n, f, err
}

// verified runs the whole verification.
func (i *instance) verified() error {
	report, err := audit.Verify(context.Background(), i.data.Store)
	if err != nil {
		return err
	}
	if len(report.Findings) > 0 {
		return fmt.Errorf("audit: %v", report.Findings)
	}
	return nil
}

// untouched checks that a call in one project left alone what it had to: the
// roles of all keys everywhere else, and organization roles of keys that were
// there before.
func untouched(before, after facts, project string) error {
	for line := range maps.Keys(before) {
		isRole := strings.Contains(line, " key ") && (strings.Contains(line, " roles") || strings.Contains(line, " in "))
		if isRole && !strings.HasSuffix(line, " in "+project) && before[line] != after[line] {
			return fmt.Errorf("a call in project %s changed %s from %q to %q", project, line, before[line], after[line])
		}
	}
	return nil
}
