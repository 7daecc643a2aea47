package body

import (
	_ "embed"
	"strings"
	"sync"

	"github.com/latchkey/latchkey"
)

// eventTypes is every published name of an event type, one a line: those that
// the filters of listOrgEvents and listGroupEvents may have.
//
//go:embed eventtypes.txt
var eventTypes string

// eventTypeSet has each of them; it is made when it is first asked for, and only
// read.
var eventTypeSet = sync.OnceValue(func() map[string]struct{} {
	set := make(map[string]struct{}, strings.Count(eventTypes, "\n"))
	for line := range strings.Lines(eventTypes) {
		set[strings.TrimSuffix(line, "\n")] = struct{}{}
	}
	return set
})

// knownEventType reports whether the name is that of a published event type.
// Few of them are ever recorded here: asking for another one finds nothing.
func knownEventType(name string) bool {
	_, known := eventTypeSet()[name]
	return known
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
