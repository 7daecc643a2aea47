package body

import (
	_ "embed"
	"strings"

	"github.com/latchkey/latchkey"
)

// eventTypes is every published name of an event type, one a line: those that
// the filters of listOrgEvents and listGroupEvents may have.
//
//go:embed eventtypes.txt
var eventTypes string

// knownEventType reports whether the name is that of a published event type.
// Few of them are ever recorded here: asking for another one finds nothing.
func knownEventType(name string) bool {
	if name == "" || strings.Contains(name, "\n") {
		return false
	}
	return strings.HasPrefix(eventTypes, name+"\n") || strings.Contains(eventTypes, "\n"+name+"\n")
}

// parseEventTypes returns the types of those names, and false when one is not
// published.
func parseEventTypes(names []string) ([]latchkey.EventType, bool) {
	types := make([]latchkey.EventType, len(names))
	for i, name := range names {
		if !knownEventType(name) {
			return nil, false
		}
		types[i] = latchkey.EventType(name)
	}
	return types, true
}
