package matrix

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/server"
)

// matrix is the world in which the cells are asked.
type matrix struct {
	*world
	home, away         latchkey.Organization
	own, other, abroad latchkey.Project // the last one of away
	callers            []caller
	keys, accounts     cast
	events             events
	chance             *rand.Rand
	asked              int
}

// caller is one set of roles, held by a key and by a service account; account
// is nil where nothing of the kind can be.
type caller struct{ key, account *principal }

// cast are the targets of one kind.
type cast struct {
	inside   map[string]*principal // by the project, a member of it
	outside  *principal            // a member of home in no project
	stranger *principal            // of away
}

// events are ids of one event each.
type events struct{ own, other, home, abroad latchkey.EventID }

// newMatrix makes two organizations, and callers for every role. Each holds
// that role alone; project roles are held in the project own.
func newMatrix(t testing.TB, chance *rand.Rand) *matrix {
	m := &matrix{world: newWorld(t, server.Config{}), chance: chance}
	m.home, m.away = m.newOrg("home"), m.newOrg("away")
	m.own, m.other, m.abroad = m.newProject(m.home.ID), m.newProject(m.home.ID), m.newProject(m.away.ID)
	own, other, abroad := string(m.own.ID), string(m.other.ID), string(m.abroad.ID)
	reader, member, owner := named("GROUP_READ_ONLY"), named("ORG_MEMBER"), named("ORG_OWNER")

	m.newKey(m.home.ID, "dormant owner", holdings{org: owner})
	in := func(ids ...string) holdings {
		h := holdings{org: member}
		for _, id := range ids {
			h = h.with(id, reader)
		}
		return h
	}
	inside := m.newKey(m.home.ID, "inside", in(own, other), listedAddress)
	m.keys = cast{
		map[string]*principal{own: inside, other: inside},
		m.newKey(m.home.ID, "outside", in(), listedAddress),
		m.newKey(m.away.ID, "stranger", holdings{owner, map[string]roles{abroad: reader}}, listedAddress),
	}
	// An account is touched whole by who owns a project, so each is in one.
	m.accounts = cast{
		map[string]*principal{own: m.newAccount(m.home.ID, "inside own", in(own), listedAddress), other: m.newAccount(m.home.ID, "inside other", in(other), listedAddress)},
		m.newAccount(m.home.ID, "outside", in(), listedAddress),
		m.newAccount(m.away.ID, "stranger", holdings{owner, map[string]roles{abroad: reader}}, listedAddress),
	}
	m.events = events{m.newEvent(m.home.ID, m.own.ID), m.newEvent(m.home.ID, m.other.ID), m.newEvent(m.home.ID, ""), m.newEvent(m.away.ID, m.abroad.ID)}

	add := func(name string, h holdings) {
		m.callers = append(m.callers, caller{
			m.newKey(m.home.ID, name, h, callerAddress, listedAddress), m.newAccount(m.home.ID, name, h, callerAddress, listedAddress),
		})
	}
	add("no role", holdings{})
	for _, name := range append(append([]string(nil), orgNames...), globalNames...) {
		add(name, holdings{org: named(name)})
	}
	for _, name := range projectNames {
		add(name, holdings{in: map[string]roles{own: named(name)}})
	}
	m.callers = append(m.callers,
		caller{key: &principal{name: "nobody"}},
		caller{
			&principal{name: "an unknown key", cred: newCredential("aaaaaaaa", "x")},
			&principal{name: "an unknown token", cred: &credential{token: "x"}},
		},
		caller{
			&principal{name: "a wrong secret", cred: newCredential(inside.cred.user, "x")},
			&principal{name: "a changed token", cred: &credential{token: bent(m.accounts.outside.cred.token)}},
		},
	)
	return m
}

// bent is a token with another signature.
func bent(token string) string {
	i := strings.LastIndexByte(token, '.') + 1
	other := "A"
	if token[i] == 'A' {
		other = "B"
	}
	return token[:i] + other + token[i+1:]
}

// newEvent records that something was made.
func (w *world) newEvent(org latchkey.OrgID, project latchkey.ProjectID) latchkey.EventID {
	w.Helper()
	id := latchkey.NewID[latchkey.EventID](time.Now())
	e := latchkey.Event{OrgID: org, ID: id, Created: time.Now(), Type: latchkey.EventOrgCreated, Source: latchkey.SourceCommand, Operation: "made", ProjectID: project}
	if project != "" {
		e.Type = latchkey.EventProjectCreated
	}
	w.update(func(tx latchkey.Tx) error { return tx.AppendEvent(&e) })
	return id
}
