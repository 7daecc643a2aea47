//go:build !race

package digest_test

import (
	"testing"

	"github.com/latchkey/latchkey/internal/auth/digest"
)

// TestDigestCheckDoesNotAllocate is left out under the race detector, which
// makes sync.Pool forget at random.
func TestDigestCheckDoesNotAllocate(t *testing.T) {
	for _, alg := range []digest.Algorithm{digest.MD5, digest.SHA256} {
		f := newFixture(t, alg)
		if n := testing.AllocsPerRun(100, func() { f.check(keyID, f.sealed) }); n != 0 {
			t.Errorf("%s: %v allocations", alg, n)
		}
	}
}
