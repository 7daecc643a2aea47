package published

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Shape returns the sorted set of "path:type" of a JSON text, such as "results[].id:string". The root is ".:object"
// or ".:array"; elements of an array share one path, and one of an empty array has none. It returns an error when the
// body is not exactly one JSON value.
func Shape(body []byte) ([]string, error) {
	members, err := Describe(body)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, m := range members {
		for _, kind := range m.Types {
			out = append(out, m.Path+":"+kind)
		}
	}
	slices.Sort(out)
	return out, nil
}

// Describe returns the members of a JSON text, sorted by path. A member is marked required when every object at the
// place that holds it has it. It returns an error when the body is not exactly one JSON value.
func Describe(body []byte) ([]Member, error) {
	value, err := decode(body)
	if err != nil {
		return nil, err
	}
	seen := census{types: map[string]map[string]int{}}
	seen.count(".", value)
	members := make([]Member, 0, len(seen.types))
	for path, types := range seen.types {
		m := Member{Path: path}
		total := 0
		for kind, n := range types {
			m.Types = append(m.Types, kind)
			total += n
		}
		slices.Sort(m.Types)
		if holder, ok := parent(path); ok {
			m.Required = total == seen.types[holder]["object"]
		}
		members = append(members, m)
	}
	slices.SortFunc(members, func(a, b Member) int { return strings.Compare(a.Path, b.Path) })
	return members, nil
}

// census counts the types that occur at each path.
type census struct{ types map[string]map[string]int }

func (c census) count(path string, value any) {
	if c.types[path] == nil {
		c.types[path] = map[string]int{}
	}
	c.types[path][kindOf(value)]++
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			c.count(JoinName(path, name), member)
		}
	case []any:
		for _, element := range v {
			c.count(JoinElement(path), element)
		}
	}
}

func decode(body []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var value any
	if err := dec.Decode(&value); err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("not JSON: more than one value")
	}
	return value, nil
}

func kindOf(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case json.Number:
		if strings.ContainsAny(v.String(), ".eE") {
			return "number"
		}
		return "integer"
	case []any:
		return "array"
	default:
		return "object"
	}
}
