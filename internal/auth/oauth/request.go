package oauth

import (
	"encoding/base64"
	"errors"
	"mime"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/latchkey/latchkey"
)

// ErrMalformed is returned for a request that offers no credentials, does so in
// two ways, or does not read well (RFC 6749 section 5.2, invalid_request).
var ErrMalformed = errors.New("the request is malformed")

// maxParams is how many parameters a form may have.
const maxParams = 32

// Client is who asks the token endpoint, as it offers itself.
type Client struct {
	ID     string                // as it was sent: of whatever form
	Secret latchkey.ClientSecret // zero when what was sent cannot be a secret
}

// Request is a request of the token endpoint.
type Request struct {
	Client Client
	Grant  string               // the grant type that a token is asked for with; "" if none is named
	Token  latchkey.AccessToken // that is to be revoked; of no text if none is named
}

// Parse reads the request from its Authorization and Content-Type headers and
// its body. Credentials are either in the header (HTTP Basic, both parts
// form-encoded first, RFC 6749 section 2.3.1) or in the form. It returns
// ErrMalformed.
func Parse(authorization, contentType []string, body []byte) (Request, error) {
	if len(authorization) > 1 || len(contentType) != 1 {
		return Request{}, ErrMalformed
	}
	media, _, err := mime.ParseMediaType(contentType[0])
	if err != nil || media != "application/x-www-form-urlencoded" {
		return Request{}, ErrMalformed
	}
	form, err := parseForm(string(body))
	if err != nil {
		return Request{}, err
	}
	id, secret := form["client_id"], form["client_secret"]
	if len(authorization) == 1 {
		if id != "" || secret != "" {
			return Request{}, ErrMalformed
		}
		if id, secret, err = parseBasic(authorization[0]); err != nil {
			return Request{}, err
		}
	}
	if id == "" || secret == "" {
		return Request{}, ErrMalformed
	}
	r := Request{Client: Client{ID: id}, Grant: form["grant_type"], Token: latchkey.AccessTokenFrom(form["token"])}
	r.Client.Secret, _ = latchkey.ParseClientSecret(secret)
	return r, nil
}

// parseForm reads a form. A parameter that is there twice is malformed; one
// without a value counts as left out (RFC 6749 section 3.2).
func parseForm(body string) (map[string]string, error) {
	form := make(map[string]string)
	for part := range strings.SplitSeq(body, "&") {
		if part == "" {
			continue
		}
		rawName, rawValue, _ := strings.Cut(part, "=")
		name, ok := formText(rawName)
		value, ok2 := formText(rawValue)
		_, twice := form[name]
		if !ok || !ok2 || twice || len(form) == maxParams {
			return nil, ErrMalformed
		}
		form[name] = value
	}
	return form, nil
}

// parseBasic reads the credentials of the scheme Basic (RFC 7617).
func parseBasic(header string) (id, secret string, err error) {
	rest, ok := cutScheme(header, "Basic")
	if !ok || len(rest) < 2 || rest[0] != ' ' || strings.ContainsAny(rest, "\r\n") {
		return "", "", ErrMalformed
	}
	pair, err := base64.StdEncoding.Strict().DecodeString(rest[1:])
	if err != nil {
		return "", "", ErrMalformed
	}
	rawID, rawSecret, colon := strings.Cut(string(pair), ":")
	id, ok = formText(rawID)
	secret, ok2 := formText(rawSecret)
	if !colon || !ok || !ok2 {
		return "", "", ErrMalformed
	}
	return id, secret, nil
}

// formText decodes one name or value. It returns false for escapes that are
// none, text that is not UTF-8, and U+0000.
func formText(raw string) (string, bool) {
	text, err := url.QueryUnescape(raw)
	return text, err == nil && utf8.ValidString(text) && strings.IndexByte(text, 0) < 0
}
