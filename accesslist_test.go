package latchkey_test

import (
	"errors"
	"net/netip"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/latchkey/latchkey"
)

func entry(prefix string, seconds int64) latchkey.AccessListEntry {
	return latchkey.AccessListEntry{Prefix: netip.MustParsePrefix(prefix), Created: time.Unix(seconds, 0).UTC()}
}

func TestAccessListCovers(t *testing.T) {
	list := latchkey.AccessList{entry("10.1.0.0/16", 1), entry("10.0.0.0/8", 2), entry("192.0.2.7/32", 3), entry("2001:db8::/32", 4)}
	for _, c := range []struct {
		addr, want string
	}{
		{"10.1.2.3", "10.1.0.0/16"},
		{"10.2.0.0", "10.0.0.0/8"},
		{"::ffff:10.2.0.0", "10.0.0.0/8"},
		{"11.0.0.0", ""},
		{"192.0.2.7", "192.0.2.7/32"},
		{"192.0.2.8", ""},
		{"2001:db8:ffff::1", "2001:db8::/32"},
		{"2001:db9::1", ""},
		{"fe80::1%eth0", ""},
		{"2001:db8::1%eth0", ""},
	} {
		got, ok := list.Covers(netip.MustParseAddr(c.addr))
		if ok != (c.want != "") || ok && got.String() != c.want {
			t.Errorf("%s is covered by %v (%v), want %q", c.addr, got, ok, c.want)
		}
	}
	if _, ok := list.Covers(netip.Addr{}); ok {
		t.Error("no address is covered")
	}
	if _, ok := (latchkey.AccessList)(nil).Covers(netip.MustParseAddr("10.1.2.3")); ok {
		t.Error("an empty list covers an address")
	}
	if got := list.Index(netip.MustParsePrefix("10.0.0.0/8")); got != 1 {
		t.Errorf("10.0.0.0/8 is entry %d", got)
	}
	if got := list.Index(netip.MustParsePrefix("10.0.0.0/9")); got != -1 {
		t.Errorf("10.0.0.0/9 is entry %d", got)
	}
}

func TestAccessListText(t *testing.T) {
	list := latchkey.AccessList{entry("10.0.0.0/8", 1700000000), entry("2001:db8::/32", -5)}
	const want = "10.0.0.0/8 1700000000;2001:db8::/32 -5"
	if list.Text() != want {
		t.Errorf("stored as %q, want %q", list.Text(), want)
	}
	if got := (latchkey.AccessList)(nil).Text(); got != "" {
		t.Errorf("an empty list is stored as %q", got)
	}
	if got, err := latchkey.ParseAccessList(""); err != nil || got != nil {
		t.Errorf("%v, %v", got, err)
	}
	for _, text := range []string{
		" ", ";", want + ";", ";" + want, "10.0.0.0/8", "10.0.0.0 1", "10.0.0.0/8 x", "10.0.0.0/8  1", "10.0.0.0/8 1 2",
		"10.0.0.1/8 1", "10.0.0.0/33 1", "10.0.0.0/08 1", "fe80::%eth0/64 1", "10.0.0.0/8,1", "10.0.0.0/8 99999999999999999999",
	} {
		if got, err := latchkey.ParseAccessList(text); !errors.Is(err, latchkey.ErrCorrupt) || got != nil {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}

func TestAccessListRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var list latchkey.AccessList
		for range rapid.IntRange(0, 20).Draw(t, "entries") {
			raw := rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "address")
			if rapid.Bool().Draw(t, "six") {
				raw = append(raw, rapid.SliceOfN(rapid.Byte(), 12, 12).Draw(t, "rest")...)
			}
			addr, _ := netip.AddrFromSlice(raw)
			prefix, err := addr.Prefix(rapid.IntRange(0, addr.BitLen()).Draw(t, "bits"))
			if err != nil {
				t.Fatal(err)
			}
			created := time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "created"), 0).UTC()
			list = append(list, latchkey.AccessListEntry{Prefix: prefix, Created: created})
		}
		got, err := latchkey.ParseAccessList(list.Text())
		if err != nil || !slices.Equal(got, list) {
			t.Fatalf("%q reads as %v, %v; want %v", list.Text(), got, err, list)
		}
		for _, e := range list {
			if _, ok := list.Covers(e.Prefix.Addr()); !ok && !e.Prefix.Addr().Is4In6() {
				t.Fatalf("%v does not cover its own %v", list, e.Prefix.Addr())
			}
		}
	})
}

func FuzzParseAccessList(f *testing.F) {
	for _, s := range []string{"", "10.0.0.0/8 1700000000", "10.0.0.0/8 1;2001:db8::/32 -5", "::/0 0", "::ffff:10.0.0.0/104 1", "10.0.0.1/8 1", ";"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list, err := latchkey.ParseAccessList(text)
		if err != nil {
			if !errors.Is(err, latchkey.ErrCorrupt) || list != nil {
				t.Fatalf("%v, %v", list, err)
			}
			return
		}
		again, err := latchkey.ParseAccessList(list.Text())
		if err != nil || !slices.Equal(again, list) {
			t.Fatalf("%q reads as %v, is written as %q and read as %v, %v", text, list, list.Text(), again, err)
		}
	})
}
