package main

import (
	"maps"
	"slices"
	"strings"
)

// eventTypesFile is where the names of event types go, one a line, sorted.
const eventTypesFile = "eventtypes.txt"

// eventTypes returns every name that the filters of the event lists may have.
func (d *document) eventTypes() []byte {
	names := map[string]bool{}
	for _, name := range []string{"EventTypeForOrg", "EventTypeForNdsGroup"} {
		d.enumerate(d.Schemas[name], names)
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(names)) {
		b.WriteString(name + "\n")
	}
	return []byte(b.String())
}

// enumerate adds the values of a schema's enumerations to names.
func (d *document) enumerate(s *schema, names map[string]bool) {
	if s == nil {
		return
	}
	for _, value := range s.Enum {
		if name, ok := value.(string); ok {
			names[name] = true
		}
	}
	if s.Ref != "" {
		d.enumerate(d.Schemas[refName(s.Ref)], names)
	}
	for _, choice := range slices.Concat(s.OneOf, s.AllOf) {
		d.enumerate(choice, names)
	}
}
