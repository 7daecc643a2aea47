package opsmanagerv1

import (
	"net/http"

	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/wire"
	"github.com/latchkey/latchkey/internal/wire/body"
)

// accessListRows serves access lists under both their names. An entry is named
// with its slash escaped, or in two segments, as the Ops Manager Go client
// sends it.
func accessListRows() []wire.Row {
	var rows []wire.Row
	for _, name := range []string{"accessList", "whitelist"} {
		entries := "/orgs/{orgId}/apiKeys/{apiUserId}/" + name
		entry := []string{entries + "/{ipAddress}", entries + "/{ipAddress}/{bits}"}
		list := at(http.MethodGet, entries)
		list.Paged, list.Answer = true, body.Entries
		create := at(http.MethodPost, entries)
		create.Paged, create.Body, create.Answer = true, body.CreateEntriesV1, body.Entries
		get := at(http.MethodGet, entry...)
		get.Answer = body.Entry
		remove := at(http.MethodDelete, entry...)
		remove.Status = http.StatusNoContent
		rows = append(rows,
			wire.Bind(list, op.ListEntries, body.DecodeEntries, body.EncodeEntries(name)),
			wire.Bind(create, op.CreateEntries, body.DecodeCreateEntries, body.EncodeEntries(name)),
			wire.Bind(get, op.GetEntry, body.DecodeEntry, body.EncodeEntry(name)),
			wire.Bind(remove, op.DeleteEntry, body.DecodeEntry, nil),
		)
	}
	return rows
}
