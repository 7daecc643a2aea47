package published

import (
	"fmt"
	"slices"
	"strings"
)

// Member is one path of a JSON shape. The root is ".", an element of an array adds "[]", any name of a map adds ".*".
// Its text form is "path:type" with further types after "|" and marks after a space, such as
// "results[].id:string required". Types are those of JSON, with integer beside number, and "any".
type Member struct {
	Path      string
	Types     []string // sorted
	Required  bool     // present in every object that holds it
	ReadOnly  bool     // a caller may send it, the server ignores it
	WriteOnly bool     // never answered
	Open      bool     // nothing is published about what lies below
}

// String returns the text form.
func (m Member) String() string {
	s := m.Path + ":" + strings.Join(m.Types, "|")
	for _, mark := range []struct {
		on   bool
		name string
	}{{m.Required, "required"}, {m.ReadOnly, "readOnly"}, {m.WriteOnly, "writeOnly"}, {m.Open, "open"}} {
		if mark.on {
			s += " " + mark.name
		}
	}
	return s
}

// MarshalText returns the text form.
func (m Member) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText parses the text form and refuses anything else.
func (m *Member) UnmarshalText(text []byte) error {
	fields := strings.Split(string(text), " ")
	path, types, ok := cutLast(fields[0], ":")
	if !ok || path == "" || types == "" {
		return fmt.Errorf("member %q: want path:type", text)
	}
	*m = Member{Path: path, Types: strings.Split(types, "|")}
	for _, mark := range fields[1:] {
		switch mark {
		case "required":
			m.Required = true
		case "readOnly":
			m.ReadOnly = true
		case "writeOnly":
			m.WriteOnly = true
		case "open":
			m.Open = true
		default:
			return fmt.Errorf("member %q: unknown mark %q", text, mark)
		}
	}
	return nil
}

// allows says whether a JSON value of this type may stand here.
func (m Member) allows(kind string) bool {
	return slices.Contains(m.Types, kind) || slices.Contains(m.Types, "any") ||
		kind == "integer" && slices.Contains(m.Types, "number")
}

// JoinName returns the path of a member of the object at path.
func JoinName(path, name string) string {
	if path == "." {
		return name
	}
	return path + "." + name
}

// JoinElement returns the path of the elements of the array at path.
func JoinElement(path string) string {
	if path == "." {
		return "[]"
	}
	return path + "[]"
}

// parent returns the path of the object that holds a named member, and false for the root and for elements.
func parent(path string) (string, bool) {
	if path == "." || strings.HasSuffix(path, "[]") {
		return "", false
	}
	if before, _, ok := cutLast(path, "."); ok {
		return before, true
	}
	return ".", true
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
