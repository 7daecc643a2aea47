package op

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/latchkey/latchkey"
)

// MaxAccessListEntries is how many entries one principal may have. The
// published schemas name no number for API keys and 200 for a request about a
// service account; the list is read with every request of the principal, so it
// must have an end.
const MaxAccessListEntries = 200

// Entry is one access list entry with its use.
type Entry struct {
	Org       latchkey.OrgID
	Principal latchkey.PrincipalID
	latchkey.AccessListEntry
	Use latchkey.Use
}

// EntryPage is a page of entries and how many there are on all pages.
type EntryPage struct {
	Entries []Entry
	Total   int
}

// addEntries adds entries to the principal's access list and records each.
func (env *Env) addEntries(before latchkey.Principal, add []netip.Prefix) (after latchkey.Principal, err error) {
	if err := env.touch(&before); err != nil {
		return before, err
	}
	after = before
	after.AccessList = append(latchkey.AccessList(nil), before.AccessList...)
	created := env.now.Truncate(time.Second)
	for _, prefix := range add {
		if after.AccessList.Index(prefix) >= 0 {
			return before, latchkey.Refuse(latchkey.CodeAddressExists, PrefixText(prefix))
		}
		after.AccessList = append(after.AccessList, latchkey.AccessListEntry{Prefix: prefix, Created: created})
	}
	if len(after.AccessList) > MaxAccessListEntries {
		return before, latchkey.Refuse(latchkey.CodeValidation, fmt.Sprintf("An access list has at most %d entries", MaxAccessListEntries))
	}
	if err := env.keepAddress(after.ID, after.AccessList); err != nil {
		return before, err
	}
	if err := env.Tx.UpdatePrincipal(before, after); err != nil {
		return before, err
	}
	for _, prefix := range add {
		// The event's own time is another one when the clock went back.
		change := latchkey.Change{Entry: prefix.String(), EntryCreated: created.Unix()}
		if err := env.record(about(eventsOf(after.ID).entryAdded, &after, env.scope.Project, change)); err != nil {
			return before, err
		}
	}
	return after, nil
}

// deleteEntry takes an entry out of the principal's access list and records
// that; missing is the refusal when there is no such entry.
func (env *Env) deleteEntry(before latchkey.Principal, prefix netip.Prefix, missing *latchkey.Error) error {
	if err := env.touch(&before); err != nil {
		return err
	}
	i := before.AccessList.Index(prefix)
	if i < 0 {
		return missing
	}
	after := before
	after.AccessList = append(append(latchkey.AccessList(nil), before.AccessList[:i]...), before.AccessList[i+1:]...)
	if prefix.Contains(env.Address.Unmap()) {
		if err := env.keepAddress(after.ID, after.AccessList); err != nil {
			return err
		}
	}
	if err := env.Tx.UpdatePrincipal(before, after); err != nil {
		return err
	}
	return env.record(about(eventsOf(after.ID).entryDeleted, &after, env.scope.Project, latchkey.Change{Entry: prefix.String()}))
}

// keepAddress refuses to let the caller's own list stop covering the address
// it calls from. The lists of other principals are not judged.
func (env *Env) keepAddress(id latchkey.PrincipalID, after latchkey.AccessList) error {
	if id != env.Caller.ID {
		return nil
	}
	if _, covered := after.Covers(env.Address); covered {
		return nil
	}
	return latchkey.Refuse(latchkey.CodeCallerLockedOut, env.Address.String())
}

// entries returns a page of the principal's entries with their use, that which is
// not written yet included.
func (env *Env) entries(p *latchkey.Principal, page latchkey.Page) (EntryPage, error) {
	out := EntryPage{Total: len(p.AccessList)}
	from := min(page.Offset(), len(p.AccessList))
	to := min(from+page.Size, len(p.AccessList))
	written, err := env.Uses(env.Org(), p.ID)
	if err != nil {
		return out, err
	}
	use := make(map[string]latchkey.Use, len(written))
	for _, u := range written {
		use[u.What] = u
	}
	for _, e := range p.AccessList[from:to] {
		u := env.service.uses.with(use[e.Prefix.String()], useOfEntry(p, e))
		out.Entries = append(out.Entries, Entry{env.Org(), p.ID, e, u})
	}
	return out, nil
}
