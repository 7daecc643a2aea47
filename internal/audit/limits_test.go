package audit_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/op"
)

// TestApplyLimits holds that what no operation records is not replayed, and
// what one does is.
func TestApplyLimits(t *testing.T) {
	s := born(t)
	names := make([]string, 65)
	terms := make([]latchkey.SecretTerm, latchkey.MaxLiveSecrets+1)
	tags := make([]latchkey.Tag, 51)
	for name, e := range map[string]latchkey.Event{
		"50 tags":    event(latchkey.EventProjectTagsModified, stateProject, "", latchkey.Change{Tags: &tags}),
		"2 secrets":  event(latchkey.EventSecretAdded, "", stateAccount, latchkey.Change{Secrets: &terms, SecretID: stateSecret}),
		"64 roles":   event(latchkey.EventKeyRolesChanged, "", stateKey, latchkey.Change{OrgRoles: names}),
		": 64 roles": event(latchkey.EventProjectDeleted, stateProject, "", latchkey.Change{Assignments: map[latchkey.PrincipalID][]string{stateKey: names}}),
	} {
		if err := s.Apply(e); err == nil || !strings.Contains(err.Error(), "more than "+strings.TrimPrefix(name, ": ")) {
			t.Errorf("%v; want more than %s", err, name)
		}
	}
	add := func(i int) error {
		return s.Apply(event(latchkey.EventEntryAdded, "", stateKey, latchkey.Change{Entry: fmt.Sprintf("10.0.%d.%d/32", i/256, i%256), EntryCreated: 1}))
	}
	for i := len(s.Principals[stateKey].AccessList); i < op.MaxAccessListEntries; i++ {
		if err := add(i); err != nil {
			t.Fatal(err)
		}
	}
	if err := add(1000); err == nil || !strings.Contains(err.Error(), "no more are possible") {
		t.Errorf("%v; want that the list is full", err)
	}
}
