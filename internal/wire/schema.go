package wire

// Schema describes a JSON value in the documents: the part of OpenAPI 3.0 that
// the published schemas use.
type Schema struct {
	Name        string // of the component; "" for one that stands in place
	Type        string // object, array, string, integer, boolean
	Description string
	Properties  []Property
	Items       *Schema
	Enum        []string
	Format      string
	Pattern     string
	MinLength   int
	MaxLength   int
	Nullable    bool
}

// Property is a member of an object.
type Property struct {
	Name     string
	Schema   *Schema
	Required bool // whether every answer has it
}
