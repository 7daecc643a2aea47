package wire

// Schema describes a JSON value in the documents: the part of OpenAPI 3.0 that
// the published schemas use.
type Schema struct {
	Name        string // of the component; "" for one that stands in place
	Type        string // object, array, string, integer, boolean; "" for any value
	Description string
	Properties  []Property
	Closed      bool     // whether an object with other members is refused
	AnyOf       []string // members of which at least one must be there
	Items       *Schema
	MaxItems    int // 0 is no limit, as with all that follow
	MinItems    int
	Enum        []string
	Format      string
	Pattern     string
	MinLength   int // in code points
	MaxLength   int
	Minimum     int64
	Maximum     int64
	Default     string // JSON text; "" for none
	Nullable    bool
	MediaType   string // of an answer that is not JSON
}

// Property is a member of an object.
type Property struct {
	Name     string
	Schema   *Schema
	Required bool // in an answer: whether every one has it; in a request: whether it must be there
	ReadOnly bool // in a request: whether a value is taken without effect
}

// Schema returns what the generation takes as this body.
func (b *Body) Schema(g Generation) *Schema {
	s := objectSchema(b.Members, b.Required, g)
	s.Name, s.AnyOf = b.Name, b.AnyOf
	if b.Array {
		return &Schema{Type: "array", Items: s, MinItems: 1, MaxItems: b.MaxItems}
	}
	return s
}

func objectSchema(members []Member, required []string, g Generation) *Schema {
	s := &Schema{Type: "object", Closed: true}
	for i := range members {
		m := &members[i]
		p := Property{Name: m.Name, Schema: m.schema(g), ReadOnly: m.ReadOnly, Required: m.Required}
		for _, name := range required {
			p.Required = p.Required || name == m.Name
		}
		s.Properties = append(s.Properties, p)
	}
	return s
}

// schema puts together what is declared about the value of a member.
func (m *Member) schema(g Generation) *Schema {
	var s Schema
	if m.Schema != nil {
		s = *m.Schema
	}
	switch m.Kind {
	case String:
		s.Type = "string"
	case Bool:
		s.Type = "boolean"
	case Int:
		s.Type = "integer"
	case StringArray:
		s.Type, s.Items = "array", &Schema{Type: "string"}
		if s.MaxItems == 0 {
			s.MaxItems = maxListStrings
		}
	case NestedObject:
		of := objectSchema(m.Members, nil, g)
		s.Type, s.Properties, s.Closed = of.Type, of.Properties, of.Closed
	case ObjectArray:
		s.Type, s.Items = "array", objectSchema(m.Members, nil, g)
	}
	if m.Values != nil {
		if s.Items != nil {
			s.Items.Enum = m.Values(g)
		} else {
			s.Enum = m.Values(g)
		}
	}
	return &s
}
