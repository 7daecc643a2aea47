package body

import (
	"net/http"

	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/wire"
)

func (f Form) accessListRows(name string) []wire.Row {
	entries := "/orgs/{orgId}/apiKeys/{apiUserId}/" + name
	entry := []string{entries + "/{ipAddress}"}
	if f.RawSlash {
		entry = append(entry, entries+"/{ipAddress}/{bits}")
	}
	list := f.At(http.MethodGet, entries)
	list.Paged, list.Answer = true, Entries
	create := f.At(http.MethodPost, entries)
	create.Paged, create.Body, create.Answer = true, f.CreateEntries, Entries
	get := f.At(http.MethodGet, entry...)
	get.Answer = Entry
	remove := f.At(http.MethodDelete, entry...)
	remove.Status = http.StatusNoContent
	return []wire.Row{
		wire.Bind(list, op.ListEntries, DecodeEntries, EncodeEntries(name)),
		wire.Bind(create, op.CreateEntries, DecodeCreateEntries, EncodeEntries(name)),
		wire.Bind(get, op.GetEntry, DecodeEntry, EncodeEntry(name)),
		wire.Bind(remove, op.DeleteEntry, DecodeEntry, nil),
	}
}
