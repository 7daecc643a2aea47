package openapitest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Validate compares an answer with the document of the generation that was
// asked. The body is the whole body as it was received; resp.Body is not read.
// Nil means that the status is documented for the operation, the media type is
// the documented one, the body fits its schema without a further member, and
// the code of a refusal is among those documented for it.
//
// Unknown paths and methods must be refused as the documents say. Not judged
// are paths that are not below /api, those of OAuth 2, which are in no document,
// and requests that are no good HTTP, which the HTTP server refuses before any
// handler sees them.
func (v *Validator) Validate(req *http.Request, resp *http.Response, body []byte) error {
	if !strings.HasPrefix(req.URL.Path, "/api") || strings.HasPrefix(req.URL.Path, "/api/oauth/") || refusedUnseen(resp) {
		return nil
	}
	a, err := readAnswer(req, resp, body)
	if err != nil {
		return err
	}
	route, found := v.find(req.URL.EscapedPath())
	if !found {
		return a.refusedAs(v.routes[0].apiError, http.StatusNotFound, "RESOURCE_NOT_FOUND")
	}
	operation := route.item.GetOperation(req.Method)
	if operation == nil {
		if resp.Header.Get("Allow") == "" {
			return errors.New("405 without Allow")
		}
		return a.refusedAs(route.apiError, http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED")
	}
	if err := a.fits(operation); err != nil {
		return fmt.Errorf("%s: %w", operation.OperationID, err)
	}
	return nil
}

// refusedUnseen reports whether no handler saw the request: every handler
// below /api begins with the header of the service's version.
func refusedUnseen(resp *http.Response) bool {
	return (resp.StatusCode == http.StatusBadRequest || resp.StatusCode == http.StatusRequestHeaderFieldsTooLarge) &&
		resp.Header.Get("X-Mongodb-Service-Version") == "" && strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain")
}

// Operation returns the name of the operation that a request is for, and ""
// when no document has it.
func (v *Validator) Operation(req *http.Request) string {
	route, found := v.find(req.URL.EscapedPath())
	if !found {
		return ""
	}
	if o := route.item.GetOperation(req.Method); o != nil {
		name, _ := o.Extensions["x-latchkey-operation"].(string)
		return name
	}
	return ""
}

// answer is what is judged.
type answer struct {
	status int
	header http.Header
	body   []byte // decompressed, out of its envelope
	head   bool   // whether the request was a HEAD, which gets no body
}

func readAnswer(req *http.Request, resp *http.Response, body []byte) (answer, error) {
	a := answer{resp.StatusCode, resp.Header, body, req.Method == http.MethodHead}
	if resp.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return a, fmt.Errorf("gzip: %w", err)
		}
		if a.body, err = io.ReadAll(z); err != nil {
			return a, fmt.Errorf("gzip: %w", err)
		}
	}
	challenged := resp.Header.Get("Www-Authenticate") != ""
	if len(a.body) > 0 && isJSON(resp.Header) && !challenged && asksForEnvelope(req.URL.RawQuery) {
		return a, a.open()
	}
	return a, nil
}

func isJSON(h http.Header) bool {
	mediaType, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	return strings.HasSuffix(mediaType, "json")
}

// asksForEnvelope reports whether a query asks for an envelope. One that the
// server cannot read asks for none.
func asksForEnvelope(rawQuery string) bool {
	values, err := url.ParseQuery(rawQuery)
	return err == nil && len(values["envelope"]) == 1 && strings.EqualFold(values["envelope"][0], "true")
}

// open takes the envelope off the body.
func (a *answer) open() error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(a.body, &members); err != nil {
		return fmt.Errorf("envelope: %w", err)
	}
	if got := string(members["status"]); got != strconv.Itoa(a.status) {
		return fmt.Errorf("envelope: status %q, want %d", got, a.status)
	}
	if _, isList := members["results"]; isList {
		delete(members, "status")
		var err error
		a.body, err = json.Marshal(members)
		return err
	}
	if len(members) != 2 || members["content"] == nil {
		return errors.New("envelope: want content and status, and nothing else")
	}
	a.body = members["content"]
	return nil
}

// fits compares the answer with what is documented for the operation.
func (a *answer) fits(o *openapi3.Operation) error {
	ref := o.Responses.Status(a.status)
	if ref == nil {
		return fmt.Errorf("status %d is not documented", a.status)
	}
	for name, header := range ref.Value.Headers {
		if header.Value.Required && a.header.Get(name) == "" {
			return fmt.Errorf("status %d without the header %s", a.status, name)
		}
	}
	if len(ref.Value.Content) == 0 {
		if len(a.body) > 0 {
			return fmt.Errorf("status %d with a body", a.status)
		}
		return nil
	}
	if a.challengesToken() {
		return nil
	}
	contentType := a.header.Get("Content-Type")
	content := ref.Value.Content.Get(contentType)
	if content == nil {
		return fmt.Errorf("status %d: media type %q is not documented", a.status, contentType)
	}
	if a.head {
		return nil
	}
	if !isJSON(a.header) {
		return content.Schema.Value.VisitJSON(string(a.body))
	}
	if err := a.matches(content.Schema); err != nil {
		return err
	}
	if codes, ok := ref.Value.Extensions["x-latchkey-error-codes"].([]any); ok {
		code, err := a.errorCode()
		if err != nil {
			return err
		}
		if !slices.Contains(codes, any(code)) {
			return fmt.Errorf("status %d: errorCode %s is not documented", a.status, code)
		}
	}
	return nil
}

// challengesToken reports whether the answer is the 401 to a request that
// offered a token, which has neither a body nor a code (RFC 6750 section 3).
func (a *answer) challengesToken() bool {
	return a.status == http.StatusUnauthorized && len(a.body) == 0 && a.header.Get("X-Error-Code") == "" &&
		strings.HasPrefix(a.header.Get("Www-Authenticate"), "Bearer ")
}

func (a *answer) matches(schema *openapi3.SchemaRef) error {
	dec := json.NewDecoder(bytes.NewReader(a.body))
	dec.UseNumber()
	var value any
	if err := dec.Decode(&value); err != nil {
		return fmt.Errorf("status %d: body: %w", a.status, err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return fmt.Errorf("status %d: body: more than one value", a.status)
	}
	if err := schema.Value.VisitJSON(value, openapi3.VisitAsResponse(), openapi3.MultiErrors(), openapi3.EnableFormatValidation()); err != nil {
		return fmt.Errorf("status %d: body does not fit: %w", a.status, err)
	}
	return nil
}

// errorCode returns the code of a refusal, which must be in the header too
// unless the refusal is a challenge.
func (a *answer) errorCode() (string, error) {
	var refusal struct {
		Error     int
		ErrorCode string
	}
	if err := json.Unmarshal(a.body, &refusal); err != nil {
		return "", err
	}
	if refusal.Error != a.status {
		return "", fmt.Errorf("status %d: the body says %d", a.status, refusal.Error)
	}
	header, challenged := a.header.Get("X-Error-Code"), a.header.Get("Www-Authenticate") != ""
	switch {
	case challenged && header != "":
		return "", fmt.Errorf("a challenge with X-Error-Code %s", header)
	case !challenged && header != refusal.ErrorCode:
		return "", fmt.Errorf("status %d: X-Error-Code %q, errorCode %q", a.status, header, refusal.ErrorCode)
	}
	return refusal.ErrorCode, nil
}

// refusedAs compares a refusal that belongs to no operation.
func (a *answer) refusedAs(schema *openapi3.SchemaRef, status int, code string) error {
	if a.status != status {
		return fmt.Errorf("status %d, want %d: the documents have no such path or method", a.status, status)
	}
	if a.head {
		return nil
	}
	if err := a.matches(schema); err != nil {
		return err
	}
	got, err := a.errorCode()
	if err == nil && got != code {
		err = fmt.Errorf("errorCode %s, want %s", got, code)
	}
	return err
}
