package audit

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/latchkey/latchkey"
)

func (s *State) keyCreated(e *latchkey.Event) error {
	p, err := s.newborn(e)
	if err != nil {
		return err
	}
	s.put(e.TargetID, p)
	return nil
}

// newborn returns the principal that the event creates.
func (s *State) newborn(e *latchkey.Event) (Principal, error) {
	if _, exists := s.Principals[e.TargetID]; exists {
		return Principal{}, fmt.Errorf("%s exists", describe(e.TargetID))
	}
	if e.Change.Desc == nil {
		return Principal{}, missing("desc")
	}
	roles, err := parseRoles(e.Change.OrgRoles, latchkey.LevelOrganization)
	return Principal{PublicKey: e.TargetPublicKey, Desc: *e.Change.Desc, OrgRoles: roles}, err
}

func (s *State) principalDeleted(e *latchkey.Event) error {
	if _, err := s.target(e); err != nil {
		return err
	}
	delete(s.Principals, e.TargetID)
	return nil
}

func (s *State) keyDesc(e *latchkey.Event) error {
	k, err := s.target(e)
	switch {
	case err != nil:
		return err
	case e.Change.Desc == nil:
		return missing("desc")
	}
	k.Desc = *e.Change.Desc
	s.put(e.TargetID, k)
	return nil
}

func (s *State) entryAdded(e *latchkey.Event) error {
	k, p, i, err := s.entry(e)
	switch {
	case err != nil:
		return err
	case i >= 0:
		return fmt.Errorf("%s has the entry %s", describe(e.TargetID), p)
	case len(k.AccessList) >= maxEntries:
		return fmt.Errorf("%s has %d entries, and no more are possible", describe(e.TargetID), maxEntries)
	case e.Change.EntryCreated == 0:
		return missing("entryCreated")
	}
	k.AccessList = append(slices.Clip(k.AccessList), latchkey.AccessListEntry{Prefix: p, Created: time.Unix(e.Change.EntryCreated, 0).UTC()})
	s.put(e.TargetID, k)
	return nil
}

func (s *State) entryDeleted(e *latchkey.Event) error {
	k, p, i, err := s.entry(e)
	switch {
	case err != nil:
		return err
	case i < 0:
		return fmt.Errorf("%s has no entry %s", describe(e.TargetID), p)
	}
	k.AccessList = slices.Concat(k.AccessList[:i], k.AccessList[i+1:])
	s.put(e.TargetID, k)
	return nil
}

// entry returns the target, the entry that the event names, and where the
// target's list has it, or -1.
func (s *State) entry(e *latchkey.Event) (Principal, netip.Prefix, int, error) {
	k, err := s.target(e)
	if err != nil {
		return k, netip.Prefix{}, -1, err
	}
	p, err := netip.ParsePrefix(e.Change.Entry)
	return k, p, k.AccessList.Index(p), err
}

// target returns the principal that the event is about.
func (s *State) target(e *latchkey.Event) (Principal, error) {
	k, ok := s.Principals[e.TargetID]
	switch {
	case !ok:
		return k, fmt.Errorf("there is no %s", describe(e.TargetID))
	case k.PublicKey != e.TargetPublicKey:
		return k, fmt.Errorf("%s has the public key %q, not %q", describe(e.TargetID), k.PublicKey, e.TargetPublicKey)
	}
	return k, nil
}

func (s *State) put(id latchkey.PrincipalID, p Principal) {
	s.Owned = s.Owned || p.OrgRoles.Has(latchkey.OrgOwner) && !id.IsAccount()
	s.Principals[id] = p
}

// describe names a principal with its kind.
func describe(id latchkey.PrincipalID) string {
	if id.IsAccount() {
		return "service account " + string(id)
	}
	return "key " + string(id)
}
