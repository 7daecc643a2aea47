package ratelimit

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"
)

var start = time.Unix(1_700_000_000, 0)

// TestTake walks through a bucket of 3 tokens that gets one back every 20 s.
func TestTake(t *testing.T) {
	p := NewPool(Limit{Capacity: 3, Refill: 3})
	for i, step := range []struct {
		at        time.Duration
		granted   bool
		remaining int
		retry     int // seconds
	}{
		{0, true, 2, 0},
		{0, true, 1, 0},
		{0, true, 0, 0},
		{0, false, 0, 20},
		{5 * time.Second, false, 0, 15},
		{19*time.Second + 999*time.Millisecond, false, 0, 1},
		{20 * time.Second, true, 0, 0},
		{20 * time.Second, false, 0, 20},
		{10 * time.Second, false, 0, 20}, // the clock went back: nothing is gained
		{50 * time.Second, true, 0, 0},
		{60 * time.Second, true, 0, 0},
		{time.Hour, true, 2, 0}, // never fuller than full
	} {
		got := p.Take(Key{ID: "a"}, start.Add(step.at))
		if got.Granted != step.granted || got.Remaining != step.remaining || !step.granted && got.RetryAfter() != step.retry {
			t.Errorf("step %d: %+v, retry after %d; want %+v", i, got, got.RetryAfter(), step)
		}
	}
}

// TestRetryAfterIsEnough holds for every published limit that whoever waits as
// long as it was told gets a token.
func TestRetryAfterIsEnough(t *testing.T) {
	for _, s := range Sets() {
		p, now := NewPool(s.Published), start
		for range s.Published.Capacity {
			if !p.Take(Key{}, now).Granted {
				t.Fatalf("%s: refused within its capacity", s.ID)
			}
		}
		for range 50 {
			refused := p.Take(Key{}, now)
			if refused.Granted {
				t.Fatalf("%s: granted above its capacity", s.ID)
			}
			now = now.Add(time.Duration(refused.RetryAfter()) * time.Second)
			n := 0
			for p.Take(Key{}, now).Granted {
				n++
			}
			if most := refused.RetryAfter()*s.Published.Refill/RefillSeconds + 1; n < 1 || n > most {
				t.Fatalf("%s: %d tokens after %d s, want 1 to %d", s.ID, n, refused.RetryAfter(), most)
			}
		}
	}
}

// TestKeysAreApart holds that one key's calls cost no other key anything, and
// that revocations have tokens of their own.
func TestKeysAreApart(t *testing.T) {
	p := NewPool(Limit{Capacity: 1, Refill: 1})
	keys := []Key{{ID: "a"}, {ID: "a", Revokes: true}, {ID: "b"}, {ID: "b", Revokes: true}}
	for _, granted := range []bool{true, false} {
		for _, k := range keys {
			if got := p.Take(k, start); got.Granted != granted {
				t.Errorf("%+v: granted %v, want %v", k, got.Granted, granted)
			}
		}
	}
}

func TestGiveBack(t *testing.T) {
	p := NewPool(Limit{Capacity: 2, Refill: 1})
	first := p.Take(Key{}, start)
	p.GiveBack(first)
	for _, want := range []int{1, 0} {
		if got := p.Take(Key{}, start); !got.Granted || got.Remaining != want {
			t.Errorf("%+v, want %d left", got, want)
		}
	}
	refused := p.Take(Key{}, start)
	p.GiveBack(refused)
	if got := p.Take(Key{}, start); got.Granted {
		t.Error("what was refused was given back")
	}
	for range 10 {
		p.GiveBack(first)
	}
	n := 0
	for p.Take(Key{}, start).Granted {
		n++
	}
	if n != 2 {
		t.Errorf("%d tokens after giving back too much, want the capacity", n)
	}
}

// TestGiveBackFillsNothingTwice holds that what is given back after the bucket
// filled up again by itself is lost: who holds tokens gets no second burst.
func TestGiveBackFillsNothingTwice(t *testing.T) {
	p := NewPool(Limit{Capacity: 10, Refill: 10})
	for _, test := range []struct {
		held, granted time.Duration // how long before and after the tokens are given back
		want          int
	}{
		{0, 0, 10}, {0, 6 * time.Second, 10}, {0, time.Minute, 10},
		{6 * time.Second, 0, 10}, {time.Minute, 0, 10}, {time.Minute, time.Minute, 10}, {time.Hour, 0, 10},
	} {
		k, now := Key{ID: fmt.Sprint(test)}, start
		var taken []Token
		for range 10 {
			taken = append(taken, p.Take(k, now))
		}
		now = now.Add(test.held)
		for _, token := range taken {
			p.GiveBack(token)
		}
		now = now.Add(test.granted)
		n := 0
		for p.Take(k, now).Granted {
			n++
		}
		if n != test.want {
			t.Errorf("held %v, asked %v later: %d at once of a bucket of 10, want %d", test.held, test.granted, n, test.want)
		}
	}
	// A part of a token that came meanwhile costs nothing.
	one := NewPool(Limit{Capacity: 1, Refill: 1})
	one.GiveBack(one.Take(Key{}, start))
	if !one.Take(Key{}, start.Add(time.Second)).Granted {
		t.Error("the only token was given back and is not there")
	}
}

// TestFullBucketsAreForgotten holds that buckets live no longer than they are
// needed, and that there are never more than a bound.
func TestFullBucketsAreForgotten(t *testing.T) {
	p := NewPool(Limit{Capacity: 10, Refill: 60})
	for i := range 10_000 {
		p.Take(Key{ID: fmt.Sprint(i)}, start.Add(time.Duration(i)*100*time.Millisecond))
	}
	if n := len(p.buckets); n > firstSweep {
		t.Errorf("%d buckets, of which ten are not full", n)
	}
	empty := Key{ID: "empty"}
	for p.Take(empty, start).Granted {
	}
	for i := range 2 * maxBuckets {
		p.Take(Key{ID: fmt.Sprint("new ", i)}, start)
		if n := len(p.buckets); n > maxBuckets {
			t.Fatalf("%d buckets, at most %d", n, maxBuckets)
		}
	}
}

// TestPushedOutIsTheFullest holds that a crowd of fresh buckets does not push
// out one that is nearly empty, so that nobody gets rid of a limit by it.
func TestPushedOutIsTheFullest(t *testing.T) {
	p := NewPool(Limit{Capacity: 10, Refill: 1})
	empty := Key{ID: "empty"}
	for p.Take(empty, start).Granted {
	}
	for i := range 2 * maxBuckets {
		p.Take(Key{ID: fmt.Sprint(i)}, start)
	}
	if p.Take(empty, start).Granted {
		t.Error("the empty bucket was pushed out")
	}
}

func TestAddressKey(t *testing.T) {
	for _, pair := range [][2]string{
		{"192.0.2.1", "192.0.2.1"}, {"::ffff:192.0.2.1", "192.0.2.1"},
		{"2001:db8::1", "2001:db8::/64"}, {"2001:db8::ffff:1", "2001:db8::/64"}, {"2001:db8:0:1::1", "2001:db8:0:1::/64"},
		{"fe80::1%eth0", "fe80::/64"},
	} {
		if got := AddressKey(netip.MustParseAddr(pair[0])).ID; got != pair[1] {
			t.Errorf("%s counts as %s, want %s", pair[0], got, pair[1])
		}
	}
}

// BenchmarkTake is what a limit costs each request of a thousand callers: of
// some that keep their buckets, and of some that are forgotten between two calls.
func BenchmarkTake(b *testing.B) {
	keys := make([]Key, 1000)
	for i := range keys {
		keys[i] = Key{ID: strings.Repeat("0", 20) + fmt.Sprintf("%04d", i)}
	}
	for _, bench := range []struct {
		name string
		each time.Duration // between two requests
	}{{"kept", time.Microsecond}, {"forgotten", time.Millisecond}} {
		b.Run(bench.name, func(b *testing.B) {
			p := NewPool(Limit{Capacity: 1200, Refill: 500})
			now := start
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				now = now.Add(bench.each)
				p.Take(keys[i%len(keys)], now)
			}
		})
	}
}
