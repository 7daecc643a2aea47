package latchkey

import "fmt"

// Code says why a request was refused. The wire packages turn a code into the
// status, error code and text of their generation.
type Code uint8

// The reasons for which a request is refused. The comment names the parameters.
const (
	CodeInternal    Code = iota + 1 // an internal fault; no parameters
	CodeUnavailable                 // the data cannot be read or written now; no parameters

	CodeUnauthenticated    // no credential, or one that proves nothing; no parameters
	CodeStaleNonce         // a right response on a nonce of ours that is old or used; no parameters
	CodeAddressNotAllowed  // the caller's address
	CodeAccessListRequired // the caller's address

	CodeVersionNotAcceptable // no parameters
	CodeMalformedOrgID       // the id
	CodeMalformedProjectID   // the id
	CodeMalformedKeyID       // the id
	CodeMalformedClientID    // the id
	CodeMalformedSecretID    // the id
	CodeMalformedEventID     // the id
	CodeRouteNotFound        // the path
	CodeMethodNotAllowed     // the method
	CodeBodyTooLarge         // the limit in bytes
	CodeBodyTimeout          // no parameters
	CodeUnsupportedMediaType // the media type
	CodeInvalidQuery         // the parameter
	CodeRateLimited          // the path, seconds to wait, capacity, refill, seconds of a refill
	CodeAttemptsLimited      // the path, how many attempts, in how many minutes

	CodeOrganizationNotFound // the id
	CodeProjectNotFound      // the id
	CodeProjectNameNotFound  // the name
	CodeKeyNotFound          // the id
	CodeUserNotFound         // the id
	CodeEntryNotFound        // the address, the key's id
	CodeAccountNotFound      // the client id
	CodeSecretNotFound       // the id
	CodeAccountEntryNotFound // the address
	CodeEventNotFound        // the id, the project's id
	CodeOrgEventNotFound     // the id, the organization's id
	CodeEndpointSetNotFound  // the id

	CodeProjectNotReachable   // the caller has no role that reaches the project; no parameters
	CodeNotAuthorized         // the role is too weak, or dominance refuses; no parameters
	CodeNotProjectCreator     // the organization's id
	CodeAccessListNotReadable // neither the key itself nor an owner; no parameters
	CodeAccessDenied          // the caller does not hold the role that it was asked about; no parameters

	CodeLastOwner       // no parameters
	CodeCallerLockedOut // the caller's address

	CodeOrgRoleInProject     // no parameters
	CodeProjectRoleInOrg     // no parameters
	CodeGlobalRole           // no parameters
	CodeUnknownRole          // the role
	CodeMissingRoles         // no parameters
	CodeMissingOneOf         // the attributes
	CodeMissingAttribute     // the attribute
	CodeDescRequired         // no parameters
	CodeDescTooLong          // the limit in characters
	CodeInvalidProjectName   // the name
	CodeInvalidOrgName       // the name
	CodeValidation           // the message
	CodeUnknownAttribute     // the attribute
	CodeMalformedJSON        // no parameters
	CodeUnexpectedJSON       // another kind of JSON value than asked for; no parameters
	CodeUnexpectedJSONMember // the attribute

	CodeKeyAlreadyInProject // the key's id, the project's id
	CodeAccountInProject    // the message
	CodeTooManyKeys         // the limit, the organization's id
	CodeTooManyAccounts     // the limit, the organization's id
	CodeProjectNameTaken    // the name
	CodeAddressExists       // the address
	CodeDuplicateAddresses  // no parameters
	CodeAddressNotListable  // the address
	CodeInvalidAddress      // the address
	CodeAddressAndBlock     // both an address and a block; no parameters

	codeCount
)

// Codes yields every code, for tables that must cover them all.
func Codes() []Code {
	all := make([]Code, 0, codeCount-1)
	for c := CodeInternal; c < codeCount; c++ {
		all = append(all, c)
	}
	return all
}

// FieldViolation names one member of a body and what is wrong with it.
type FieldViolation struct {
	Field       string
	Description string
}

// Error is a refusal: nothing was changed, and the caller is told why.
type Error struct {
	Code   Code
	Params []any            // strings or ints, as listed beside the code
	Fields []FieldViolation // members that broke a rule, if any
	Reason string           // for the log and a header of ours; never part of the published body
}

// Refuse returns the refusal with that code and those parameters.
func Refuse(code Code, params ...any) *Error { return &Error{Code: code, Params: params} }

// Because returns e with a reason for the operator.
func (e *Error) Because(format string, args ...any) *Error {
	c := *e
	c.Reason = fmt.Sprintf(format, args...)
	return &c
}

// In returns e with violations of members of the body.
func (e *Error) In(fields ...FieldViolation) *Error {
	c := *e
	c.Fields = fields
	return &c
}

// Error describes the refusal for a log.
func (e *Error) Error() string {
	s := fmt.Sprintf("refused (code %d) %q", e.Code, e.Params)
	if e.Reason != "" {
		s += ": " + e.Reason
	}
	return s
}
