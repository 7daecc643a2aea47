package wire

import (
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/latchkey/latchkey"
)

// Limits of a query string.
const (
	maxQueryBytes  = 8 << 10
	maxQueryParams = 64
)

// Query is a query string, split once and kept in the order of the request.
// Names that no operation knows are never an error; known ones are read with
// Single, Bool, List and Time.
type Query struct {
	params []queryParam
}

// queryParam is one name=value as it was sent.
type queryParam struct {
	name     string // decoded; the raw text when that does not decode
	raw      string // the whole parameter, escaped as it came
	rawValue string
}

// ParseQuery splits a raw query string at its ampersands. It refuses more
// than 64 parameters, naming the first one too many, and more than 8 KiB,
// naming "query", both with CodeInvalidQuery.
func ParseQuery(raw string) (Query, *latchkey.Error) {
	if raw == "" {
		return Query{}, nil
	}
	if len(raw) > maxQueryBytes {
		return Query{}, latchkey.Refuse(latchkey.CodeInvalidQuery, "query")
	}
	params := make([]queryParam, 0, min(strings.Count(raw, "&")+1, maxQueryParams))
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		rawName, rawValue, _ := strings.Cut(part, "=")
		name, err := url.QueryUnescape(rawName)
		if err != nil {
			name = rawName
		}
		if len(params) == maxQueryParams {
			return Query{}, latchkey.Refuse(latchkey.CodeInvalidQuery, name)
		}
		params = append(params, queryParam{name: name, raw: part, rawValue: rawValue})
	}
	return Query{params: params}, nil
}

// Single returns the decoded value of a parameter that may be given once, and
// whether it was given. Given twice, badly escaped, not UTF-8 or with U+0000
// in it, it is CodeInvalidQuery.
func (q Query) Single(name string) (string, bool, *latchkey.Error) {
	found := -1
	for i := range q.params {
		if q.params[i].name != name {
			continue
		}
		if found >= 0 {
			return "", false, invalidQuery(name)
		}
		found = i
	}
	if found < 0 {
		return "", false, nil
	}
	value, ok := q.params[found].value()
	if !ok {
		return "", false, invalidQuery(name)
	}
	return value, true, nil
}

// value returns the decoded value, and false when it is badly escaped, not UTF-8
// or has U+0000 in it.
func (p *queryParam) value() (string, bool) {
	value, err := url.QueryUnescape(p.rawValue)
	return value, err == nil && utf8.ValidString(value) && strings.IndexByte(value, 0) < 0
}

// List returns the items of a parameter that is a list, in the order of the
// request: it may be given several times, and each value may be several items
// with commas between them. An empty item, and what Single refuses but for
// being given twice, is CodeInvalidQuery.
func (q Query) List(name string) ([]string, *latchkey.Error) {
	var list []string
	for i := range q.params {
		if q.params[i].name != name {
			continue
		}
		value, ok := q.params[i].value()
		if !ok {
			return nil, invalidQuery(name)
		}
		for item := range strings.SplitSeq(value, ",") {
			if item == "" {
				return nil, invalidQuery(name)
			}
			list = append(list, item)
		}
	}
	return list, nil
}

// timeForms are the forms of ISO 8601 in which a time may be given: with an
// offset from UTC (RFC 3339, and without the colon), or in UTC without saying
// so. Each may have a fraction of a second.
var timeForms = [...]string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05"}

// Time returns the value of a parameter that is a time, and whether it was
// given. Every other value is CodeInvalidQuery.
func (q Query) Time(name string) (time.Time, bool, *latchkey.Error) {
	value, given, refusal := q.Single(name)
	if refusal != nil || !given {
		return time.Time{}, false, refusal
	}
	if len(value) < len("2006-01-02T15:04:05") || value[len("2006-01-02T15")] != ':' { // time.Parse takes an hour of one digit
		return time.Time{}, false, invalidQuery(name)
	}
	for _, form := range timeForms {
		if t, err := time.Parse(form, value); err == nil {
			return t.UTC(), true, nil
		}
	}
	return time.Time{}, false, invalidQuery(name)
}

// Bool returns the value of a parameter that is true or false, in any case,
// or what it is when not given. Every other value, the empty one too, is
// CodeInvalidQuery.
func (q Query) Bool(name string, absent bool) (bool, *latchkey.Error) {
	value, given, refusal := q.Single(name)
	switch {
	case refusal != nil:
		return false, refusal
	case !given:
		return absent, nil
	case strings.EqualFold(value, "true"):
		return true, nil
	case strings.EqualFold(value, "false"):
		return false, nil
	}
	return false, invalidQuery(name)
}

func invalidQuery(name string) *latchkey.Error {
	return latchkey.Refuse(latchkey.CodeInvalidQuery, name)
}

// appendOthers appends the parameters whose names are not among those given,
// each followed by an ampersand, in the order of the request. Escapes stay as
// they came; what may not stand in a query (RFC 3986 section 3.4), a stray
// percent sign and the apostrophe are escaped.
func (q Query) appendOthers(dst []byte, except ...string) []byte {
next:
	for i := range q.params {
		for _, name := range except {
			if q.params[i].name == name {
				continue next
			}
		}
		dst = appendQueryText(dst, q.params[i].raw)
		dst = append(dst, '&')
	}
	return dst
}

func appendQueryText(dst []byte, raw string) []byte {
	const upperHex = "0123456789ABCDEF"
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		if isQueryByte(c) || c == '%' && i+2 < len(raw) && isHex(raw[i+1]) && isHex(raw[i+2]) {
			dst = append(dst, c)
			continue
		}
		dst = append(dst, '%', upperHex[c>>4], upperHex[c&15])
	}
	return dst
}

func isQueryByte(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return c != 0 && strings.IndexByte("-._~!$()*+,;=:@/?", c) >= 0
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}
