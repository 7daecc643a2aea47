package body

import (
	"net/http"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/wire"
)

// IntrospectRow returns the row that tells what an access token is worth (RFC
// 7662), which is ours and in no published contract. It takes what makes of a
// token's text what is asked about. A token_type_hint is not looked at: there is
// one type.
func IntrospectRow(proof func(latchkey.AccessToken) op.TokenProof) wire.Row {
	spec := wire.Spec{
		Method: http.MethodPost, Patterns: []string{"/api/oauth/introspect"}, Absolute: true,
		Generations: []wire.Generation{wire.AtlasV2}, Status: http.StatusOK, Form: true,
	}
	return wire.Bind(spec, op.IntrospectToken, func(r *wire.Request) op.IntrospectInput {
		return op.IntrospectInput{Token: proof(latchkey.AccessTokenFrom(r.FormText("token")))}
	}, encodeTokenState)
}

// encodeTokenState writes the answer of RFC 7662 section 2.2, and beside its
// members the organization and the roles of the service account, as everywhere.
func encodeTokenState(a *wire.Answer, s op.TokenState) {
	a.NoStore = true
	if !s.Active {
		a.Raw(`{"active":false}`)
		return
	}
	account := &s.Account.Principal
	a.Raw(`{"active":true,"client_id":"`)
	a.Raw(string(account.ID))
	a.Raw(`","exp":`)
	a.Int(s.Expires.Unix())
	a.Raw(`,"iat":`)
	a.Int(s.Issued.Unix())
	a.Raw(`,"iss":`)
	a.String(s.Issuer)
	a.Raw(`,"orgId":"`)
	a.Raw(string(account.OrgID))
	a.Raw(`","roles":`)
	appendRoles(a, account)
	a.Raw(`,"sub":"`)
	a.Raw(string(account.ID))
	a.Raw(`","token_type":"Bearer"}`)
}
