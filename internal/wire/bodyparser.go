package wire

import (
	"bytes"
	"errors"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/latchkey/latchkey"
)

// errTooDeep ends the parsing of a body with too many levels.
var errTooDeep = errors.New("too many levels")

// bodyParser reads a body in one pass. It keeps the first refusal and reads
// on to the end, because malformed JSON further on goes before it. Its
// methods return an error for malformed JSON only.
type bodyParser struct {
	members  []Member
	array    bool
	maxItems int

	object  Object
	objects []Object

	refusal *latchkey.Error
	strings int
}

func (p *bodyParser) parse(body []byte) *latchkey.Error {
	if err := json.Unmarshal(body, p); err != nil {
		return latchkey.Refuse(latchkey.CodeMalformedJSON)
	}
	return p.refusal
}

// UnmarshalJSONFrom reads the one value of the body; json.Unmarshal lends the
// decoder and refuses what follows the value.
func (p *bodyParser) UnmarshalJSONFrom(dec *jsontext.Decoder) (err error) {
	switch {
	case p.array && dec.PeekKind() == '[':
		p.objects, err = p.readObjects(dec, p.members, "")
	case !p.array && dec.PeekKind() == '{':
		p.object, err = p.readObject(dec, p.members)
	default:
		p.refuse(latchkey.CodeUnexpectedJSON)
		err = p.skip(dec)
	}
	return err
}

func (p *bodyParser) refuse(code latchkey.Code, params ...any) {
	if p.refusal == nil {
		p.refusal = latchkey.Refuse(code, params...)
	}
}

func (p *bodyParser) refuseValue(field, fault string) {
	if p.refusal != nil {
		return
	}
	message := fault
	if field != "" {
		message = field + " " + fault
	}
	p.refusal = latchkey.Refuse(latchkey.CodeValidation, message)
	if field != "" {
		p.refusal = p.refusal.In(latchkey.FieldViolation{Field: field, Description: fault})
	}
}

// enter reads the bracket that opens an object or an array.
func (p *bodyParser) enter(dec *jsontext.Decoder) error {
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	if dec.StackDepth() > maxBodyDepth {
		return errTooDeep
	}
	return nil
}

// readObject reads an object whose opening brace is next.
func (p *bodyParser) readObject(dec *jsontext.Decoder, members []Member) (Object, error) {
	if err := p.enter(dec); err != nil {
		return Object{}, err
	}
	var o Object
	for dec.PeekKind() != '}' {
		raw, err := dec.ReadValue()
		if err != nil {
			return Object{}, err
		}
		m := declared(members, raw)
		if m == nil {
			p.refuse(latchkey.CodeUnknownAttribute, unquote(raw))
			if err := p.skip(dec); err != nil {
				return Object{}, err
			}
			continue
		}
		v, present, err := p.readMember(dec, m)
		if err != nil {
			return Object{}, err
		}
		if present && p.refusal == nil {
			if o.values == nil {
				o.values = make([]memberValue, 0, min(len(members), 4))
			}
			o.values = append(o.values, v)
		}
	}
	_, err := dec.ReadToken()
	return o, err
}

// declared returns the member with the name that raw is the JSON of.
func declared(members []Member, raw []byte) *Member {
	name := raw[1 : len(raw)-1]
	if bytes.IndexByte(name, '\\') >= 0 {
		name = []byte(unquote(raw))
	}
	for i := range members {
		if members[i].Name == string(name) {
			return &members[i]
		}
	}
	return nil
}

// readMember reads the value of m. The second result is false if it is null
// or of another kind.
func (p *bodyParser) readMember(dec *jsontext.Decoder, m *Member) (memberValue, bool, error) {
	v := memberValue{member: m}
	kind := dec.PeekKind()
	var err error
	switch {
	case kind == 'n':
		return v, false, dec.SkipValue()
	case m.Kind == Any:
		err = p.skipField(dec, m.Name)
	case m.Kind == String && kind == '"':
		v.text, err = p.readString(dec, m.Name)
	case m.Kind == Bool && (kind == 't' || kind == 'f'):
		if kind == 't' {
			v.number = 1
		}
		err = dec.SkipValue()
	case m.Kind == Int && kind == '0':
		var raw []byte
		if raw, err = dec.ReadValue(); err == nil {
			n, parseErr := strconv.ParseInt(string(raw), 10, 64)
			if parseErr != nil {
				p.refuse(latchkey.CodeUnexpectedJSONMember, m.Name)
			}
			v.number = n
		}
	case m.Kind == StringArray && kind == '[':
		v.list, err = p.readStrings(dec, m.Name)
	case m.Kind == NestedObject && kind == '{':
		v.objs = make([]Object, 1)
		v.objs[0], err = p.readObject(dec, m.Members)
	case m.Kind == ObjectArray && kind == '[':
		v.objs, err = p.readObjects(dec, m.Members, m.Name)
	default:
		p.refuse(latchkey.CodeUnexpectedJSONMember, m.Name)
		return v, false, p.skip(dec)
	}
	return v, true, err
}

// readString reads a string that is next.
func (p *bodyParser) readString(dec *jsontext.Decoder, field string) (string, error) {
	raw, err := dec.ReadValue()
	if err != nil {
		return "", err
	}
	p.strings++
	if p.strings > maxBodyStrings {
		p.refuseValue("", "the body must not contain more than "+strconv.Itoa(maxBodyStrings)+" strings")
	}
	if p.refusal != nil {
		return "", nil
	}
	s := unquote(raw)
	if strings.IndexByte(s, 0) >= 0 {
		p.refuseValue(field, "must not contain the character U+0000")
	}
	return s, nil
}

// readStrings reads an array, of strings if the body is right, that is next.
func (p *bodyParser) readStrings(dec *jsontext.Decoder, field string) ([]string, error) {
	if err := p.enter(dec); err != nil {
		return nil, err
	}
	list := make([]string, 0, 4)
	for n := 1; ; n++ {
		kind := dec.PeekKind()
		if kind == ']' {
			_, err := dec.ReadToken()
			return list, err
		}
		if n > maxListStrings {
			p.refuseValue(field, "must not have more than "+strconv.Itoa(maxListStrings)+" elements")
		}
		if kind != '"' {
			p.refuse(latchkey.CodeUnexpectedJSONMember, field)
			if err := p.skip(dec); err != nil {
				return nil, err
			}
			continue
		}
		s, err := p.readString(dec, field)
		if err != nil {
			return nil, err
		}
		if p.refusal == nil {
			list = append(list, s)
		}
	}
}

// readObjects reads an array of objects that is next: the value of the member
// with the name given, or the body itself if that is empty.
func (p *bodyParser) readObjects(dec *jsontext.Decoder, members []Member, field string) ([]Object, error) {
	if err := p.enter(dec); err != nil {
		return nil, err
	}
	list := []Object{}
	for n := 1; ; n++ {
		kind := dec.PeekKind()
		if kind == ']' {
			_, err := dec.ReadToken()
			return list, err
		}
		if field == "" && n > p.maxItems {
			p.refuseValue("", "the body must not have more than "+strconv.Itoa(p.maxItems)+" elements")
		}
		if kind != '{' {
			if field == "" {
				p.refuse(latchkey.CodeUnexpectedJSON)
			} else {
				p.refuse(latchkey.CodeUnexpectedJSONMember, field)
			}
			if err := p.skip(dec); err != nil {
				return nil, err
			}
			continue
		}
		o, err := p.readObject(dec, members)
		if err != nil {
			return nil, err
		}
		if p.refusal == nil {
			list = append(list, o)
		}
	}
}

// skip reads over the next value, whatever it is.
func (p *bodyParser) skip(dec *jsontext.Decoder) error { return p.skipField(dec, "") }

// skipField reads over the next value and applies the rules for strings to
// the names and strings in it.
func (p *bodyParser) skipField(dec *jsontext.Decoder, field string) error {
	outer := dec.StackDepth()
	for {
		var err error
		switch dec.PeekKind() {
		case '{', '[':
			err = p.enter(dec)
		case '}', ']':
			_, err = dec.ReadToken()
		case '"':
			_, err = p.readString(dec, field)
		default:
			_, err = dec.ReadValue()
		}
		if err != nil {
			return err
		}
		if dec.StackDepth() <= outer {
			return nil
		}
	}
}

// unquote returns the text of a JSON string that the decoder has accepted.
func unquote(raw []byte) string {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	text, _ := jsontext.AppendUnquote(make([]byte, 0, len(raw)), raw)
	return string(text)
}
