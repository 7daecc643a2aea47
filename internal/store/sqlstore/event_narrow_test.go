package sqlstore

import (
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestNarrow holds that a part of a range is found with few counts, of not much
// more than the range in all, wherever the match is and however the matches are
// spread, and whether they were counted before or not.
func TestNarrow(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	const events, enough = 20_000, 10
	for _, c := range []struct {
		name    string
		matches func(n int) bool
	}{
		{"all", func(int) bool { return true }},
		{"none", func(int) bool { return false }},
		{"every 100th", func(n int) bool { return n%100 == 7 }},
		{"half", func(int) bool { return random.IntN(2) == 0 }},
		{"few", func(int) bool { return random.IntN(500) == 0 }},
		{"old", func(n int) bool { return n < events/50 || n%1000 == 0 }},
		{"new", func(n int) bool { return n > events*49/50 || n%1000 == 0 }},
		{"in clusters", func(n int) bool { return n/700%3 == 1 && n%2 == 0 || n == 5 }},
		{"more and more", func(n int) bool { return random.IntN(events*events) < n*n }},
	} {
		t.Run(c.name, func(t *testing.T) {
			var numbers []int64 // of the matches
			for n := range events {
				if c.matches(n) {
					numbers = append(numbers, int64(n)+1)
				}
			}
			within := func(low, high int64) int {
				from, _ := slices.BinarySearch(numbers, low)
				to, _ := slices.BinarySearch(numbers, high+1)
				return max(0, to-from)
			}
			most := 0
			for _, inside := range []int{unknown, len(numbers)} {
				for range 400 {
					rank := random.IntN(len(numbers) + 3)
					if inside != unknown && rank >= inside {
						continue
					}
					counts, counted := 0, int64(0)
					part, err := narrow(func(low, high int64) (int, error) {
						if low < 1 || high > events || low > high {
							t.Fatalf("counts from %d to %d", low, high)
						}
						counts++
						counted += high - low + 1
						return within(low, high), nil
					}, span{1, events, 0, inside}, rank, enough)
					if err != nil {
						t.Fatal(err)
					}
					in := within(part.low, part.high)
					most = max(most, counts)
					switch {
					case rank >= len(numbers):
						if part.inside != 0 {
							t.Fatalf("match %d of %d is looked for in %+v", rank, len(numbers), part)
						}
					case part.inside != in || part.above != within(part.high+1, events) ||
						rank < part.above || rank >= part.above+in || in > enough:
						t.Fatalf("match %d is looked for in %+v, with %d in it", rank, part, in)
					}
					if counts > 2*bits.Len(events) || counted > 5*events/2 {
						t.Fatalf("match %d of %d: %d counts of %d events", rank, len(numbers), counts, counted)
					}
				}
			}
			t.Logf("at most %d counts for one of %d matches", most, len(numbers))
		})
	}
}
