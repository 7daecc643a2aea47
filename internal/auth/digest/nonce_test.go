package digest

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var testNow = time.Date(2026, 3, 1, 12, 0, 0, 123_000_000, time.UTC)

// testKeys returns the same two keys each time, so that a committed fuzz
// corpus can hold nonces of theirs.
func testKeys() []NonceKey {
	keys := []NonceKey{{KID: 7}, {KID: 6}}
	for i := range 32 {
		keys[0].Key[i], keys[1].Key[i] = byte(37*i+11), byte(200-i)
	}
	return keys
}

func newNonces(t testing.TB, keys ...NonceKey) *Nonces {
	t.Helper()
	n, err := NewNonces(keys)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestNonceAges(t *testing.T) {
	n := newNonces(t, testKeys()...)
	nonce := n.Mint(testNow)
	for _, c := range []struct {
		age  time.Duration
		want NonceState
	}{
		{0, Fresh},
		{time.Millisecond, Fresh},
		{59900 * time.Millisecond, Fresh},
		{60 * time.Second, Fresh},
		{60001 * time.Millisecond, Expired},
		{60100 * time.Millisecond, Expired},
		{24 * time.Hour, Expired},
		{200 * 365 * 24 * time.Hour, Expired},
		{-4 * time.Second, Fresh},
		{-5 * time.Second, Fresh},
		{-5001 * time.Millisecond, Expired},
		{-6 * time.Second, Expired},
		{-200 * 365 * 24 * time.Hour, Expired},
	} {
		state, age := n.Check(nonce, testNow.Add(c.age))
		if state != c.want || age != c.age {
			t.Errorf("%v: got %v, %v, want %v", c.age, state, age, c.want)
		}
	}
}

// TestNonceAgeSaturates has clocks so far apart that their difference is no
// time.Duration.
func TestNonceAgeSaturates(t *testing.T) {
	n := newNonces(t, testKeys()...)
	if state, age := n.Check(n.Mint(time.Time{}), testNow); state != Expired || age != math.MaxInt64 {
		t.Errorf("old: %v, %v", state, age)
	}
	if state, age := n.Check(n.Mint(testNow), time.Time{}); state != Expired || age != math.MinInt64 {
		t.Errorf("new: %v, %v", state, age)
	}
}

func TestNonceAltered(t *testing.T) {
	n := newNonces(t, testKeys()...)
	nonce := n.Mint(testNow)
	if len(nonce) != 51 || strings.Trim(nonce, nonceAlphabet) != "" {
		t.Fatalf("nonce %q", nonce)
	}
	var raw [nonceSize]byte
	if _, err := n.encoding.Decode(raw[:], []byte(nonce)); err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		for bit := range 8 {
			altered := raw
			altered[i] ^= 1 << bit
			if state, age := n.Check(n.encoding.EncodeToString(altered[:]), testNow); state != NotOurs || age != 0 {
				t.Errorf("bit %d of byte %d: %v, %v", bit, i, state, age)
			}
		}
	}
	for i := range nonce {
		for c := range 256 {
			altered := nonce[:i] + string([]byte{byte(c)}) + nonce[i+1:]
			if state, _ := n.Check(altered, testNow); altered != nonce && state != NotOurs {
				t.Errorf("%q for %q: %v", altered, nonce, state)
			}
		}
		if state, _ := n.Check(nonce[:i], testNow); state != NotOurs {
			t.Errorf("first %d characters: %v", i, state)
		}
	}
	for _, other := range []string{nonce + "-", nonce + "=", nonce + "\n", " " + nonce, nonce + nonce, "\n" + nonce[:50], strings.Repeat("x", 1<<20)} {
		if state, _ := n.Check(other, testNow); state != NotOurs {
			t.Errorf("%.80q: %v", other, state)
		}
	}
}

func TestNonceKeyrings(t *testing.T) {
	keys := testKeys()
	stranger := keys[0]
	stranger.Key[31] ^= 1
	before, between, after := newNonces(t, keys[1]), newNonces(t, keys...), newNonces(t, keys[0])
	for _, c := range []struct {
		name          string
		minter, other *Nonces
		want          NonceState
	}{
		{"same keys on two replicas", between, newNonces(t, keys...), Fresh},
		{"minted before a rotation", before, between, Fresh},
		{"minted after it, by a replica that has both", between, after, Fresh},
		{"minted after it, old keys", between, before, NotOurs},
		{"two rotations ago", before, after, NotOurs},
		{"other keyring, same key id", newNonces(t, stranger), after, NotOurs},
	} {
		if state, _ := c.other.Check(c.minter.Mint(testNow), testNow); state != c.want {
			t.Errorf("%s: %v, want %v", c.name, state, c.want)
		}
	}
}

func TestNewNoncesRefusals(t *testing.T) {
	if _, err := NewNonces(nil); err == nil {
		t.Error("accepted no keys")
	}
	if _, err := NewNonces([]NonceKey{{KID: 1}, {KID: 2}, {KID: 1}}); err == nil {
		t.Error("accepted one key id twice")
	}
}

func TestNoncesSortByTime(t *testing.T) {
	n := newNonces(t, testKeys()...)
	var nonces []string
	for i := range 2000 {
		nonces = append(nonces, n.Mint(testNow.Add(time.Duration(i)*37*time.Millisecond)))
	}
	if !slices.IsSorted(nonces) {
		t.Error("nonces do not sort by time")
	}
}

func TestNonceProperties(t *testing.T) {
	n, other := newNonces(t, testKeys()...), newNonces(t, testKeys()...)
	rapid.Check(t, func(t *rapid.T) {
		now := time.UnixMilli(rapid.Int64Range(0, 1<<42).Draw(t, "minted"))
		later := time.Duration(rapid.Int64Range(-10_000, 120_000).Draw(t, "later")) * time.Millisecond
		nonce := n.Mint(now)
		state, age := other.Check(nonce, now.Add(later))
		if want := later >= -NonceAhead && later <= NonceLife; (state == Fresh) != want || state == NotOurs || age != later {
			t.Fatalf("%q after %v: %v, %v", nonce, later, state, age)
		}
		if n.Mint(now) == nonce {
			t.Fatalf("%q minted twice", nonce)
		}
	})
}

func TestNoncesConcurrently(t *testing.T) {
	n := newNonces(t, testKeys()...)
	var wait sync.WaitGroup
	var seen sync.Map
	for range 8 {
		wait.Go(func() {
			for range 500 {
				nonce := n.Mint(testNow)
				if _, twice := seen.LoadOrStore(nonce, true); twice {
					t.Errorf("%q minted twice", nonce)
				}
				if state, _ := n.Check(nonce, testNow); state != Fresh {
					t.Errorf("%q: %v", nonce, state)
				}
			}
		})
	}
	wait.Wait()
}

func TestNonceKeysDoNotPrint(t *testing.T) {
	k := testKeys()[0]
	n := newNonces(t, k)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		for _, v := range []any{k, &k, []NonceKey{k}, n, struct{ n *Nonces }{n}} {
			text := fmt.Sprintf(verb, v)
			for _, key := range []string{"11 48 85 122", "0b30557a", "0xb, 0x30", "\x0b0Uz"} {
				if strings.Contains(text, key) {
					t.Errorf("%s of %T prints the key", verb, v)
				}
			}
		}
	}
}

func TestNonceStateNames(t *testing.T) {
	if got := fmt.Sprint(NotOurs, Fresh, Expired); got != "not-ours fresh expired" {
		t.Error(got)
	}
}
