package server

import (
	"errors"
	"net/http"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/auth"
	"github.com/latchkey/latchkey/internal/auth/oauth"
	"github.com/latchkey/latchkey/internal/metrics"
	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/wire"
)

// Where service accounts get tokens and give them back.
const (
	tokenPath  = "/api/oauth/token"
	revokePath = "/api/oauth/revoke"
)

// tokenEndpoint issues tokens to service accounts (RFC 6749 section 4.4) and
// revokes them (RFC 7009). Nothing is written when a token is issued.
type tokenEndpoint struct {
	service *op.Service
	auth    *auth.Authenticator
	limit   *attemptLimit // nil when wrong credentials may come as fast as they like
	metrics *metrics.Metrics
}

// oauthError is a refusal as OAuth 2 says it (RFC 6749 section 5.2), with the
// published texts.
type oauthError struct {
	status            int
	code, description string
}

var (
	errInvalidRequest   = oauthError{http.StatusBadRequest, "invalid_request", "The provided credentials are not valid."}
	errUnsupportedGrant = oauthError{http.StatusBadRequest, "unsupported_grant_type", "Invalid grant type."}
	errInvalidClient    = oauthError{http.StatusUnauthorized, "invalid_client", "Invalid credentials provided."}
	errServerError      = oauthError{http.StatusInternalServerError, "server_error", "Unexpected error."}
)

// issue answers a request for a token.
func (e *tokenEndpoint) issue(p *wire.Plain) {
	r, ok := e.read(p)
	if !ok {
		return
	}
	switch r.Grant {
	case "client_credentials":
	case "":
		refuseOAuth(p, errInvalidRequest)
		return
	default:
		refuseOAuth(p, errUnsupportedGrant)
		return
	}
	cred, now, err := e.service.ClientCredential(p.Request().Context(), e.auth.ClientProof(r.Client), p.Address())
	if err != nil {
		e.refuseClient(p, err)
		return
	}
	p.Authenticated(cred.Caller.ID)
	token, seconds, err := e.auth.IssueToken(&cred, now)
	if err != nil {
		e.refuseClient(p, err)
		return
	}
	e.metrics.TokenIssued()
	body := wire.AppendString([]byte(`{"access_token":`), token.Reveal())
	body = wire.AppendInt(append(body, `,"expires_in":`...), seconds)
	p.Answer(http.StatusOK, append(body, `,"token_type":"Bearer"}`...))
}

// revoke answers a request to make a token void: the same whether the token was
// the client's, somebody else's or none at all (RFC 7009 section 2.2).
func (e *tokenEndpoint) revoke(p *wire.Plain) {
	r, ok := e.read(p)
	if !ok {
		return
	}
	if r.Token.Reveal() == "" {
		refuseOAuth(p, errInvalidRequest)
		return
	}
	token, _ := e.auth.ReadToken(r.Token) // what is no token of ours was issued to nobody
	account, err := e.service.RevokeToken(p.Request().Context(), e.auth.ClientProof(r.Client), p.Address(), token)
	if err != nil {
		e.refuseClient(p, err)
		return
	}
	p.Authenticated(account)
	p.Answer(http.StatusOK, nil)
}

// read reads a request. It returns false when the request is answered.
func (e *tokenEndpoint) read(p *wire.Plain) (r oauth.Request, ok bool) {
	h := p.AnswerHeader()
	h["Cache-Control"] = []string{"no-store"} // RFC 6749 section 5.1
	h["Pragma"] = []string{"no-cache"}
	if err := p.Pace(); err != nil {
		p.Refuse(err)
		return r, false
	}
	body, refusal := p.Body()
	switch {
	case refusal == nil:
	case refusal.Code == latchkey.CodeBodyTooLarge, refusal.Code == latchkey.CodeBodyTimeout:
		p.Refuse(refusal)
		return r, false
	default:
		refuseOAuth(p, errInvalidRequest)
		return r, false
	}
	header := p.Request().Header
	r, err := oauth.Parse(header["Authorization"], header["Content-Type"], body)
	if err != nil {
		refuseOAuth(p, errInvalidRequest)
		return r, false
	}
	return r, true
}

// refuseClient answers what came of a client's credentials.
func (e *tokenEndpoint) refuseClient(p *wire.Plain, err error) {
	var refusal *latchkey.Error
	if !errors.As(err, &refusal) {
		refusal = latchkey.Refuse(latchkey.CodeInternal).Because("%v", err)
	}
	switch refusal.Code {
	case latchkey.CodeUnauthenticated:
		p.Failed()
		if limited := e.limit.wrong(p); limited != nil {
			p.Refuse(limited)
			return
		}
		p.AnswerHeader()["Www-Authenticate"] = []string{`Basic realm="MMS Public API"`}
		refuseOAuth(p, errInvalidClient)
	case latchkey.CodeInternal:
		p.LogRefusal(refusal)
		answerOAuth(p, errServerError)
	default:
		p.Refuse(refusal)
	}
}

// refuseOAuth logs the refusal of a request that anybody can send, and answers it.
func refuseOAuth(p *wire.Plain, e oauthError) {
	p.LogRefusal(latchkey.Refuse(latchkey.CodeUnauthenticated).Because("%s", e.code))
	answerOAuth(p, e)
}

func answerOAuth(p *wire.Plain, e oauthError) {
	body := wire.AppendString([]byte(`{"error_description":`), e.description)
	body = wire.AppendString(append(body, `,"error":`...), e.code)
	p.AnswerError(e.status, e.code, append(body, '}'))
}
