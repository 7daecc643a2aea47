package wire

import (
	"strings"

	"github.com/latchkey/latchkey"
)

// IDPattern is what ids look like in the documents.
const IDPattern = "^([a-f0-9]{24})$"

// ClientIDPattern is what client ids of service accounts look like in the documents.
const ClientIDPattern = "^" + latchkey.ClientIDPrefix + "[a-fA-F0-9]{24}$"

// PathParams returns the parameters of a pattern in their order.
func PathParams(pattern string) []Param {
	var params []Param
	for {
		_, rest, ok := strings.Cut(pattern, "{")
		if !ok {
			return params
		}
		var name string
		name, pattern, _ = strings.Cut(rest, "}")
		param := pathParam(name)
		if name == "ipAddress" && len(params) > 0 && params[len(params)-1].Name == "clientId" {
			param.Codes = []latchkey.Code{latchkey.CodeInvalidAddress, latchkey.CodeAccountEntryNotFound}
		}
		if name == "eventId" && params[0].Name == "orgId" {
			param.Codes = []latchkey.Code{latchkey.CodeMalformedEventID, latchkey.CodeOrgEventNotFound}
		}
		params = append(params, param)
	}
}

// pathParam describes a parameter of a path. They are few, and each means the
// same wherever it stands.
func pathParam(name string) Param {
	id := &Schema{Type: "string", Pattern: IDPattern}
	switch name {
	case "orgId":
		return Param{Name: name, Description: "Id of the organization.", Schema: id,
			Codes: []latchkey.Code{latchkey.CodeMalformedOrgID, latchkey.CodeOrganizationNotFound}}
	case "groupId":
		return Param{Name: name, Description: "Id of the project.", Schema: id,
			Codes: []latchkey.Code{latchkey.CodeMalformedProjectID, latchkey.CodeProjectNotFound}}
	case "apiUserId":
		return Param{Name: name, Description: "Id of the API key.", Schema: id,
			Codes: []latchkey.Code{latchkey.CodeMalformedKeyID, latchkey.CodeKeyNotFound}}
	case "clientId":
		return Param{Name: name, Description: "Client id of the service account.", Schema: &Schema{Type: "string", Pattern: ClientIDPattern},
			Codes: []latchkey.Code{latchkey.CodeMalformedClientID, latchkey.CodeAccountNotFound}}
	case "secretId":
		return Param{Name: name, Description: "Id of the secret.", Schema: id,
			Codes: []latchkey.Code{latchkey.CodeMalformedSecretID, latchkey.CodeSecretNotFound}}
	case "eventId":
		return Param{Name: name, Description: "Id of the event.", Schema: id,
			Codes: []latchkey.Code{latchkey.CodeMalformedEventID, latchkey.CodeEventNotFound}}
	case "groupName":
		return Param{Name: name, Schema: &Schema{Type: "string", MinLength: 1},
			Description: "Name of the project. One that the caller cannot read is as unknown as one that does not exist.",
			Codes:       []latchkey.Code{latchkey.CodeProjectNameNotFound}}
	case "ipAddress":
		return Param{Name: name, Schema: &Schema{Type: "string", MinLength: 1},
			Description: "IPv4 or IPv6 address of the entry, or its block in CIDR notation with the slash escaped as %2F.",
			Codes:       []latchkey.Code{latchkey.CodeInvalidAddress, latchkey.CodeAddressNotListable, latchkey.CodeEntryNotFound}}
	case "endpointSetId":
		return Param{Name: name, Description: "Id of the endpoint set.", Schema: &Schema{Type: "string"},
			Codes: []latchkey.Code{latchkey.CodeEndpointSetNotFound}}
	case "bits":
		return Param{Name: name, Schema: &Schema{Type: "string", Pattern: "^[0-9]{1,3}$"},
			Description: "Length of the block's prefix, for clients that do not escape the slash."}
	}
	return Param{Name: name, Schema: &Schema{Type: "string"}}
}

// QueryParams returns every parameter of the query that the row reads.
func (row *Row) QueryParams() []Param {
	boolean := func(name, absent, description string) Param {
		return Param{Name: name, Description: description, Schema: &Schema{Type: "boolean", Default: absent}}
	}
	params := []Param{
		boolean("envelope", "false", "Whether the answer is put in an envelope: a list gains the member \"status\", "+
			"every other answer becomes {\"content\": …, \"status\": …}. The HTTP status stays what it is."),
		boolean("pretty", "false", "Whether the answer is laid out for reading."),
	}
	if row.Paged {
		if !row.Counted {
			params = append(params, boolean(paramIncludeCount, "true", "Whether a list has the member \"totalCount\"."))
		}
		params = append(params,
			Param{Name: paramItemsPerPage, Description: "How many items a page has.",
				Schema: &Schema{Type: "integer", Minimum: 1, Maximum: maxItemsPerPage, Default: "100"}},
			Param{Name: paramPageNum, Description: "Number of the page, from 1.",
				Schema: &Schema{Type: "integer", Minimum: 1, Maximum: maxPageNum, Default: "1"}},
		)
	}
	return append(params, row.Query...)
}
