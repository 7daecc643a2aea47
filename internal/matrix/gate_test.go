package matrix

import (
	"fmt"
	"strings"

	"github.com/latchkey/latchkey/internal/published"
)

// want is the answer that a cell must give.
type want struct {
	status int
	code   string // "" for a success
	params string // printed
}

func (w want) String() string {
	return strings.TrimSpace(fmt.Sprintf("%d %s %s", w.status, w.code, w.params))
}

func refusal(status int, code string, params ...any) want {
	return want{status, code, fmt.Sprintf("%v", params)}
}

// success is the published success of an operation.
func success(o published.Operation) want { return want{status: o.Answers[0].Status} }

// challenge is the answer to callers that prove nothing. Its body has no parameters.
var challenge = refusal(401, "UNEXPECTED_ERROR")

// badToken is the answer to tokens that prove nothing: no body at all.
var badToken = want{status: 401}

// alreadyIn is the answer to inviting an account that is in the project.
func alreadyIn(account, project string) want {
	return refusal(409, "VALIDATION_ERROR", fmt.Sprintf("service account %s is already in group %s", account, project))
}

var unauthorized = refusal(401, "USER_UNAUTHORIZED")

// gate says what the published rule of an operation answers to a caller, from
// the rule and the caller's roles alone; false when it lets the caller in.
// Self says whether the key of the path is the caller.
func gate(o published.Operation, caller holdings, org, project string, self bool) (want, bool) {
	needed := named(o.Rule.Roles...)
	held := caller.inOrg()
	switch o.Rule.Kind {
	case published.AnyCaller, published.Unauthenticated, published.ByNameRule:
		return want{}, false
	case published.AccessListRule:
		return refusal(401, "API_KEY_ACCESS_LIST_ACCESS_DENIED"), !self && held&needed == 0
	case published.ProjectCreatorRule:
		return refusal(401, "NOT_ORG_GROUP_CREATOR", org), held&needed == 0
	case published.NeedsRole:
		if o.Scope() == published.ScopeProject {
			reach := caller.inProject(project)
			if reach == 0 {
				return unreachable(o), true
			}
			held |= reach
		}
		return unauthorized, held&needed == 0
	}
	panic("no expectation for the rule " + o.Rule.Kind.String() + " of " + o.ID)
}

func unreachable(o published.Operation) want {
	if o.Base == published.BaseV2 {
		return refusal(401, "USER_CANNOT_ACCESS_GROUP")
	}
	return refusal(401, "NOT_IN_GROUP")
}

// malformed is the answer to an id that is none. Without a code of its own it
// is the same on every generation.
func malformed(o published.Operation, code, id, path string) want {
	if o.Base == published.BaseV2 || code == "" {
		return refusal(400, "PATH_PARAM_PARSE_ERROR", path)
	}
	return refusal(404, code, id)
}
