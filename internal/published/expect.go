package published

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// expectation is what an answer's body may and must hold.
type expectation struct {
	allowed  map[string]Member   // by path
	required map[string][]string // member names by the path of the object that holds them
	lenient  bool                // members unknown here are not judged
}

func newExpectation() *expectation {
	return &expectation{allowed: map[string]Member{}, required: map[string][]string{}}
}

// allow adds the types of m to what may stand at its path.
func (e *expectation) allow(m Member) {
	have := e.allowed[m.Path]
	for _, kind := range m.Types {
		if !slices.Contains(have.Types, kind) {
			have.Types = append(slices.Clone(have.Types), kind)
		}
	}
	slices.Sort(have.Types)
	e.allowed[m.Path] = Member{Path: m.Path, Types: have.Types, Open: have.Open || m.Open}
}

func (e *expectation) require(path string) {
	if holder, ok := parent(path); ok {
		name := strings.TrimPrefix(strings.TrimPrefix(path, holder), ".")
		e.required[holder] = append(e.required[holder], name)
	}
}

// expect puts schema and recordings of an answer together. It returns false when neither shows a body.
func expect(op Operation, answer Answer) (*expectation, bool) {
	e := newExpectation()
	e.lenient = answer.Version == VersionV1 && op.Base != ""
	schema, _ := ResponseShape(answer.Schema)
	recs := bodiesOf(op, answer)
	if len(schema) == 0 && len(recs) == 0 {
		return nil, false
	}
	must := map[string]bool{}
	for _, m := range schema {
		e.allow(m)
		if m.Required {
			must[m.Path] = true
		}
	}
	for _, shape := range recs {
		for path, m := range shape {
			e.allow(m)
			if m.Required {
				must[path] = true
			}
		}
	}
	for path := range must {
		// What the real service leaves out is optional, whatever the schema says: the wire wins.
		if slices.ContainsFunc(recs, func(shape recordedShape) bool { return shape.lacks(path) }) {
			delete(must, path)
		}
	}
	for _, d := range table().known.Optional {
		if slices.Contains(d.OperationIDs, op.ID) && (d.Generation == "" || d.Generation == answer.Version) {
			delete(must, d.Path)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(must)) {
		e.require(path)
	}
	return e, true
}

// recordedShape is the body of one recording, by path.
type recordedShape map[string]Member

// lacks says whether an object of the recording could hold the member and does not.
func (s recordedShape) lacks(path string) bool {
	holder, ok := parent(path)
	return ok && slices.Contains(s[holder].Types, "object") && !s[path].Required
}

// bodiesOf returns the recordings of an answer that have a body. Recordings are of v2; on v1.0 those of the oldest
// version stand in.
func bodiesOf(op Operation, answer Answer) []recordedShape {
	version := answer.Version
	if version == VersionV1 {
		version = ""
		if v2, _ := ByID(op.ID); v2.Base == BaseV2 {
			version = v2.Answers[0].Version
		}
	}
	var shapes []recordedShape
	for _, r := range table().recordings[op.ID] {
		if r.Version != version || len(r.Members) == 0 {
			continue
		}
		shape := recordedShape{}
		for _, m := range r.Members {
			shape[m.Path] = m
		}
		shapes = append(shapes, shape)
	}
	return shapes
}

// judge compares a body with the expectation.
func (e *expectation) judge(body []byte) []string {
	value, err := decode(body)
	if err != nil {
		return []string{"body: " + err.Error()}
	}
	found := map[string]bool{}
	e.walk(".", value, found)
	return slices.Sorted(maps.Keys(found))
}

func (e *expectation) walk(path string, value any, found map[string]bool) {
	want := e.allowed[path]
	if kind := kindOf(value); !want.allows(kind) {
		found[fmt.Sprintf("%s: %s, want %s", path, kind, strings.Join(want.Types, " or "))] = true
		return
	}
	free := e.lenient || want.Open || slices.Contains(want.Types, "any")
	switch v := value.(type) {
	case []any:
		element := JoinElement(path)
		if _, known := e.allowed[element]; !known {
			if len(v) > 0 && !free {
				found[element+": nothing is published about elements"] = true
			}
			return
		}
		for _, item := range v {
			e.walk(element, item, found)
		}
	case map[string]any:
		for _, name := range e.required[path] {
			if _, ok := v[name]; !ok {
				found[JoinName(path, name)+": missing"] = true
			}
		}
		for name, member := range v {
			below := JoinName(path, name)
			if _, known := e.allowed[below]; !known {
				below = JoinName(path, "*")
			}
			if _, known := e.allowed[below]; known {
				e.walk(below, member, found)
			} else if !free {
				found[JoinName(path, name)+": unknown member"] = true
			}
		}
	}
}
