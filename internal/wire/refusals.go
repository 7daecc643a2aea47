package wire

import (
	"fmt"
	"slices"
	"strings"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/policy"
)

// Codes returns every refusal that a caller of the row may get on the
// generation, in the order of the codes. They follow from what is declared:
// the parts of a request that are read, the rule, and what members of the body
// say of themselves. What no row answers is not among them: unknown routes and
// methods, and what the HTTP server itself refuses.
func (row *Row) Codes(g Generation) []latchkey.Code {
	codes := []latchkey.Code{latchkey.CodeInternal, latchkey.CodeInvalidQuery, latchkey.CodeAddressNotAllowed}
	if g.Versioned() && !row.Absolute {
		codes = append(codes, latchkey.CodeVersionNotAcceptable)
	}
	if !row.Open {
		codes = append(codes, latchkey.CodeUnauthenticated, latchkey.CodeUnavailable, latchkey.CodeAccessListRequired)
		codes = append(codes, row.ruleCodes()...)
	}
	if set, _ := row.EndpointSet(); set.ID != "" {
		codes = append(codes, latchkey.CodeRateLimited)
	}
	for _, pattern := range row.Patterns {
		for _, p := range PathParams(pattern) {
			codes = append(codes, p.Codes...)
		}
	}
	for _, p := range row.Query {
		codes = append(codes, p.Codes...)
	}
	if row.Body != nil {
		codes = append(codes, row.Body.codes()...)
	}
	if row.Op.Changes {
		codes = append(codes, latchkey.CodeStaleNonce)
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

// ruleCodes are the refusals of the operation's rule, and those of changes to
// what the rule guards.
func (row *Row) ruleCodes() []latchkey.Code {
	var codes []latchkey.Code
	switch row.Op.Rule.Gate {
	case policy.GateOrganization:
		codes = append(codes, latchkey.CodeNotAuthorized)
		if row.Op.Changes && row.endsIn("{apiUserId}", "{clientId}") {
			codes = append(codes, latchkey.CodeLastOwner)
		}
		if row.has("{groupId}") {
			codes = append(codes, latchkey.CodeProjectNotReachable)
		}
	case policy.GateProject:
		codes = append(codes, latchkey.CodeProjectNotReachable, latchkey.CodeNotAuthorized)
	case policy.GateProjectCreator:
		codes = append(codes, latchkey.CodeNotProjectCreator)
	case policy.GateAccessList:
		codes = append(codes, latchkey.CodeAccessListNotReadable)
		if row.Op.Changes {
			codes = append(codes, latchkey.CodeNotAuthorized, latchkey.CodeCallerLockedOut)
		}
	}
	if row.Op.Changes && row.has("{clientId}/accessList") {
		codes = append(codes, latchkey.CodeCallerLockedOut)
	}
	return codes
}

// has reports whether the row's path has the part.
func (row *Row) has(part string) bool { return strings.Contains(row.Patterns[0], part) }

// endsIn reports whether the row's path ends in one of the parts.
func (row *Row) endsIn(parts ...string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return strings.HasSuffix(row.Patterns[0], part) })
}

func (b *Body) codes() []latchkey.Code {
	codes := append([]latchkey.Code{
		latchkey.CodeUnsupportedMediaType, latchkey.CodeBodyTooLarge, latchkey.CodeBodyTimeout,
		latchkey.CodeMalformedJSON, latchkey.CodeUnexpectedJSON, latchkey.CodeUnexpectedJSONMember,
		latchkey.CodeUnknownAttribute, latchkey.CodeValidation,
	}, b.Codes...)
	if len(b.Required) > 0 {
		codes = append(codes, latchkey.CodeMissingAttribute)
	}
	if len(b.AnyOf) > 0 {
		codes = append(codes, latchkey.CodeMissingOneOf)
	}
	for _, m := range b.Members {
		codes = append(codes, m.Codes...)
	}
	return codes
}

// Refusals returns how the generation says each of the row's codes, in the
// order of the statuses, and of the codes in each.
func (row *Row) Refusals(g Generation) []Description {
	codes := row.Codes(g)
	all := make([]Description, len(codes))
	for i, c := range codes {
		all[i] = describe(c, g)
	}
	slices.SortStableFunc(all, func(a, b Description) int { return a.Status - b.Status })
	return all
}

// RoleNeeded says in words who may call the row.
func (row *Row) RoleNeeded() string {
	rule := row.Op.Rule
	role := fmt.Sprintf("%s (%s)", policy.DisplayName(rule.Role), rule.Role)
	switch {
	case row.Open:
		return "no credentials"
	case rule.Gate == policy.GateOrganization:
		return role + " in the organization"
	case rule.Gate == policy.GateProject:
		return role + " in the project"
	case rule.Gate == policy.GateProjectCreator:
		return role + " in the caller's organization"
	case rule.Gate == policy.GateAccessList:
		return "the key itself, or " + role + " in the organization"
	}
	return "any authenticated caller, who sees only what is its own"
}
