package atlasv2

import (
	"net/http"

	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/wire"
	"github.com/latchkey/latchkey/internal/wire/body"
)

func accessListRows() []wire.Row {
	const entries = "/orgs/{orgId}/apiKeys/{apiUserId}/accessList"
	list := at(http.MethodGet, entries)
	list.Paged, list.Answer = true, body.Entries
	create := at(http.MethodPost, entries)
	create.Paged, create.Body, create.Answer = true, body.CreateEntries, body.Entries
	get := at(http.MethodGet, entries+"/{ipAddress}")
	get.Answer = body.Entry
	remove := at(http.MethodDelete, entries+"/{ipAddress}")
	remove.Status = http.StatusNoContent
	return []wire.Row{
		wire.Bind(list, op.ListEntries, body.DecodeEntries, body.EncodeEntries("accessList")),
		wire.Bind(create, op.CreateEntries, body.DecodeCreateEntries, body.EncodeEntries("accessList")),
		wire.Bind(get, op.GetEntry, body.DecodeEntry, body.EncodeEntry("accessList")),
		wire.Bind(remove, op.DeleteEntry, body.DecodeEntry, nil),
	}
}
