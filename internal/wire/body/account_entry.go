package body

import (
	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/wire"
)

// DecodeAccountEntries reads a request for a page of a service account's access list.
func DecodeAccountEntries(r *wire.Request) op.AccountEntriesInput {
	return op.AccountEntriesInput{AccountInput: DecodeAccount(r), Page: r.Paging.Page}
}

// DecodeCreateAccountEntries reads the entries to be added.
func DecodeCreateAccountEntries(r *wire.Request) op.AccountEntriesInput {
	in := DecodeAccountEntries(r)
	in.Add = readEntries(r)
	return in
}

// DecodeAccountEntry reads a request that names an entry in its path.
func DecodeAccountEntry(r *wire.Request) op.AccountEntryInput {
	in := op.AccountEntryInput{AccountInput: DecodeAccount(r)}
	in.Prefix, in.Text = readEntry(r)
	return in
}

// EncodeAccountEntries writes a page of entries of a service account's access
// list. They have other members than those of API keys, and no links.
func EncodeAccountEntries(a *wire.Answer, p op.EntryPage) {
	a.List(len(p.Entries), p.Total, func(i int) { appendAccountEntry(a, &p.Entries[i]) })
}

func appendAccountEntry(a *wire.Answer, e *op.Entry) {
	a.Raw(`{"cidrBlock":"`)
	a.Raw(e.Prefix.String())
	a.Raw(`","createdAt":`)
	a.Time(e.Created)
	a.Raw(`,"ipAddress":`)
	appendTextOrNull(a, e.Prefix.Addr().String(), e.Prefix.IsSingleIP())
	a.Raw(`,"lastUsedAddress":`)
	appendTextOrNull(a, e.Use.LastAddress.String(), e.Use.Count > 0)
	a.Raw(`,"lastUsedAt":`)
	appendMoment(a, e.Use.LastUsed)
	a.Raw(`,"requestCount":`)
	a.Int(e.Use.Count)
	a.Raw(`}`)
}

func appendTextOrNull(a *wire.Answer, text string, there bool) {
	if !there {
		a.Raw("null")
		return
	}
	a.String(text)
}
