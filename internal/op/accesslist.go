package op

import (
	"net/netip"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/policy"
)

// accessListRule lets the key itself and organization owners in.
var accessListRule = policy.Rule{Gate: policy.GateAccessList, Role: latchkey.OrgOwner}

// EntriesInput asks for a page of a key's access list.
type EntriesInput struct {
	Org  latchkey.OrgID
	Key  latchkey.PrincipalID
	Page latchkey.Page
	Add  []netip.Prefix // masked; for creating only
}

// Scope implements Input.
func (in EntriesInput) Scope() policy.Scope { return policy.Scope{Org: in.Org, Target: in.Key} }

// EntryInput names one entry of a key's access list.
type EntryInput struct {
	Org    latchkey.OrgID
	Key    latchkey.PrincipalID
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
		return env.entries(&key.Principal, in.Page)
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
		page, err := env.entries(&key.Principal, latchkey.Page{Number: 1, Size: len(key.AccessList)})
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
		after, err := env.addEntries(before.Principal, in.Add)
		if err != nil {
			return EntryPage{}, err
		}
		return env.entries(&after, in.Page)
	},
}

// DeleteEntry takes an entry out of a key's access list.
var DeleteEntry = &Op[EntryInput, Nothing]{
	Info: Info{
		Name: "deleteOrgApiKeyAccessListEntry", Summary: "Delete an entry of the access list of an API key",
		Rule:    accessListRule,
		Changes: true, Revokes: true,
		Events: []latchkey.EventType{latchkey.EventEntryDeleted},
	},
	run: func(env *Env, in EntryInput) (Nothing, error) {
		before, err := env.key(in.Key)
		if err != nil {
			return Nothing{}, err
		}
		missing := latchkey.Refuse(latchkey.CodeEntryNotFound, in.Text, string(in.Key))
		return Nothing{}, env.deleteEntry(before.Principal, in.Prefix, missing)
	},
}
