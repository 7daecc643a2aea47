package apitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"sort"
	"strings"
)

// answer is what came back.
type answer struct {
	w       *world
	request *request
	status  int
	header  http.Header
	body    []byte
	closed  bool // whether the server closes the connection after it
}

// String describes the answer for a failed test.
func (a answer) String() string {
	return fmt.Sprintf("%d %v\n%s", a.status, a.header, a.body)
}

func (a answer) fail(format string, args ...any) {
	a.w.t.Helper()
	a.w.t.Errorf("%s %s %.200q\n%s\ngot %s", a.request.method, a.request.target, a.request.body, fmt.Sprintf(format, args...), a)
}

// into decodes the body.
func (a answer) into(v any) {
	a.w.t.Helper()
	if err := json.Unmarshal(a.body, v); err != nil {
		a.fail("the body is no JSON of its kind: %v", err)
	}
}

// path returns the path of the request as it was sent.
func (a answer) path() string {
	path, _, _ := strings.Cut(a.request.target, "?")
	return path
}

// want checks a refusal: the status, the header and every member of the
// published error object, in their order and without white space. The
// parameters may name ids; "{path}" is the path that was asked.
func (a answer) want(status int, errorCode string, params ...any) {
	a.w.t.Helper()
	if a.status != status || a.header.Get("X-Error-Code") != errorCode {
		a.fail("want %d %s %v", status, errorCode, params)
		return
	}
	if got := a.header["Content-Type"]; !slices.Equal(got, []string{"application/json"}) {
		a.fail("Content-Type %q of an error", got)
	}
	if a.header.Get("Www-Authenticate") != "" {
		a.fail("a challenge on an answer with an error code")
	}
	var e struct {
		Detail, ErrorCode, Reason string
		Error                     int
		Parameters                []any
	}
	a.into(&e)
	if e.Error != status || e.ErrorCode != errorCode || e.Reason != http.StatusText(status) || e.Detail == "" {
		a.fail("members of the error do not fit %d %s", status, errorCode)
	}
	wanted := make([]any, len(params))
	for i, p := range params {
		switch v := p.(type) {
		case string:
			v = strings.ReplaceAll(v, "{path}", a.path())
			wanted[i] = a.w.expand(v)
		case int:
			wanted[i] = float64(v)
		}
	}
	if e.Parameters == nil || len(e.Parameters)+len(wanted) > 0 && !reflect.DeepEqual(e.Parameters, wanted) {
		a.fail("want parameters %v, got %v", wanted, e.Parameters)
	}
	names := a.members()
	full := []string{"badRequestDetail", "detail", "error", "errorCode", "parameters", "reason"}
	if !slices.Equal(names, full) && !slices.Equal(names, full[1:]) {
		a.fail("members of the error are %v", names)
	}
	a.compact()
}

// members returns the names of the body's members in the order sent.
func (a answer) members() []string {
	a.w.t.Helper()
	dec := json.NewDecoder(bytes.NewReader(a.body))
	if _, err := dec.Token(); err != nil {
		a.fail("no object: %v", err)
		return nil
	}
	var names []string
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			a.fail("no object: %v", err)
			return nil
		}
		names = append(names, fmt.Sprint(name))
		var skip json.RawMessage
		if err := dec.Decode(&skip); err != nil {
			a.fail("no object: %v", err)
			return nil
		}
	}
	return names
}

// compact checks that the body is JSON without white space and that all its
// objects have their members in alphabetical order.
func (a answer) compact() {
	a.w.t.Helper()
	var tight bytes.Buffer
	if err := json.Compact(&tight, a.body); err != nil || tight.String() != string(a.body) {
		a.fail("the body is not compact JSON (%v)", err)
	}
	dec := json.NewDecoder(bytes.NewReader(a.body))
	var check func()
	check = func() {
		t, err := dec.Token()
		if err != nil {
			return
		}
		switch t {
		case json.Delim('{'):
			var names []string
			for dec.More() {
				name, _ := dec.Token()
				names = append(names, fmt.Sprint(name))
				check()
			}
			_, _ = dec.Token()
			if !sort.StringsAreSorted(names) {
				a.fail("members out of order: %v", names)
			}
		case json.Delim('['):
			for dec.More() {
				check()
			}
			_, _ = dec.Token()
		}
	}
	check()
}

// wantDetail checks badRequestDetail; fields are field, description, field …
func (a answer) wantDetail(fields ...string) {
	a.w.t.Helper()
	var e struct {
		BadRequestDetail *struct {
			Fields []struct{ Field, Description string }
		}
	}
	a.into(&e)
	var got []string
	if e.BadRequestDetail != nil {
		for _, f := range e.BadRequestDetail.Fields {
			got = append(got, f.Field, f.Description)
		}
	}
	if !slices.Equal(got, fields) {
		a.fail("want badRequestDetail %q, got %q", fields, got)
	}
}

// wantChallenge checks the one 401 that proves nothing to anybody.
func (a answer) wantChallenge(stale bool) {
	a.w.t.Helper()
	if a.status != http.StatusUnauthorized || string(a.body) != challengeBody {
		a.fail("want the challenge")
		return
	}
	end := `", algorithm=MD5, qop="auth", stale=false`
	if stale {
		end = `", algorithm=MD5, qop="auth", stale=true`
	}
	line := a.header.Get("Www-Authenticate")
	rest, begins := strings.CutPrefix(line, `Digest realm="MMS Public API", domain="", nonce="`)
	nonce, ends := strings.CutSuffix(rest, end)
	if !begins || !ends || nonce == "" || url.QueryEscape(nonce) != nonce {
		a.fail("want a challenge with stale=%v", stale)
	}
	if got := a.header.Get("Content-Type"); got != "application/json" {
		a.fail("Content-Type %q of a challenge", got)
	}
	if _, ok := a.header["X-Error-Code"]; ok {
		a.fail("X-Error-Code on a challenge")
	}
}

// challengeBody is the recorded body of a 401 with a challenge.
const challengeBody = "{\n  \"error\" : 401,\n  \"reason\" : \"Unauthorized\",\n" +
	"  \"detail\" : \"You are not authorized for this resource.\",\n  \"errorCode\" : \"UNEXPECTED_ERROR\"\n}"

// fingerprint is everything of the answer that may not depend on a secret:
// all but the date, the nonce and the request's id.
func (a answer) fingerprint() string {
	h := a.header.Clone()
	h.Del("Date")
	h.Del("X-Request-Id")
	for i, line := range h["Www-Authenticate"] {
		h["Www-Authenticate"][i] = strings.Replace(line, nonceOf(a.header), "NONCE", 1)
	}
	return fmt.Sprintf("%d %v\n%s", a.status, h, a.body)
}
