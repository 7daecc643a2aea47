package wire

import "github.com/latchkey/latchkey"

// paramSource says where the parameters of an answer come from.
type paramSource uint8

const (
	fromError paramSource = iota // those of the domain's error
	fromPath                     // the request's path alone
	noParams                     // none, whatever the domain's error has
)

// saying is how a refusal is said.
type saying struct {
	status    int
	errorCode string
	template  string
	params    paramSource
}

// wireParams returns the parameters of the answer; never nil.
func (s saying) wireParams(ofError []any, requestPath string) []any {
	switch {
	case s.params == fromPath:
		return []any{requestPath}
	case s.params == noParams || ofError == nil:
		return []any{}
	}
	return ofError
}

// problemRow is one code: how v2 says it, and how both v1.0 bases say it when
// that differs (nil: the same).
type problemRow struct {
	saying
	v1   *saying
	ours bool // the name is our own: the real service was never seen to answer this
}

func (r problemRow) on(g Generation) saying {
	if g != AtlasV2 && r.v1 != nil {
		return *r.v1
	}
	return r.saying
}

// problemOf returns the code's row, or that of an internal fault.
func problemOf(c latchkey.Code) problemRow {
	if int(c) < len(problemTable) && problemTable[c].status != 0 {
		return problemTable[c]
	}
	return problemTable[latchkey.CodeInternal]
}

func same(status int, errorCode, template string) problemRow {
	return problemRow{saying: saying{status: status, errorCode: errorCode, template: template}}
}

func ours(status int, errorCode, template string) problemRow {
	r := same(status, errorCode, template)
	r.ours = true
	return r
}

func malformedID(errorCode, template string) problemRow {
	return problemRow{
		saying: saying{400, "PATH_PARAM_PARSE_ERROR", "One or more path parameter in the request URI %s is malformed.", fromPath},
		v1:     &saying{404, errorCode, template, fromError},
	}
}

// malformedPath is an id that no error of the older generations knows.
func malformedPath() problemRow {
	r := malformedID("", "")
	r.v1 = nil
	return r
}

// problemTable says every code on every generation. Names and templates are
// those of the published error tables, with "access list" where the older
// ones say "whitelist": that is what the wire says today, on both generations.
var problemTable = [...]problemRow{
	latchkey.CodeInternal:    same(500, "UNEXPECTED_ERROR", "Unexpected error."),
	latchkey.CodeUnavailable: same(503, "SERVICE_UNAVAILABLE", "The service is temporarily unavailable. Please try again."),

	latchkey.CodeUnauthenticated:    same(401, "UNEXPECTED_ERROR", "You are not authorized for this resource."),
	latchkey.CodeStaleNonce:         same(401, "UNEXPECTED_ERROR", "You are not authorized for this resource."),
	latchkey.CodeAddressNotAllowed:  same(403, "IP_ADDRESS_NOT_ON_ACCESS_LIST", "IP address %s is not allowed to access this resource."),
	latchkey.CodeAccessListRequired: same(403, "ORG_REQUIRES_ACCESS_LIST", "This organization requires access through an access list of ip ranges."),

	latchkey.CodeVersionNotAcceptable: same(406, "INVALID_VERSION_DATE", "Invalid accept header or version date."),
	latchkey.CodeMalformedOrgID:       malformedID("INVALID_ORG_ID", "An invalid organization ID %s was specified."),
	latchkey.CodeMalformedProjectID:   malformedID("INVALID_GROUP_ID", "An invalid group ID %s was specified."),
	latchkey.CodeMalformedKeyID:       malformedID("INVALID_KEY_ID", "An invalid key ID %s was specified."),
	latchkey.CodeMalformedClientID:    malformedPath(),
	latchkey.CodeMalformedSecretID:    malformedPath(),
	latchkey.CodeMalformedEventID:     malformedPath(),
	latchkey.CodeRouteNotFound: {
		saying: saying{404, "RESOURCE_NOT_FOUND", "Cannot find resource %s.", fromPath},
	},
	latchkey.CodeMethodNotAllowed:     ours(405, "METHOD_NOT_ALLOWED", "The method %s is not allowed for this resource."),
	latchkey.CodeBodyTooLarge:         ours(413, "REQUEST_TOO_LARGE", "The body of the request is larger than %d bytes."),
	latchkey.CodeBodyTimeout:          ours(408, "REQUEST_TIMEOUT", "The body of the request did not arrive in time."),
	latchkey.CodeUnsupportedMediaType: ours(415, "UNSUPPORTED_MEDIA_TYPE", "The content type %s is not supported."),
	latchkey.CodeInvalidQuery:         same(400, "INVALID_QUERY_PARAMETER", "Invalid query parameter %s specified."),
	latchkey.CodeRateLimited: same(429, "RATE_LIMITED_TOKEN_BUCKET",
		"Rate limit exceeded for %s. Please retry after %d seconds. Request capacity: %d. Refill rate: %d per %d seconds."),
	latchkey.CodeAttemptsLimited: same(429, "RATE_LIMITED", "Resource %s is limited to %d requests every %d minutes."),

	latchkey.CodeOrganizationNotFound: same(404, "ORG_NOT_FOUND", "No organization with ID %s exists."),
	latchkey.CodeProjectNotFound:      same(404, "GROUP_NOT_FOUND", "No group with ID %s exists."),
	latchkey.CodeProjectNameNotFound:  same(404, "GROUP_NAME_NOT_FOUND", `No group with name "%s" exists.`),
	latchkey.CodeKeyNotFound:          same(400, "API_KEY_NOT_FOUND", "No API key with ID %s exists."),
	latchkey.CodeUserNotFound:         same(404, "USER_NOT_FOUND", "No user with ID %s exists."),
	latchkey.CodeEntryNotFound:        same(404, "API_KEY_ACCESS_LIST_NOT_FOUND", "IP address %s not on access list for API key %s."),
	latchkey.CodeAccountNotFound:      same(404, "RESOURCE_NOT_FOUND", "Cannot find resource %s."),
	latchkey.CodeSecretNotFound:       same(404, "RESOURCE_NOT_FOUND", "Cannot find resource %s."),
	latchkey.CodeAccountEntryNotFound: same(404, "RESOURCE_NOT_FOUND", "Cannot find resource %s."),
	latchkey.CodeEventNotFound:        same(404, "EVENT_NOT_FOUND", "No event with ID %s exists in group %s."),
	latchkey.CodeOrgEventNotFound:     same(404, "ORG_EVENT_NOT_FOUND", "No event with ID %s exists in organization %s."),
	latchkey.CodeEndpointSetNotFound:  same(404, "RESOURCE_NOT_FOUND", "Cannot find resource %s."),

	latchkey.CodeProjectNotReachable: {
		saying: saying{401, "USER_CANNOT_ACCESS_GROUP", "User cannot access this group.", noParams},
		v1:     &saying{401, "NOT_IN_GROUP", "The current user is not in the group, or the group does not exist.", noParams},
	},
	latchkey.CodeNotAuthorized: same(401, "USER_UNAUTHORIZED", "Current user is not authorized to perform this action."),
	latchkey.CodeNotProjectCreator: same(401, "NOT_ORG_GROUP_CREATOR",
		"The currently logged in user does not have the project creator role in organization %s."),
	latchkey.CodeAccessListNotReadable: same(401, "API_KEY_ACCESS_LIST_ACCESS_DENIED",
		"API key access lists are only accessible by the API key or by a user administrator."),
	latchkey.CodeAccessDenied: ours(403, "ACCESS_DENIED", "The caller does not hold the role that was asked for."),

	latchkey.CodeLastOwner:       same(403, "CANNOT_DEMOTE_LAST_ORG_OWNER", "Cannot demote the last owner of the organization."),
	latchkey.CodeCallerLockedOut: same(400, "CANNOT_REMOVE_CALLER_FROM_ACCESS_LIST", "Cannot remove caller's IP address %s from access list."),

	latchkey.CodeOrgRoleInProject:     same(400, "CANNOT_ADD_ORG_ROLE", "Adding an organization-level role in a group is not supported."),
	latchkey.CodeProjectRoleInOrg:     same(400, "CANNOT_ADD_GROUP_ROLE", "Adding a group-level role in an organization is not supported."),
	latchkey.CodeGlobalRole:           same(403, "CANNOT_ADD_GLOBAL_ROLE", "Adding a global role is not supported."),
	latchkey.CodeUnknownRole:          same(400, "INVALID_ENUM_VALUE", "An invalid enumeration value %s was specified."),
	latchkey.CodeMissingRoles:         same(400, "MISSING_API_KEY_ROLES", "API keys must have at least one role."),
	latchkey.CodeMissingOneOf:         same(400, "MISSING_ONE_OF_ATTRIBUTES", "Either the %s attribute or the %s attribute must be specified."),
	latchkey.CodeMissingAttribute:     same(400, "MISSING_ATTRIBUTE", "The required attribute %s was not specified."),
	latchkey.CodeDescRequired:         same(400, "API_KEY_REQUIRES_DESCRIPTION", "All API keys require a non-empty description."),
	latchkey.CodeDescTooLong:          same(400, "INVALID_API_KEY_DESC", "API key descriptions are required and must be less than %d characters."),
	latchkey.CodeInvalidProjectName:   same(400, "INVALID_GROUP_NAME", `An invalid group name "%s" was specified.`),
	latchkey.CodeInvalidOrgName:       same(400, "INVALID_ORG_NAME", `An invalid org name "%s" was specified.`),
	latchkey.CodeValidation:           same(400, "VALIDATION_ERROR", "The request content produced the validation error: %s."),
	latchkey.CodeUnknownAttribute:     same(400, "INVALID_ATTRIBUTE", "Invalid attribute %s specified."),
	latchkey.CodeMalformedJSON:        same(400, "MALFORMED_JSON", "Received JSON is malformed."),
	latchkey.CodeUnexpectedJSON:       same(400, "INVALID_JSON", "Received JSON does not match expected format."),
	latchkey.CodeUnexpectedJSONMember: same(400, "INVALID_JSON_ATTRIBUTE", "Received JSON for the %s attribute does not match expected format."),

	latchkey.CodeKeyAlreadyInProject: same(409, "API_KEY_ALREADY_IN_GROUP", "API key with ID %s is already in group %s."),
	latchkey.CodeTooManyKeys: same(400, "MAX_API_KEYS_PER_ORG_EXCEEDED",
		"Maximum number of API keys per org %s in %s exceeded while trying to add API keys."),
	latchkey.CodeAccountInProject: same(409, "VALIDATION_ERROR", "The request content produced the validation error: %s."),
	latchkey.CodeTooManyAccounts: same(400, "MAX_SERVICE_ACCOUNTS_PER_ORG_EXCEEDED",
		"Maximum number of service accounts per org %s in %s exceeded while trying to add service accounts."),
	latchkey.CodeProjectNameTaken:   same(409, "GROUP_ALREADY_EXISTS", `A group with name "%s" already exists.`),
	latchkey.CodeAddressExists:      same(409, "ADDRESS_ALREADY_IN_ACCESS_LIST", "The address %s is already on the access list."),
	latchkey.CodeDuplicateAddresses: same(400, "DUPLICATE_ADDRESSES_IN_INPUT", "Two or more of the addresses being added to the access list are the same."),
	latchkey.CodeAddressNotListable: same(400, "CANNOT_ADD_IP_ADDRESS_TO_API_KEY_ACCESS_LIST", "The address %s cannot be added to access lists."),
	latchkey.CodeInvalidAddress:     same(400, "INVALID_IP_ADDRESS_OR_CIDR_NOTATION", "The address %s must be in valid IP address or CIDR notation."),
	latchkey.CodeAddressAndBlock:    same(400, "BAD_ACCESS_LIST_ADD_REQUEST", "Should not specify both the IP address and the CIDR block."),
}
