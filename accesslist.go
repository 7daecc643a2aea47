package latchkey

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// AccessListEntry is a range of addresses from which a principal may be used.
type AccessListEntry struct {
	Prefix  netip.Prefix // masked; a single address has all its bits
	Created time.Time    // UTC, whole seconds
}

// AccessList is the entries of one principal, in the order in which they were added.
// An empty list allows every address, unless the organization requires lists.
type AccessList []AccessListEntry

// Covers reports whether an entry of the list contains the address, and which
// comes first.
func (l AccessList) Covers(addr netip.Addr) (netip.Prefix, bool) {
	addr = addr.Unmap()
	for _, e := range l {
		if e.Prefix.Contains(addr) {
			return e.Prefix, true
		}
	}
	return netip.Prefix{}, false
}

// Index returns the position of the entry with exactly that prefix, or -1.
func (l AccessList) Index(p netip.Prefix) int {
	return slices.IndexFunc(l, func(e AccessListEntry) bool { return e.Prefix == p })
}

// Text returns the form that is stored: "prefix seconds" for each entry,
// separated by semicolons.
func (l AccessList) Text() string {
	var b strings.Builder
	for i, e := range l {
		if i > 0 {
			b.WriteByte(';')
		}
		b.WriteString(e.Prefix.String())
		b.WriteByte(' ')
		b.WriteString(strconv.FormatInt(e.Created.Unix(), 10))
	}
	return b.String()
}

// ParseAccessList reads the stored form. It returns ErrCorrupt for other text.
func ParseAccessList(text string) (AccessList, error) {
	if text == "" {
		return nil, nil
	}
	var list AccessList
	for part := range strings.SplitSeq(text, ";") {
		prefix, created, _ := strings.Cut(part, " ")
		p, err := netip.ParsePrefix(prefix)
		sec, err2 := strconv.ParseInt(created, 10, 64)
		if err != nil || err2 != nil || p.Masked() != p {
			return nil, fmt.Errorf("%w: access list entry %q", ErrCorrupt, part)
		}
		list = append(list, AccessListEntry{p, time.Unix(sec, 0).UTC()})
	}
	return list, nil
}
