package latchkey

import (
	"errors"
	"fmt"
	"iter"
	"sort"
	"strconv"
	"strings"
)

// ErrCorrupt is returned when stored text does not have its form: the data was
// changed by something that is not Latchkey.
var ErrCorrupt = errors.New("stored data is corrupt")

// ProjectRoles is the set of roles one key holds in each of its projects. It
// is kept as the compact text that is stored: records of 40 characters, each
// the project's id and 16 hex digits of the role set, ordered by project id.
// Looking one project up is a binary search in that text, so a key in
// thousands of projects costs little more than a key in ten.
type ProjectRoles struct{ text string }

const (
	maskLength   = 16
	recordLength = IDLength + maskLength
)

// LoadProjectRoles wraps text as it was stored, checking its length alone;
// records are checked as they are read. Validate checks them all.
func LoadProjectRoles(text string) (ProjectRoles, error) {
	if len(text)%recordLength != 0 {
		return ProjectRoles{}, fmt.Errorf("%w: project roles have %d characters, not a multiple of %d", ErrCorrupt, len(text), recordLength)
	}
	return ProjectRoles{text}, nil
}

// CollectProjectRoles returns the roles that seq yields, whose project ids must
// rise. It checks nothing; Validate does.
func CollectProjectRoles(seq iter.Seq2[ProjectID, RoleSet]) ProjectRoles {
	var out strings.Builder
	for id, roles := range seq {
		out.WriteString(string(id))
		writeMask(&out, roles)
	}
	return ProjectRoles{out.String()}
}

// Text returns the form that is stored.
func (p ProjectRoles) Text() string { return p.text }

// Len returns in how many projects the key holds roles.
func (p ProjectRoles) Len() int { return len(p.text) / recordLength }

// At returns the i-th project in the order of ids and the roles held there.
// A record that is not well formed reads as no roles.
func (p ProjectRoles) At(i int) (ProjectID, RoleSet) {
	rec := p.text[i*recordLength : (i+1)*recordLength]
	mask, err := strconv.ParseUint(rec[IDLength:], 16, 64)
	if err != nil {
		return ProjectID(rec[:IDLength]), 0
	}
	return ProjectID(rec[:IDLength]), RoleSet(mask).AtLevel(LevelProject)
}

// Get returns the roles held in the project; none when the key is not in it.
func (p ProjectRoles) Get(id ProjectID) RoleSet {
	if i, found := p.search(id); found {
		_, roles := p.At(i)
		return roles
	}
	return 0
}

// All yields the projects in the order of their ids with the roles held there.
func (p ProjectRoles) All() iter.Seq2[ProjectID, RoleSet] {
	return func(yield func(ProjectID, RoleSet) bool) {
		for i := range p.Len() {
			if !yield(p.At(i)) {
				return
			}
		}
	}
}

// With returns the roles with those in one project replaced by exactly roles;
// an empty set takes the key out of the project.
func (p ProjectRoles) With(id ProjectID, roles RoleSet) ProjectRoles {
	i, found := p.search(id)
	from, to := i*recordLength, i*recordLength
	if found {
		to += recordLength
	}
	var out strings.Builder
	out.Grow(len(p.text) + recordLength)
	out.WriteString(p.text[:from])
	if roles != 0 {
		out.WriteString(string(id))
		writeMask(&out, roles)
	}
	out.WriteString(p.text[to:])
	return ProjectRoles{out.String()}
}

// Validate checks every record: well-formed ids in rising order, and role sets
// that are not empty and hold project roles only. It returns ErrCorrupt.
func (p ProjectRoles) Validate() error {
	last := ProjectID("")
	for i := range p.Len() {
		rec := p.text[i*recordLength : (i+1)*recordLength]
		id, ok := ParseID[ProjectID](rec[:IDLength])
		mask, err := strconv.ParseUint(rec[IDLength:], 16, 64)
		roles := RoleSet(mask)
		switch {
		case !ok || err != nil || strings.ToLower(rec) != rec:
			return fmt.Errorf("%w: project roles record %d is not hex", ErrCorrupt, i)
		case id <= last:
			return fmt.Errorf("%w: project roles record %d is out of order", ErrCorrupt, i)
		case roles == 0 || roles.AtLevel(LevelProject) != roles:
			return fmt.Errorf("%w: project roles record %d holds no set of project roles", ErrCorrupt, i)
		}
		last = id
	}
	return nil
}

func (p ProjectRoles) search(id ProjectID) (int, bool) {
	n := p.Len()
	i := sort.Search(n, func(i int) bool {
		return p.text[i*recordLength:i*recordLength+IDLength] >= string(id)
	})
	return i, i < n && p.text[i*recordLength:i*recordLength+IDLength] == string(id)
}

func writeMask(out *strings.Builder, roles RoleSet) {
	const digits = "0123456789abcdef"
	for shift := 60; shift >= 0; shift -= 4 {
		out.WriteByte(digits[roles>>shift&15])
	}
}
