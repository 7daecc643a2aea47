package wire

import (
	"net/http"
	"strings"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/op"
)

// checkPath is where a reverse proxy asks whether it may let a request through
// to a service of somebody's own.
const checkPath = "/api/latchkey/v1/check"

// CheckRows returns the rows of the check call, which is ours and in no
// published contract: one for each method, for some proxies ask with that of
// the request that they ask about.
func CheckRows() []Row {
	var rows []Row
	for _, method := range []string{
		http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
	} {
		rows = append(rows, Row{
			Spec: Spec{Method: method, Patterns: []string{checkPath}, Absolute: true, Generations: []Generation{AtlasV2}, Status: http.StatusNoContent},
			Op:   op.CheckAccess.Info, serve: serveCheck,
		})
	}
	return rows
}

// serveCheck answers 204 when the original request proves that its caller
// holds the role, with the caller in headers.
func serveCheck(s *Server, x *exchange) {
	own, inQuery := originalIn(x.r.URL.RawQuery)
	x.query, x.queryFault = ParseQuery(own)
	x.pretty, x.envelope = false, false // the original request may have such parameters, too
	method, target, refusal := s.proxies.original(x.r, inQuery)
	if refusal != nil {
		x.drain()
		x.refuse(refusal)
		return
	}
	// From here on the request is the one that the credentials are for.
	original := *x.r
	original.Method, original.RequestURI = method, target
	x.r = &original
	proof, suspect, ok := x.authenticate()
	if !ok {
		return
	}
	req := x.read()
	req.Refuse(op.RankPath, x.queryFault) // before what a query that was not split lacks
	in := decodeCheck(req)
	x.call = op.Call{Proof: proof, Address: x.addr, Suspect: suspect, Refusal: req.refusal}
	check := op.CheckAccess
	if proof.Nonce != "" && !isRead(method) {
		check = op.CheckAccessOnce
	}
	access, err := op.Do(x.context(), s.service, check, &x.call, in)
	if err != nil {
		x.refuse(err)
		return
	}
	tellAccess(x.w.Header(), &access)
	x.answered(http.StatusNoContent)
}

// isRead reports whether a request with the method changes nothing (RFC 9110
// section 9.2.1), so that doing it again is no harm.
func isRead(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// decodeCheck reads the role, and where it is asked for: exactly one of
// groupId, which asks for a role in a project, and orgId.
func decodeCheck(req *Request) (in op.CheckInput) {
	// A refusal comes before the verdict: without its parameters there is none.
	text := func(name string) (string, bool) {
		value, given, err := req.Query.Single(name)
		req.Refuse(op.RankPath, err)
		return value, given
	}
	project, inProject := text("groupId")
	org, inOrg := text("orgId")
	role, _ := text("role")
	level := latchkey.LevelProject
	wrong := func(name string) { req.Refuse(op.RankPath, latchkey.Refuse(latchkey.CodeInvalidQuery, name)) }
	switch {
	case inProject == inOrg:
		req.Refuse(op.RankPath, latchkey.Refuse(latchkey.CodeMissingOneOf, "groupId", "orgId"))
	case inProject:
		var ok bool
		if in.Project, ok = latchkey.ParseID[latchkey.ProjectID](project); !ok {
			wrong("groupId")
		}
	default:
		level = latchkey.LevelOrganization
		var ok bool
		if in.Org, ok = latchkey.ParseID[latchkey.OrgID](org); !ok {
			wrong("orgId")
		}
	}
	var known bool
	if in.Role, known = latchkey.ParseRole(role); !known || in.Role.Level() != level {
		wrong("role")
	}
	return in
}

// tellAccess sets the headers that the proxy may pass on to the service. Ids,
// public keys and names of roles need no escaping. All are always there, if
// empty: a header that is not would leave what the client sent in its place.
func tellAccess(h http.Header, a *op.Access) {
	kind := "apiKey"
	if a.Principal.IsAccount() {
		kind = "serviceAccount"
	}
	h["Cache-Control"] = noStore
	h["X-Latchkey-Kind"] = []string{kind}
	h["X-Latchkey-Organization"] = []string{string(a.Org)}
	h["X-Latchkey-Principal"] = []string{string(a.Principal)}
	h["X-Latchkey-Public-Key"] = []string{string(a.PublicKey)}
	h["X-Latchkey-Roles"] = []string{strings.Join(a.Roles.Names(), ",")}
}
