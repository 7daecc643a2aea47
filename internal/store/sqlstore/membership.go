package sqlstore

import (
	"iter"

	"github.com/latchkey/latchkey"
)

// membershipChanges yields the projects that a key enters (true) or leaves
// (false) between two role texts. What the texts have in common at their ends
// is passed over in blocks, so that one change among thousands costs little
// more than comparing the texts.
func membershipChanges(before, after latchkey.ProjectRoles) iter.Seq2[latchkey.ProjectID, bool] {
	return func(yield func(latchkey.ProjectID, bool) bool) {
		length := recordLength(before, after)
		a, b := withoutCommonEnds(before.Text(), after.Text(), length)
		for a != "" || b != "" {
			switch inA, inB := firstProject(a), firstProject(b); {
			case inA == inB:
				a, b = a[length:], b[length:]
			case b == "" || a != "" && inA < inB:
				if !yield(inA, false) {
					return
				}
				a = a[length:]
			default:
				if !yield(inB, true) {
					return
				}
				b = b[length:]
			}
		}
	}
}

// recordLength returns how many characters a role text has for each project.
func recordLength(texts ...latchkey.ProjectRoles) int {
	for _, p := range texts {
		if p.Len() > 0 {
			return len(p.Text()) / p.Len()
		}
	}
	return 1 // of empty texts; never used
}

// firstProject returns the project of the first record, "" of an empty text.
func firstProject(text string) latchkey.ProjectID {
	return latchkey.ProjectID(text[:min(len(text), latchkey.IDLength)])
}

// withoutCommonEnds cuts whole records that are the same at the beginning and
// at the end of both texts.
func withoutCommonEnds(a, b string, record int) (string, string) {
	for _, step := range [...]int{256 * record, 16 * record, record} {
		for len(a) >= step && len(b) >= step && a[:step] == b[:step] {
			a, b = a[step:], b[step:]
		}
		for len(a) >= step && len(b) >= step && a[len(a)-step:] == b[len(b)-step:] {
			a, b = a[:len(a)-step], b[:len(b)-step]
		}
	}
	return a, b
}
