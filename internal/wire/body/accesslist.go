package body

import (
	"net/netip"
	"strings"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/wire"
)

// CreateEntries is the array of entries to be added to an access list.
var CreateEntries = newEntries("UserAccessListRequest", entryWritable)

// CreateEntriesV1 also takes the members of the response object.
var CreateEntriesV1 = newEntries("UserAccessListRequestV1", takingReadOnly(entryWritable, []wire.Member{
	{Name: "count", Kind: wire.Int, ReadOnly: true},
	{Name: "created", Kind: wire.String, ReadOnly: true},
	{Name: "lastUsed", Kind: wire.String, ReadOnly: true},
	{Name: "lastUsedAddress", Kind: wire.String, ReadOnly: true},
	{Name: "links", Kind: wire.Any, ReadOnly: true},
}))

func newEntries(name string, members []wire.Member) *wire.Body {
	return &wire.Body{
		Name: name, Array: true, MaxItems: op.MaxAccessListEntries, Members: members, AnyOf: []string{"cidrBlock", "ipAddress"},
		Codes: []latchkey.Code{latchkey.CodeAddressAndBlock, latchkey.CodeDuplicateAddresses, latchkey.CodeAddressExists},
	}
}

var entryWritable = []wire.Member{
	{Name: "cidrBlock", Kind: wire.String, Codes: addressCodes,
		Schema: &wire.Schema{Description: "Block in CIDR notation; bits behind its prefix are masked. Not beside ipAddress."}},
	{Name: "ipAddress", Kind: wire.String, Codes: addressCodes,
		Schema: &wire.Schema{Description: "IPv4 or IPv6 address. Not beside cidrBlock."}},
}

var addressCodes = []latchkey.Code{latchkey.CodeInvalidAddress, latchkey.CodeAddressNotListable}

// DecodeEntries reads a request for a page of a key's access list.
func DecodeEntries(r *wire.Request) op.EntriesInput {
	return op.EntriesInput{Org: r.OrgID(), Key: r.KeyID(), Page: r.Paging.Page}
}

// DecodeCreateEntries reads the entries to be added.
func DecodeCreateEntries(r *wire.Request) op.EntriesInput {
	in := DecodeEntries(r)
	in.Add = readEntries(r)
	return in
}

// readEntries reads the array of entries to be added to an access list.
func readEntries(r *wire.Request) (add []netip.Prefix) {
	list := r.Objects()
	if r.BodyBroken() {
		return nil
	}
	if len(list) == 0 {
		r.RefuseBody(latchkey.Refuse(latchkey.CodeMissingOneOf, "ipAddress", "cidrBlock"))
	}
	for _, o := range list {
		prefix, err := op.ParsePrefix(entryText(r, o))
		r.RefuseBody(err)
		for _, other := range add {
			if other == prefix && err == nil {
				r.RefuseBody(latchkey.Refuse(latchkey.CodeDuplicateAddresses))
			}
		}
		add = append(add, prefix)
	}
	return add
}

// entryText returns the one of ipAddress and cidrBlock that an element has.
// An address must be one, a block must have a length.
func entryText(r *wire.Request, o wire.Object) string {
	ip, hasIP := o.String("ipAddress")
	block, hasBlock := o.String("cidrBlock")
	switch {
	case hasIP && hasBlock:
		r.RefuseBody(latchkey.Refuse(latchkey.CodeAddressAndBlock))
	case !hasIP && !hasBlock:
		r.RefuseBody(latchkey.Refuse(latchkey.CodeMissingOneOf, "ipAddress", "cidrBlock"))
	case hasIP && strings.Contains(ip, "/"):
		r.RefuseBody(latchkey.Refuse(latchkey.CodeInvalidAddress, ip))
	case hasBlock && !strings.Contains(block, "/"):
		r.RefuseBody(latchkey.Refuse(latchkey.CodeInvalidAddress, block))
	}
	if hasIP {
		return ip
	}
	return block
}

// DecodeEntry reads a request that names an entry in its path: an address, or
// a block whose slash is escaped or, as one client sends it, is not.
func DecodeEntry(r *wire.Request) op.EntryInput {
	in := op.EntryInput{Org: r.OrgID(), Key: r.KeyID()}
	in.Prefix, in.Text = readEntry(r)
	return in
}

// readEntry reads the entry that a path names, and how it does.
func readEntry(r *wire.Request) (netip.Prefix, string) {
	text := r.Path("ipAddress")
	if bits := r.Path("bits"); bits != "" {
		text += "/" + bits
	}
	prefix, err := op.ParsePrefix(text)
	if err != nil && err.Code != latchkey.CodeAddressNotListable { // that is on no list: not found
		r.RefuseBody(err)
	}
	return prefix, text
}

// EncodeEntries writes a page of entries; list is the last part of the path
// under which they were asked, "accessList" or "whitelist".
func EncodeEntries(list string) func(a *wire.Answer, p op.EntryPage) {
	return func(a *wire.Answer, p op.EntryPage) {
		a.List(len(p.Entries), p.Total, func(i int) { appendEntry(a, &p.Entries[i], list) })
	}
}

// EncodeEntry writes one entry.
func EncodeEntry(list string) func(a *wire.Answer, e op.Entry) {
	return func(a *wire.Answer, e op.Entry) { appendEntry(a, &e, list) }
}

func appendEntry(a *wire.Answer, e *op.Entry, list string) {
	a.Raw(`{"cidrBlock":"`)
	a.Raw(e.Prefix.String())
	a.Raw(`","count":`)
	a.Int(e.Use.Count)
	a.Raw(`,"created":`)
	a.Time(e.Created)
	if e.Prefix.IsSingleIP() {
		a.Raw(`,"ipAddress":"`)
		a.Raw(e.Prefix.Addr().String())
		a.Raw(`"`)
	}
	if e.Use.Count > 0 {
		a.Raw(`,"lastUsed":`)
		a.Time(e.Use.LastUsed)
		a.Raw(`,"lastUsedAddress":"`)
		a.Raw(e.Use.LastAddress.String())
		a.Raw(`"`)
	}
	a.Raw(`,"links":[`)
	a.Link("self", "/orgs/", string(e.Org), "/apiKeys/", string(e.Principal), "/", list, "/", strings.Replace(op.PrefixText(e.Prefix), "/", "%2F", 1))
	if a.Generation != wire.AtlasV2 && a.Single() {
		a.Raw(",")
		a.Link("http://mms.mongodb.com/apiKeys", "/orgs/", string(e.Org), "/apiKeys/", string(e.Principal))
	}
	a.Raw(`]}`)
}
