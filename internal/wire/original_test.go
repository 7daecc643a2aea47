package wire

import (
	"net/http"
	"strings"
	"testing"
)

// FuzzOriginal compares what is found of an original request with a second
// reading of the same headers, which knows nothing of how the first one is made.
func FuzzOriginal(f *testing.F) {
	f.Add("groupId=x&role=y&uri=/a?uri=/b&role=z", "POST", "", "/a?uri=/b&role=z", "")
	f.Add("uri=/", "", "", "", "")
	f.Add("xuri=/a&uri", "GET", "GET", "/a", "/a")
	f.Add("", "GET", "HEAD", "*", "")
	f.Add("&uri=", " ", "", "", "a")
	f.Fuzz(func(t *testing.T, query, forwardedMethod, originalMethod, forwardedURI, originalURI string) {
		own, tail := originalIn(query)
		if tail == "" && strings.Contains("&"+own, "&uri=/") {
			t.Errorf("%q: nothing cut off", query)
		}
		if tail != "" && own+"&uri="+tail != query && "uri="+tail != query && own+"uri="+tail != query {
			t.Errorf("%q was cut into %q and %q", query, own, tail)
		}
		r := &http.Request{Method: "PUT", RequestURI: "/own", RemoteAddr: "127.0.0.1:1", Header: http.Header{}}
		set := func(name, value string) {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		set("X-Forwarded-Method", forwardedMethod)
		set("X-Original-Method", originalMethod)
		set("X-Forwarded-Uri", forwardedURI)
		set("X-Original-URI", originalURI)
		one := func(own string, all ...string) string {
			said := ""
			for _, s := range all {
				if s != "" && said != "" && s != said {
					return "" // a contradiction
				}
				said += strings.Repeat(s, b2i(said == ""))
			}
			if said == "" {
				return own
			}
			return said
		}
		wantMethod, wantTarget := one("PUT", forwardedMethod, originalMethod), one("/own", forwardedURI, originalURI, tail)
		good := wantMethod != "" && strings.Trim(wantMethod, "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") == "" &&
			(wantTarget == "*" || strings.HasPrefix(wantTarget, "/"))
		method, target, refusal := mustProxies(t, "127.0.0.1").original(r, tail)
		if (refusal == nil) != good || good && (method != wantMethod || target != wantTarget) {
			t.Errorf("%q %q %v, want %q %q %v", method, target, refusal, wantMethod, wantTarget, good)
		}
		if method, target, refusal := mustProxies(t, "127.0.0.2").original(r, tail); method != "PUT" || target != "/own" || refusal != nil {
			t.Errorf("of an untrusted peer: %q %q %v", method, target, refusal)
		}
	})
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestTrustsPeer(t *testing.T) {
	proxies := mustProxies(t, "127.0.0.1, 10.0.0.0/8, fe80::/10")
	for remote, want := range map[string]bool{
		"127.0.0.1:80": true, "[::ffff:10.1.2.3]:80": true, "[fe80::1%eth0]:80": true, "127.0.0.2:80": false,
		"[::1]:80": false, "127.0.0.1": false, "": false, "@": false,
	} {
		if got := proxies.trustsPeer(remote); got != want {
			t.Errorf("%q: %v", remote, got)
		}
	}
	if Proxies(nil).trustsPeer("127.0.0.1:80") {
		t.Error("no proxies trust somebody")
	}
}
