package apitest

import "testing"

// generation is one base under which the API is served.
type generation struct {
	name, base string
	bit        on
}

// on says on which generations something holds; 0 is all.
type on uint8

const (
	v2 on = 1 << iota
	public
	atlasV1
	v1 = public | atlasV1
)

func generations() []generation {
	return []generation{
		{"v2", "/api/atlas/v2", v2},
		{"public", "/api/public/v1.0", public},
		{"atlas-v1", "/api/atlas/v1.0", atlasV1},
	}
}

// on reports whether the generation is one of those.
func (g generation) on(these on) bool { return these == 0 || these&g.bit != 0 }

// at puts the base before the path of a call "METHOD /path".
func (g generation) at(call string) string {
	for i := range call {
		if call[i] == ' ' {
			return call[:i+1] + g.base + call[i+1:]
		}
	}
	return call
}

// onEveryGeneration runs a test on each store and each generation, in one
// world per store with the usual cast.
func onEveryGeneration(t *testing.T, test func(t *testing.T, w *world, g generation)) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, options{})
		w.cast()
		for _, g := range generations() {
			t.Run(g.name, func(t *testing.T) {
				w.t = t
				test(t, w, g)
			})
		}
	})
}
