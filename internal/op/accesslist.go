package op

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/policy"
)

// MaxAccessListEntries is how many entries one key may have. The published
// schemas name no number for API keys; the list is read with every request of
// the key, so it must have an end.
const MaxAccessListEntries = 200

// accessListRule lets the key itself and organization owners in.
var accessListRule = policy.Rule{Gate: policy.GateAccessList, Role: latchkey.OrgOwner}

// Entry is one access list entry with its use.
type Entry struct {
	Org latchkey.OrgID
	Key latchkey.KeyID
	latchkey.AccessListEntry
	Use latchkey.AccessListUse
}

// EntryPage is a page of entries and how many there are on all pages.
type EntryPage struct {
	Entries []Entry
	Total   int
}

// EntriesInput asks for a page of a key's access list.
type EntriesInput struct {
	Org  latchkey.OrgID
	Key  latchkey.KeyID
	Page latchkey.Page
	Add  []netip.Prefix // masked; for creating only
}

// Scope implements Input.
func (in EntriesInput) Scope() policy.Scope { return policy.Scope{Org: in.Org, Target: in.Key} }

// EntryInput names one entry of a key's access list.
type EntryInput struct {
	Org    latchkey.OrgID
	Key    latchkey.KeyID
	Prefix netip.Prefix // masked
	Text   string       // as the request wrote it
}

// Scope implements Input.
func (in EntryInput) Scope() policy.Scope { return policy.Scope{Org: in.Org, Target: in.Key} }

// ListEntries lists the access list of a key.
var ListEntries = &Op[EntriesInput, EntryPage]{
	Info: Info{
		Name: "listOrgApiKeyAccessListEntries", Summary: "List the access list of an API key",
		Rule: accessListRule,
	},
	run: func(env *Env, in EntriesInput) (EntryPage, error) {
		key, err := env.key(in.Key)
		if err != nil {
			return EntryPage{}, err
		}
		return env.entries(&key, in.Page)
	},
}

// GetEntry returns one entry of a key's access list.
var GetEntry = &Op[EntryInput, Entry]{
	Info: Info{
		Name: "getOrgApiKeyAccessListEntry", Summary: "Get an entry of the access list of an API key",
		Rule: accessListRule,
	},
	run: func(env *Env, in EntryInput) (Entry, error) {
		key, err := env.key(in.Key)
		if err != nil {
			return Entry{}, err
		}
		i := key.AccessList.Index(in.Prefix)
		if i < 0 {
			return Entry{}, latchkey.Refuse(latchkey.CodeEntryNotFound, in.Text, string(in.Key))
		}
		page, err := env.entries(&key, latchkey.Page{Number: 1, Size: len(key.AccessList)})
		if err != nil {
			return Entry{}, err
		}
		return page.Entries[i], nil
	},
}

// CreateEntries adds entries to a key's access list and answers all of it.
var CreateEntries = &Op[EntriesInput, EntryPage]{
	Info: Info{
		Name: "createOrgApiKeyAccessListEntry", Summary: "Add entries to the access list of an API key",
		Rule:    accessListRule,
		Changes: true,
		Events:  []latchkey.EventType{latchkey.EventEntryAdded},
	},
	run: func(env *Env, in EntriesInput) (EntryPage, error) {
		before, err := env.key(in.Key)
		if err != nil {
			return EntryPage{}, err
		}
		if err := env.touch(&before); err != nil {
			return EntryPage{}, err
		}
		after := before
		after.AccessList = append(latchkey.AccessList(nil), before.AccessList...)
		for _, prefix := range in.Add {
			if after.AccessList.Index(prefix) >= 0 {
				return EntryPage{}, latchkey.Refuse(latchkey.CodeAddressExists, PrefixText(prefix))
			}
			after.AccessList = append(after.AccessList, latchkey.AccessListEntry{Prefix: prefix, Created: env.now.Truncate(time.Second)})
		}
		if len(after.AccessList) > MaxAccessListEntries {
			return EntryPage{}, latchkey.Refuse(latchkey.CodeValidation, fmt.Sprintf("An access list has at most %d entries", MaxAccessListEntries))
		}
		if err := env.keepAddress(after.ID, after.AccessList); err != nil {
			return EntryPage{}, err
		}
		if err := env.Tx.UpdateKey(before, after); err != nil {
			return EntryPage{}, err
		}
		for _, prefix := range in.Add {
			if err := env.record(about(latchkey.EventEntryAdded, &after, "", latchkey.Change{Entry: prefix.String()})); err != nil {
				return EntryPage{}, err
			}
		}
		return env.entries(&after, in.Page)
	},
}

// DeleteEntry takes an entry out of a key's access list.
var DeleteEntry = &Op[EntryInput, Nothing]{
	Info: Info{
		Name: "deleteOrgApiKeyAccessListEntry", Summary: "Delete an entry of the access list of an API key",
		Rule:    accessListRule,
		Changes: true,
		Events:  []latchkey.EventType{latchkey.EventEntryDeleted},
	},
	run: func(env *Env, in EntryInput) (Nothing, error) {
		before, err := env.key(in.Key)
		if err != nil {
			return Nothing{}, err
		}
		if err := env.touch(&before); err != nil {
			return Nothing{}, err
		}
		i := before.AccessList.Index(in.Prefix)
		if i < 0 {
			return Nothing{}, latchkey.Refuse(latchkey.CodeEntryNotFound, in.Text, string(in.Key))
		}
		after := before
		after.AccessList = append(append(latchkey.AccessList(nil), before.AccessList[:i]...), before.AccessList[i+1:]...)
		if in.Prefix.Contains(env.Address.Unmap()) {
			if err := env.keepAddress(after.ID, after.AccessList); err != nil {
				return Nothing{}, err
			}
		}
		if err := env.Tx.UpdateKey(before, after); err != nil {
			return Nothing{}, err
		}
		return Nothing{}, env.record(about(latchkey.EventEntryDeleted, &after, "", latchkey.Change{Entry: in.Prefix.String()}))
	},
}

// keepAddress refuses to let the caller's own list stop covering the address
// it calls from. The lists of other principals are not judged.
func (env *Env) keepAddress(key latchkey.KeyID, after latchkey.AccessList) error {
	if key != env.Caller.ID {
		return nil
	}
	if _, covered := after.Covers(env.Address); covered {
		return nil
	}
	return latchkey.Refuse(latchkey.CodeCallerLockedOut, env.Address.String())
}

// entries returns a page of the key's entries with their use, that which is
// not written yet included.
func (env *Env) entries(key *latchkey.APIKey, page latchkey.Page) (EntryPage, error) {
	out := EntryPage{Total: len(key.AccessList)}
	from := min(page.Offset(), len(key.AccessList))
	to := min(from+page.Size, len(key.AccessList))
	written, err := env.AccessListUse(env.Org(), key.ID)
	if err != nil {
		return out, err
	}
	use := make(map[netip.Prefix]latchkey.AccessListUse, len(written))
	for _, u := range written {
		use[u.Prefix] = u
	}
	for _, e := range key.AccessList[from:to] {
		u := use[e.Prefix]
		if recent, ok := env.service.uses.of(useKey{env.Org(), key.ID, e.Prefix, e.Created.Unix()}); ok {
			recent.Count += u.Count
			u = recent
		}
		out.Entries = append(out.Entries, Entry{env.Org(), key.ID, e, u})
	}
	return out, nil
}

// ParsePrefix reads an address or a block in CIDR notation. Host bits are
// masked, addresses of version 4 written as version 6 are unmapped. It refuses
// with CodeInvalidAddress what is neither, zones included, and with
// CodeAddressNotListable the unspecified address.
func ParsePrefix(text string) (netip.Prefix, *latchkey.Error) {
	invalid := latchkey.Refuse(latchkey.CodeInvalidAddress, text)
	var p netip.Prefix
	if addr, err := netip.ParseAddr(text); err == nil {
		if addr.Zone() != "" {
			return p, invalid
		}
		addr = addr.Unmap()
		p = netip.PrefixFrom(addr, addr.BitLen())
	} else {
		if p, err = netip.ParsePrefix(text); err != nil {
			return netip.Prefix{}, invalid
		}
		if p.Addr().Is4In6() {
			if p.Bits() < 96 {
				return netip.Prefix{}, invalid
			}
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
		p = p.Masked()
	}
	if p.IsSingleIP() && p.Addr().IsUnspecified() {
		return netip.Prefix{}, latchkey.Refuse(latchkey.CodeAddressNotListable, text)
	}
	return p, nil
}

// PrefixText is how answers name an entry: a single address alone, a block in
// CIDR notation.
func PrefixText(p netip.Prefix) string {
	if p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.String()
}
