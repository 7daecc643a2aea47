package wire

import "github.com/latchkey/latchkey"

// Limits of a body.
const (
	maxBodyDepth   = 16    // objects and arrays inside each other, the outermost counted
	maxBodyStrings = 1_000 // string values, at any depth
	maxListStrings = 64    // elements of one array of strings
)

// Kind is what a member's value must be.
type Kind uint8

// The kinds of members. A value of Any is checked for well-formedness alone
// and is not kept.
const (
	String Kind = iota
	Bool
	Int         // a whole number without fraction or exponent that an int64 can hold
	StringArray // no null among the elements
	NestedObject
	ObjectArray
	Any
)

// Member declares one member of a body.
type Member struct {
	Name string
	Kind Kind
	// ReadOnly says that the published schema lets clients send the member
	// back without effect. It is parsed like any other, so that an id in it
	// can be compared with the one in the path.
	ReadOnly bool
	// Members declares the content of NestedObject and of the elements of ObjectArray.
	Members []Member

	// What follows is for the documents; the row's decode enforces it.

	// Required says that an object without the member is refused.
	Required bool
	// Schema says more about the value than Kind does: limits, pattern,
	// description. It may be nil.
	Schema *Schema
	// Values returns the only values that the member, or each element of a
	// StringArray, may have on a generation. It may be nil.
	Values func(Generation) []string
	// Codes are the refusals that a value of the right kind may get.
	Codes []latchkey.Code
}

// Object is one parsed object: the members that were sent and are not null.
// The zero Object has none.
type Object struct {
	values []memberValue
}

type memberValue struct {
	member *Member
	text   string
	number int64 // of Int; of Bool 1 or 0
	list   []string
	objs   []Object
}

// ParseObject reads a body that is one object with the members declared.
//
// What is wrong with it is told in this order. CodeMalformedJSON: the body is
// empty, not JSON (RFC 8259), not UTF-8, has a lone surrogate, a member
// twice, something after its end, or more than 16 levels. CodeUnexpectedJSON:
// it is not an object. Then the first fault in the order of the body:
// CodeUnknownAttribute with the name of a member that is not declared (case
// matters), CodeUnexpectedJSONMember with the name of one of another kind,
// read-only ones too, CodeValidation for U+0000 in a string, more than 64
// strings in an array, or more than 1,000 in all. A member that is null is
// taken as absent.
func ParseObject(body []byte, members []Member) (Object, *latchkey.Error) {
	p := bodyParser{members: members}
	if refusal := p.parse(body); refusal != nil {
		return Object{}, refusal
	}
	return p.object, nil
}

// ParseArray reads a body that is an array of at most maxItems objects with
// the members declared. It refuses like ParseObject; an element that is not
// an object is CodeUnexpectedJSON, one too many CodeValidation, each in the
// order of the body.
func ParseArray(body []byte, members []Member, maxItems int) ([]Object, *latchkey.Error) {
	p := bodyParser{members: members, array: true, maxItems: maxItems}
	if refusal := p.parse(body); refusal != nil {
		return nil, refusal
	}
	return p.objects, nil
}

// Has reports whether the member was sent and is not null.
func (o Object) Has(name string) bool { return o.find(name) != nil }

// String returns the value of a String member. The second result is false if
// it is absent, as with all that follow.
func (o Object) String(name string) (string, bool) {
	if v := o.find(name); v != nil && v.member.Kind == String {
		return v.text, true
	}
	return "", false
}

// Bool returns the value of a Bool member.
func (o Object) Bool(name string) (value, ok bool) {
	if v := o.find(name); v != nil && v.member.Kind == Bool {
		return v.number != 0, true
	}
	return false, false
}

// Int returns the value of an Int member.
func (o Object) Int(name string) (int64, bool) {
	if v := o.find(name); v != nil && v.member.Kind == Int {
		return v.number, true
	}
	return 0, false
}

// Strings returns the elements of a StringArray member in their order; not
// nil if the member is there.
func (o Object) Strings(name string) ([]string, bool) {
	if v := o.find(name); v != nil && v.member.Kind == StringArray {
		return v.list, true
	}
	return nil, false
}

// Object returns the value of a NestedObject member.
func (o Object) Object(name string) (Object, bool) {
	if v := o.find(name); v != nil && v.member.Kind == NestedObject {
		return v.objs[0], true
	}
	return Object{}, false
}

// Objects returns the elements of an ObjectArray member in their order; not
// nil if the member is there.
func (o Object) Objects(name string) ([]Object, bool) {
	if v := o.find(name); v != nil && v.member.Kind == ObjectArray {
		return v.objs, true
	}
	return nil, false
}

func (o Object) find(name string) *memberValue {
	for i := range o.values {
		if o.values[i].member.Name == name {
			return &o.values[i]
		}
	}
	return nil
}
