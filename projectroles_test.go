package latchkey_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/latchkey/latchkey"
)

const (
	p1 = latchkey.ProjectID("111111111111111111111111")
	p2 = latchkey.ProjectID("2222222222222222222222aa")
	p3 = latchkey.ProjectID("2222222222222222222222ab")
)

func TestProjectRolesText(t *testing.T) {
	var p latchkey.ProjectRoles
	p = p.With(p3, latchkey.Roles(latchkey.GroupBillingAdmin))
	p = p.With(p1, latchkey.Roles(latchkey.GroupOwner, latchkey.GroupReadOnly))
	p = p.With(p2, latchkey.Roles(latchkey.GroupAccessManager))
	const want = "111111111111111111111111" + "0000000200000100" +
		"2222222222222222222222aa" + "0000000000000200" +
		"2222222222222222222222ab" + "0000010000000000"
	if p.Text() != want {
		t.Errorf("stored as %q, want %q", p.Text(), want)
	}
	if got := p.With(p2, 0).Text(); got != want[:40]+want[80:] {
		t.Errorf("without the second %q", got)
	}
	if got := p.With("9", 0); got != p {
		t.Errorf("taking out a project it is not in changed %q", got.Text())
	}
	if p.Get(p1) != latchkey.Roles(latchkey.GroupOwner, latchkey.GroupReadOnly) || p.Get("3") != 0 || (latchkey.ProjectRoles{}).Get(p1) != 0 {
		t.Error("Get finds the wrong roles")
	}
	n := 0
	for id := range p.All() {
		if n++; id != p1 {
			t.Errorf("All begins with %s", id)
		}
		break
	}
	if n != 1 {
		t.Errorf("All yields %d projects before it is stopped", n)
	}
}

// TestProjectRolesIsAMap compares the text with a map through random changes.
func TestProjectRolesIsAMap(t *testing.T) {
	project := rapid.Custom(func(t *rapid.T) latchkey.ProjectID {
		return latchkey.ProjectID(fmt.Sprintf("%024x", rapid.Uint64Range(0, 40).Draw(t, "id")))
	})
	rapid.Check(t, func(t *rapid.T) {
		var got latchkey.ProjectRoles
		want := map[latchkey.ProjectID]latchkey.RoleSet{}
		t.Repeat(map[string]func(*rapid.T){
			"replace": func(t *rapid.T) {
				id := project.Draw(t, "project")
				set, _ := anyRoles(t, "roles")
				set = set.AtLevel(latchkey.LevelProject)
				before := got.Text()
				old := got
				got = got.With(id, set)
				if set == 0 {
					delete(want, id)
				} else {
					want[id] = set
				}
				if old.Text() != before {
					t.Fatal("With changed its receiver")
				}
			},
			"": func(t *rapid.T) {
				if err := got.Validate(); err != nil {
					t.Fatal(err)
				}
				again, err := latchkey.LoadProjectRoles(got.Text())
				if err != nil || again != got {
					t.Fatalf("loaded %q, %v", again.Text(), err)
				}
				if !maps.Equal(maps.Collect(got.All()), want) || got.Len() != len(want) {
					t.Fatalf("holds %v, want %v", maps.Collect(got.All()), want)
				}
				for i, id := range slices.Sorted(maps.Keys(want)) {
					if at, set := got.At(i); at != id || set != want[id] || got.Get(id) != want[id] {
						t.Fatalf("record %d is %s %v, want %s %v", i, at, set.Names(), id, want[id].Names())
					}
				}
				id := project.Draw(t, "asked")
				if got.Get(id) != want[id] {
					t.Fatalf("in %s %v, want %v", id, got.Get(id).Names(), want[id].Names())
				}
			},
		})
	})
}

func TestProjectRolesCorrupt(t *testing.T) {
	const good = "111111111111111111111111" + "0000000000000100"
	const next = "2222222222222222222222aa" + "0000000000000200"
	for name, text := range map[string]string{
		"cut off":               good + next[:39],
		"one character":         "1",
		"too long":              good + "0",
		"id is not hex":         strings.Replace(good, "1111", "111g", 1),
		"id in upper case":      strings.ToUpper(next),
		"mask is not hex":       good[:39] + "z",
		"mask with a sign":      good[:24] + "+000000000000100",
		"mask with underscores": good[:24] + "0_00000000000100",
		"no roles":              good[:24] + "0000000000000000",
		"an organization role":  good[:24] + "0000000000000102",
		"a global role":         good[:24] + "0000020000000100",
		"an unknown role":       good[:24] + "8000000000000000",
		"bit 0":                 good[:24] + "0000000000000001",
		"twice":                 good + good,
		"out of order":          next + good,
	} {
		p, err := latchkey.LoadProjectRoles(text)
		if err == nil {
			err = p.Validate()
		}
		if !errors.Is(err, latchkey.ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	p, err := latchkey.LoadProjectRoles(good[:24] + "zzzzzzzzzzzzzzzz" + next[:24] + "0000020000000182")
	if err != nil {
		t.Fatal(err)
	}
	if p.Get(p1) != 0 {
		t.Error("a record that is not hex gives roles")
	}
	if got := p.Get(p2); got != latchkey.Roles(latchkey.GroupOwner) {
		t.Errorf("roles of other levels count in a project: %v", got.Names())
	}
}

func FuzzProjectRoles(f *testing.F) {
	const good = "1111111111111111111111110000000000000100"
	f.Add("")
	f.Add(good)
	f.Add(good + "2222222222222222222222aa0000000000000200")
	f.Add(good + good)
	f.Add(good[:39] + "+")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := latchkey.LoadProjectRoles(text)
		if err != nil {
			if !errors.Is(err, latchkey.ErrCorrupt) {
				t.Fatal(err)
			}
			return
		}
		for id, roles := range p.All() {
			if roles.AtLevel(latchkey.LevelProject) != roles {
				t.Fatalf("%q holds %v", id, roles.Names())
			}
		}
		if p.Text() != text {
			t.Fatalf("%q was kept as %q", text, p.Text())
		}
		if err := p.Validate(); err != nil {
			if !errors.Is(err, latchkey.ErrCorrupt) {
				t.Fatal(err)
			}
			return
		}
		var again latchkey.ProjectRoles
		for id, roles := range p.All() {
			again = again.With(id, roles)
		}
		if again != p {
			t.Fatalf("%q is valid, and written as %q", text, again.Text())
		}
	})
}

func BenchmarkProjectRoles(b *testing.B) {
	for _, n := range []int{10, 5000} {
		var text strings.Builder
		for i := range n {
			fmt.Fprintf(&text, "%024x%016x", i, 1<<latchkey.GroupReadOnly)
		}
		p, err := latchkey.LoadProjectRoles(text.String())
		if err != nil {
			b.Fatal(err)
		}
		id, _ := p.At(n / 3)
		b.Run(fmt.Sprintf("Get/%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if p.Get(id) == 0 {
					b.Fatal("not found")
				}
			}
		})
		b.Run(fmt.Sprintf("With/%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p.With(id, latchkey.Roles(latchkey.GroupOwner))
			}
		})
	}
}

func TestProjectRolesInUpperCaseAreCorrupt(t *testing.T) {
	p, err := latchkey.LoadProjectRoles("000000000000000000000001" + "0000000000000A00")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Validate(); !errors.Is(err, latchkey.ErrCorrupt) {
		t.Errorf("%v, want ErrCorrupt: With never writes upper case", err)
	}
}
