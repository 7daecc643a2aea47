package body

import (
	"slices"
	"strings"
	"testing"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/op"
)

// TestRecordedEventTypesArePublished: whatever is recorded can be asked for.
func TestRecordedEventTypesArePublished(t *testing.T) {
	for _, k := range op.EventKinds() {
		if !knownEventType(string(k.Type)) {
			t.Errorf("%s is no published name", k.Type)
		}
	}
}

func TestEventTypeNames(t *testing.T) {
	lines := strings.Split(strings.TrimSuffix(eventTypes, "\n"), "\n")
	if !slices.IsSorted(lines) || len(slices.Compact(slices.Clone(lines))) != len(lines) || len(lines) < 900 {
		t.Errorf("%d names, unsorted or some of them twice", len(lines))
	}
	for _, name := range []string{lines[0], lines[500], lines[len(lines)-1], "API_KEY_CREATED", "GROUP_NAME_CHANGED"} {
		if !knownEventType(name) {
			t.Errorf("%q is unknown", name)
		}
	}
	for _, name := range []string{"", "\n", "API_KEY", "PI_KEY_CREATED", "API_KEY_CREATED\n", "api_key_created", lines[0] + "\n" + lines[1], " API_KEY_CREATED"} {
		if knownEventType(name) {
			t.Errorf("%q is known", name)
		}
	}
	if types, ok := parseEventTypes([]string{"API_KEY_CREATED", "NO_SUCH_TYPE"}); ok || types != nil {
		t.Errorf("parsed to %v", types)
	}
	if types, ok := parseEventTypes([]string{"API_KEY_CREATED", "PAID_IN_FULL"}); !ok || !slices.Equal(types, []latchkey.EventType{"API_KEY_CREATED", "PAID_IN_FULL"}) {
		t.Errorf("parsed to %v, %v", types, ok)
	}
}

func TestEventAddresses(t *testing.T) {
	for recorded, want := range map[string]string{
		"": "", "192.0.2.1": "192.0.2.1", "::1": "0:0:0:0:0:0:0:1", "2001:db8::ff": "2001:db8:0:0:0:0:0:ff", "invalid IP": "invalid IP",
	} {
		if got := addressInFull(recorded); got != want {
			t.Errorf("%q is shown as %q, want %q", recorded, got, want)
		}
	}
	for recorded, want := range map[string]string{
		"": "", "192.0.2.1/32": "192.0.2.1", "10.0.0.0/8": "10.0.0.0/8", "2001:db8::1/128": "2001:db8::1",
	} {
		if got := entryName(recorded); got != want {
			t.Errorf("%q is shown as %q, want %q", recorded, got, want)
		}
	}
}
