package wire

// reference writes a schema: in place, or as a reference to a component.
func (w *docWriter) reference(s *Schema) {
	if s.Name != "" {
		w.object(func() { w.member("$ref", "#/components/schemas/"+s.Name) })
		return
	}
	w.schema(s)
}

// schema writes a schema in place.
func (w *docWriter) schema(s *Schema) {
	w.object(func() { w.schemaMembers(s) })
}

func (w *docWriter) schemaMembers(s *Schema) {
	w.member("type", s.Type)
	w.member("description", s.Description)
	w.texts("enum", s.Enum)
	w.member("format", s.Format)
	w.member("pattern", s.Pattern)
	w.number("minLength", int64(s.MinLength))
	w.number("maxLength", int64(s.MaxLength))
	w.number("minimum", s.Minimum)
	w.number("maximum", s.Maximum)
	w.number("minItems", int64(s.MinItems))
	w.number("maxItems", int64(s.MaxItems))
	w.rawMember("default", s.Default)
	w.flag("nullable", s.Nullable)
	if s.Items != nil {
		w.name("items")
		w.reference(s.Items)
	}
	if s.Type != "object" {
		return
	}
	if len(s.Properties) > 0 {
		w.in("properties", func() {
			for i := range s.Properties {
				w.property(&s.Properties[i])
			}
		})
	}
	var required []string
	for _, p := range s.Properties {
		if p.Required {
			required = append(required, p.Name)
		}
	}
	w.texts("required", required)
	if len(s.AnyOf) > 0 {
		w.name("anyOf")
		w.array(func() {
			for _, name := range s.AnyOf {
				w.object(func() { w.texts("required", []string{name}) })
			}
		})
	}
	if s.Closed {
		w.rawMember("additionalProperties", "false")
	}
}

func (w *docWriter) property(p *Property) {
	w.name(p.Name)
	if p.Schema.Name != "" {
		w.reference(p.Schema)
		return
	}
	w.object(func() {
		w.schemaMembers(p.Schema)
		w.flag("readOnly", p.ReadOnly)
	})
}

// collect adds every named schema in s to found.
func collect(found map[string]*Schema, s *Schema) {
	if s == nil {
		return
	}
	if s.Name != "" {
		if _, known := found[s.Name]; known {
			return
		}
		found[s.Name] = s
	}
	collect(found, s.Items)
	for _, p := range s.Properties {
		collect(found, p.Schema)
	}
}

// apiError describes the body of every refusal.
func apiError(g Generation) *Schema {
	text := &Schema{Type: "string"}
	s := &Schema{Name: "ApiError", Type: "object",
		Description: "Why a request was refused. The 401 that carries a challenge has no parameters.",
		Properties: []Property{
			{Name: "detail", Schema: &Schema{Type: "string", Description: "What is wrong, for people."}, Required: true},
			{Name: "error", Schema: &Schema{Type: "integer", Description: "The HTTP status."}, Required: true},
			{Name: "errorCode", Schema: &Schema{Type: "string", Description: "What is wrong, for programs; also in the header X-Error-Code."}, Required: true},
			{Name: "parameters", Schema: &Schema{Type: "array", Description: "Strings and whole numbers that fill the detail, in order.", Items: &Schema{}}},
			{Name: "reason", Schema: &Schema{Type: "string", Description: "The reason phrase of the status."}, Required: true},
		}}
	if g == PublicV1 {
		return s
	}
	field := &Schema{Name: "FieldViolation", Type: "object", Properties: []Property{
		{Name: "description", Schema: text, Required: true}, {Name: "field", Schema: text, Required: true},
	}}
	detail := &Schema{Name: "BadRequestDetail", Type: "object", Description: "The members of the body that broke a rule.",
		Properties: []Property{{Name: "fields", Schema: &Schema{Type: "array", Items: field}, Required: true}}}
	s.Properties = append([]Property{{Name: "badRequestDetail", Schema: detail}}, s.Properties...)
	return s
}
