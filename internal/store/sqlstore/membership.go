package sqlstore

import (
	"iter"

	"github.com/latchkey/latchkey"
)

// membershipChanges yields the projects in which a key's roles differ between
// before and after, with those after; none means that it leaves the project.
// What the texts have in common at their ends is passed over in blocks, so that
// one change among thousands costs little more than comparing the texts.
func membershipChanges(before, after latchkey.ProjectRoles) iter.Seq2[latchkey.ProjectID, latchkey.RoleSet] {
	return func(yield func(latchkey.ProjectID, latchkey.RoleSet) bool) {
		before, after := withoutCommonEnds(before, after)
		i, j, m, n := 0, 0, before.Len(), after.Len()
		for i < m || j < n {
			var was, is latchkey.ProjectID
			var had, has latchkey.RoleSet
			if i < m {
				was, had = before.At(i)
			}
			if j < n {
				is, has = after.At(j)
			}
			switch {
			case j == n || i < m && was < is:
				if !yield(was, 0) {
					return
				}
				i++
			case i == m || is < was:
				if !yield(is, has) {
					return
				}
				j++
			default:
				if had != has && !yield(is, has) {
					return
				}
				i++
				j++
			}
		}
	}
}

// withoutCommonEnds cuts whole records that are the same at the beginning and
// at the end of both texts.
func withoutCommonEnds(before, after latchkey.ProjectRoles) (latchkey.ProjectRoles, latchkey.ProjectRoles) {
	if before.Len() == 0 || after.Len() == 0 {
		return before, after
	}
	a, b := before.Text(), after.Text()
	record := len(a) / before.Len()
	for _, step := range [...]int{256 * record, 16 * record, record} {
		for len(a) >= step && len(b) >= step && a[:step] == b[:step] {
			a, b = a[step:], b[step:]
		}
		for len(a) >= step && len(b) >= step && a[len(a)-step:] == b[len(b)-step:] {
			a, b = a[:len(a)-step], b[:len(b)-step]
		}
	}
	return records(a), records(b)
}

// records wraps whole records of a text that was loaded before.
func records(text string) latchkey.ProjectRoles {
	p, err := latchkey.LoadProjectRoles(text)
	if err != nil {
		panic(err) // the cuts are multiples of a record
	}
	return p
}
