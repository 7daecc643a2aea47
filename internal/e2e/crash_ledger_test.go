package e2e

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// change is one PATCH of the storm: a description that no other has, and a set
// of roles. A key in whose row both do not come from the same change is torn.
type change struct {
	key   int // index of the key it is for
	desc  string
	roles []string // sorted
	raw   []byte   // the request, to be sent once more

	sent  int64 // when the client began to write it, by the ledger's clock
	acked int64 // when the client had read a 200; 0 if it never did

	committed bool // whether the audit chain tells of it
}

func (c *change) body() string {
	return fmt.Sprintf(`{"desc":%q,"roles":["%s"]}`, c.desc, strings.Join(c.roles, `","`))
}

// ledger is what the clients know of their changes: what they sent and what
// was acknowledged, in an order that all of them agree on.
type ledger struct {
	mu      sync.Mutex
	clock   int64
	made    int
	killed  int64     // when the server was killed
	base    []*change // by key: what its row says since the last check
	changes []*change // since the last check
}

// stormRoles are the roles that changes choose from.
func stormRoles() []string {
	return []string{
		"GROUP_ACCESS_MANAGER", "GROUP_BACKUP_MANAGER", "GROUP_CLUSTER_MANAGER", "GROUP_DATA_ACCESS_ADMIN",
		"GROUP_DATA_ACCESS_READ_ONLY", "GROUP_DATA_ACCESS_READ_WRITE", "GROUP_OBSERVABILITY_VIEWER", "GROUP_OWNER",
		"GROUP_READ_ONLY", "GROUP_SEARCH_INDEX_EDITOR", "GROUP_STREAM_PROCESSING_OWNER",
	}
}

// begin makes a change of a key that differs from all others before it in its
// description, and in its roles from the thousands next to it.
func (l *ledger) begin(key int) *change {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.made++
	names := stormRoles()
	c := &change{key: key, desc: fmt.Sprintf("change %d", l.made)}
	mask := l.made%(1<<len(names)-1) + 1
	for i, name := range names {
		if mask>>i&1 == 1 {
			c.roles = append(c.roles, name)
		}
	}
	l.clock++
	c.sent = l.clock
	l.changes = append(l.changes, c)
	return c
}

func (l *ledger) ack(c *change) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.clock++
	c.acked = l.clock
}

// kill notes the moment of the kill.
func (l *ledger) kill() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.clock++
	l.killed = l.clock
}

// counts returns how many changes were acknowledged and how many were under
// way at the moment of the kill.
func (l *ledger) counts() (acked, inFlight int) {
	for _, c := range l.changes {
		switch {
		case c.acked != 0:
			acked++
		case c.sent < l.killed:
			inFlight++
		}
	}
	return acked, inFlight
}

// find returns the change since the last check, or the one before them, that a
// key's description comes from.
func (l *ledger) find(key int, desc string) *change {
	if l.base[key] != nil && l.base[key].desc == desc {
		return l.base[key]
	}
	for _, c := range l.changes {
		if c.key == key && c.desc == desc {
			return c
		}
	}
	return nil
}

// judge says what is wrong with a key's row as it was found after the kill. It
// must be exactly one change, and none that was acknowledged before another
// acknowledged one was even sent. One that nobody acknowledged may have come
// at any time after it was sent.
func (l *ledger) judge(key int, desc string, roles []string) (*change, error) {
	found := l.find(key, desc)
	switch {
	case found == nil:
		return nil, fmt.Errorf("key %d says %q, which nobody sent since the last check", key, desc)
	case !slices.Equal(found.roles, roles):
		return nil, fmt.Errorf("key %d is torn: %q belongs to %v, but it holds %v", key, desc, found.roles, roles)
	}
	for _, c := range l.changes {
		older := found == l.base[key] || found.acked != 0 && found.acked < c.sent
		if c.key == key && c != found && c.acked != 0 && older {
			return nil, fmt.Errorf("key %d lost %q, which was acknowledged: it says %q", key, c.desc, desc)
		}
	}
	return found, nil
}

// settle makes what was found the base of the next round.
func (l *ledger) settle(found []*change) {
	l.base, l.changes = found, nil
}
