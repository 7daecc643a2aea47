package wire

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
)

func mustProxies(t testing.TB, text string) Proxies {
	t.Helper()
	p, err := ParseProxies(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestParseProxies(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "[]",
		" \t":                            "[]",
		"10.0.0.1":                       "[10.0.0.1/32]",
		"10.0.0.0/8, 2001:db8::/32 ,::1": "[10.0.0.0/8 2001:db8::/32 ::1/128]",
		"::ffff:10.0.0.1":                "[10.0.0.1/32]",
		"::ffff:10.0.0.0/104":            "[10.0.0.0/8]",
	} {
		if got := fmt.Sprint([]netip.Prefix(mustProxies(t, text))); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestParseProxiesReportsEveryFault(t *testing.T) {
	faulty := []string{"10.0.0.1/8", "0.0.0.0/0", "::/0", "::ffff:0:0/96", "::ffff:0:0/95", "fe80::1%eth0", "proxy.example.com", "10.0.0.0/33", "10.0.0.0/", "10.0.0.1:80", "010.0.0.1"}
	for _, text := range append(faulty, ",", "10.0.0.1,", ",10.0.0.1") {
		if p, err := ParseProxies(text); err == nil || p != nil {
			t.Errorf("%q: %v, %v", text, p, err)
		}
	}
	_, err := ParseProxies("10.0.0.1," + strings.Join(faulty, ","))
	for _, item := range faulty {
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q", item)) {
			t.Errorf("%v does not name %q", err, item)
		}
	}
}

// TestClientAddress runs each row under no proxy, one and two, each with the
// proxies' addresses in several forms.
func TestClientAddress(t *testing.T) {
	const client = "203.0.113.9"
	rows := 0
	check := func(proxies Proxies, remote string, lines []string, want string) {
		t.Helper()
		rows++
		got, err := proxies.ClientAddress(remote, lines)
		if want == "error" {
			if err == nil || got.IsValid() {
				t.Errorf("%v, %q: %v, want an error", remote, lines, got)
			}
			return
		}
		if err != nil || got.String() != want {
			t.Errorf("%v, %q: %v, %v, want %s", remote, lines, got, err, want)
		}
	}
	headers := [][]string{
		nil, {}, {""}, {"192.0.2.1"}, {"192.0.2.1", "192.0.2.2"}, {"192.0.2.1,192.0.2.2"}, {"junk"}, {"unknown"}, {"192.0.2.1, "},
		{"10.0.0.1"}, {"127.0.0.1"}, {"fe80::1%eth0"}, {"::1"}, {"192.0.2.1:80"}, {strings.Repeat("1.1.1.1,", 1000)},
	}

	// A peer that is no proxy is the client, whatever it says.
	proxies := mustProxies(t, "10.0.0.0/8,2001:db8:1::/48")
	for _, lines := range headers {
		for remote, want := range map[string]string{
			client + ":4711":               client,
			"[::ffff:" + client + "]:4711": client,
			"[2001:db8::9]:4711":           "2001:db8::9",
			"[2001:db8:2::1]:1":            "2001:db8:2::1",
			"[fe80::1%eth0]:1":             "fe80::1",
			"11.0.0.1:1":                   "11.0.0.1",
			"[64:ff9b::a00:1]:1":           "64:ff9b::a00:1",
			"[::10.0.0.1]:1":               "::a00:1",
		} {
			check(proxies, remote, lines, want)
			check(nil, remote, lines, want)
		}
		check(nil, "10.0.0.1:1", lines, "10.0.0.1")
	}

	// Behind one proxy and behind two.
	entries := map[string]string{ // what the last hop before the client's own words wrote
		client:                      client,
		" " + client + "\t":         client,
		client + ":80":              client,
		"::ffff:" + client:          client,
		"[::ffff:" + client + "]:8": client,
		"2001:db8::9":               "2001:db8::9",
		"2001:DB8:0::9":             "2001:db8::9",
		"[2001:db8::9]":             "2001:db8::9",
		"[2001:db8::9]:80":          "2001:db8::9",
		"":                          "error",
		" ":                         "error",
		"unknown":                   "error",
		"_hidden":                   "error",
		"203.0.113":                 "error",
		"203.0.113.09":              "error",
		"203.0.113.256":             "error",
		"203.0.113.9/32":            "error",
		"203.0.113.9:":              "error",
		"203.0.113.9:99999":         "error",
		"203.0.113.9 10.0.0.1":      "error",
		"203.0.113.9;10.0.0.1":      "error",
		`"203.0.113.9"`:             "error",
		"for=203.0.113.9":           "error",
		"[203.0.113.9]":             "error",
		"[2001:db8::9":              "error",
		"2001:db8::9]":              "error",
		"fe80::1%eth0":              "error",
		"[fe80::1%eth0]":            "error",
		"[fe80::1%eth0]:80":         "error",
		"0xcb.0.113.9":              "error",
		"3405803785":                "error",
		"\x00":                      "error",
	}
	for entry, want := range entries {
		for _, said := range []string{"", "192.0.2.66,", "junk,", "10.0.0.66, ", ",", "10.0.0.66,junk,,"} {
			lines := []string{said + entry}
			for _, remote := range []string{"10.0.0.1:1", "[::ffff:10.0.0.1]:1", "[2001:db8:1::1]:1"} {
				check(proxies, remote, lines, want)
				check(proxies, remote, []string{said + entry + ",10.0.0.2"}, want)
				check(proxies, remote, []string{said + entry, "10.0.0.2"}, want)
				check(proxies, remote, []string{"junk", said + entry + " , 2001:db8:1::2", "[::ffff:10.0.0.3]:5"}, want)
			}
		}
	}

	// All that was said are proxies: the leftmost, or the peer if nothing was said.
	check(proxies, "10.0.0.1:1", nil, "10.0.0.1")
	check(proxies, "10.0.0.1:1", []string{"10.0.0.3,10.0.0.2"}, "10.0.0.3")
	check(proxies, "10.0.0.1:1", []string{"10.0.0.3", "10.0.0.2"}, "10.0.0.3")

	for _, remote := range []string{"", "@", "10.0.0.1", "10.0.0.1:", "example.com:80", "[::1]", "::1:80:x"} {
		check(proxies, remote, nil, "error")
		check(nil, remote, nil, "error")
	}
	if rows < 200 {
		t.Errorf("only %d rows", rows)
	}
}

// FuzzClientAddress checks the result against a plain reading of the rule:
// it is the peer, or an entry that a proxy wrote.
func FuzzClientAddress(f *testing.F) {
	f.Add("10.0.0.1:1", "192.0.2.1, 10.0.0.2", "10.0.0.3")
	f.Add("192.0.2.1:1", "junk", "")
	f.Add("[2001:db8::1]:1", "[::ffff:10.0.0.1]:80,fe80::1%x", "::1")
	f.Add("127.0.0.1:1", ",", "1.2.3.4:")
	proxies := Proxies{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32")}
	f.Fuzz(func(t *testing.T, remote, line1, line2 string) {
		got, err := proxies.ClientAddress(remote, []string{line1, line2})
		if err != nil {
			if got.IsValid() {
				t.Fatalf("%v beside %v", got, err)
			}
			return
		}
		if got.Zone() != "" || got.Is4In6() {
			t.Fatalf("%v is not in its plain form", got)
		}
		hop := netip.MustParseAddrPort(remote).Addr().WithZone("").Unmap()
		entries := strings.Split(line1+","+line2, ",")
		for i := len(entries) - 1; hop != got; i-- {
			if i < 0 || !proxies[0].Contains(hop) && !proxies[1].Contains(hop) {
				t.Fatalf("%q, %q, %q: %v was written by no proxy", remote, line1, line2, got)
			}
			text := strings.Trim(strings.Trim(entries[i], " \t"), "[]")
			if hop, err = netip.ParseAddr(text); err != nil {
				hop = netip.MustParseAddrPort(strings.Trim(entries[i], " \t")).Addr()
			}
			hop = hop.Unmap()
		}
	})
}

func BenchmarkClientAddress(b *testing.B) {
	proxies := mustProxies(b, "10.0.0.0/8")
	lines := []string{"203.0.113.9, 10.0.0.2"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := proxies.ClientAddress("10.0.0.1:4711", lines); err != nil {
			b.Fatal(err)
		}
	}
}
