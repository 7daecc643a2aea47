package digest

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"
)

// vector is an example of an RFC: realms differ from ours, so HA1 is computed
// here.
type vector struct {
	name     string
	ha1      []byte
	response Response
}

func vectors() []vector {
	md5HA1 := md5.Sum([]byte("Mufasa:http-auth@example.org:Circle of Life"))
	shaHA1 := sha256.Sum256([]byte("Mufasa:http-auth@example.org:Circle of Life"))
	oldHA1 := md5.Sum([]byte("Mufasa:testrealm@host.com:Circle Of Life"))
	rfc7616 := Response{
		Username: "Mufasa", Realm: "http-auth@example.org", URI: "/dir/index.html", QOP: "auth", NC: "00000001", NonceCount: 1,
		Nonce:  "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
		CNonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
		Opaque: "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS",
	}
	withMD5, withSHA, rfc2617 := rfc7616, rfc7616, rfc7616
	withMD5.Algorithm, withMD5.Response = MD5, "8ca523f5e9506fed4657c9700eebdbec"
	withSHA.Algorithm, withSHA.Response = SHA256, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
	rfc2617.Algorithm, rfc2617.Response = MD5, "6629fae49393a05397450978507c4ef1"
	rfc2617.Realm, rfc2617.Nonce, rfc2617.CNonce = "testrealm@host.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093", "0a4f113b"
	return []vector{
		{"RFC 7616 section 3.9.1, MD5", md5HA1[:], withMD5},
		{"RFC 7616 section 3.9.1, SHA-256", shaHA1[:], withSHA},
		{"RFC 2617 section 3.5", oldHA1[:], rfc2617},
	}
}

func TestVerifyVectors(t *testing.T) {
	for _, v := range vectors() {
		t.Run(v.name, func(t *testing.T) {
			r := v.response
			if !Verify(&r, "GET", v.ha1) {
				t.Fatal("refused")
			}
			upper := r
			upper.Response = strings.ToUpper(r.Response)
			if !Verify(&upper, "GET", v.ha1) {
				t.Error("refused in capitals")
			}
		})
	}
}

func TestVerifyRefuses(t *testing.T) {
	for _, v := range vectors() {
		if Verify(&v.response, "PUT", v.ha1) {
			t.Errorf("%s: another method", v.name)
		}
		for name, change := range map[string]func(*Response){
			"nonce":                 func(r *Response) { r.Nonce += "x" },
			"nc":                    func(r *Response) { r.NC = "00000002" },
			"cnonce":                func(r *Response) { r.CNonce = "x" },
			"uri":                   func(r *Response) { r.URI += "?" },
			"qop":                   func(r *Response) { r.QOP = "auth-int" },
			"empty response":        func(r *Response) { r.Response = "" },
			"short response":        func(r *Response) { r.Response = r.Response[2:] },
			"odd response":          func(r *Response) { r.Response = r.Response[1:] },
			"long response":         func(r *Response) { r.Response += "00" },
			"very long response":    func(r *Response) { r.Response = strings.Repeat(r.Response, 100) },
			"no hex":                func(r *Response) { r.Response = "g" + r.Response[1:] },
			"no hex at the end":     func(r *Response) { r.Response = r.Response[:len(r.Response)-1] + "g" },
			"other response":        func(r *Response) { r.Response = strings.Repeat("0", len(r.Response)) },
			"other algorithm":       func(r *Response) { r.Algorithm = map[Algorithm]Algorithm{MD5: SHA256, SHA256: MD5}[r.Algorithm] },
			"an unknown algorithm":  func(r *Response) { r.Algorithm, r.Response = "MD4", "" },
			"response of the other": func(r *Response) { r.Response = strings.Repeat("a", 96-len(r.Response)) },
		} {
			r := v.response
			change(&r)
			if Verify(&r, "GET", v.ha1) {
				t.Errorf("%s: another %s", v.name, name)
			}
		}
		for i := range v.ha1 {
			other := bytes.Clone(v.ha1)
			other[i] ^= 0x80
			if Verify(&v.response, "GET", other) {
				t.Errorf("%s: HA1 with byte %d changed", v.name, i)
			}
		}
		for i := range 2 * len(v.ha1) {
			r := v.response
			c := "0"
			if r.Response[i] == '0' {
				c = "1"
			}
			r.Response = r.Response[:i] + c + r.Response[i+1:]
			if Verify(&r, "GET", v.ha1) {
				t.Errorf("%s: digit %d changed", v.name, i)
			}
		}
	}
}

// TestVerifyHA1OfWrongLength makes answers that would be right if an HA1 of
// any length would do.
func TestVerifyHA1OfWrongLength(t *testing.T) {
	for _, ha1 := range [][]byte{nil, {}, {1}, make([]byte, 15), make([]byte, 17), make([]byte, 32)} {
		r := good()
		ha2 := md5.Sum([]byte("GET:" + r.URI))
		text := hex.EncodeToString(ha1) + ":" + r.Nonce + ":" + r.NC + ":" + r.CNonce + ":auth:" + hex.EncodeToString(ha2[:])
		sum := md5.Sum([]byte(text))
		r.Response = hex.EncodeToString(sum[:])
		if Verify(&r, "GET", ha1) {
			t.Errorf("accepted %d bytes", len(ha1))
		}
	}
}

func TestVerifyLongTarget(t *testing.T) {
	r := good()
	r.URI, r.CNonce = "/"+strings.Repeat("x", 2000), strings.Repeat("y", 1500)
	ha1 := HA1(MD5, testUser, testPassword)
	ha2 := md5.Sum([]byte("GET:" + r.URI))
	sum := md5.Sum([]byte(hex.EncodeToString(ha1) + ":n:00000001:" + r.CNonce + ":auth:" + hex.EncodeToString(ha2[:])))
	r.Response = hex.EncodeToString(sum[:])
	if !Verify(&r, "GET", ha1) {
		t.Error("refused")
	}
}

func TestVerifyDoesNotAllocate(t *testing.T) {
	for _, v := range vectors() {
		for _, response := range []string{v.response.Response, "", "00"} {
			r := v.response
			r.Response = response
			if n := testing.AllocsPerRun(100, func() { Verify(&r, "PATCH", v.ha1) }); n != 0 {
				t.Errorf("%s, response %q: %v allocations", v.name, response, n)
			}
		}
	}
}

func TestCheckTarget(t *testing.T) {
	both := []Algorithm{MD5, SHA256}
	for _, c := range []struct {
		name, uri, target, realm string
		alg                      Algorithm
		offered                  []Algorithm
		want                     bool
	}{
		{"same", "/a?b=c", "/a?b=c", Realm, MD5, both, true},
		{"SHA-256 offered", "/a", "/a", Realm, SHA256, both, true},
		{"SHA-256 not offered", "/a", "/a", Realm, SHA256, both[:1], false},
		{"nothing offered", "/a", "/a", Realm, MD5, nil, false},
		{"unknown algorithm", "/a", "/a", Realm, "", both, false},
		{"other path", "/a", "/b", Realm, MD5, both, false},
		{"prefix", "/a", "/a/b", Realm, MD5, both, false},
		{"no query", "/a", "/a?b", Realm, MD5, both, false},
		{"other escapes", "/a%2fb", "/a%2Fb", Realm, MD5, both, false},
		{"absolute form", "http://h/a", "/a", Realm, MD5, both, false},
		{"dot segments", "/a/../b", "/b", Realm, MD5, both, false},
		{"realm in another case", "/a", "/a", "mms public api", MD5, both, false},
		{"other realm", "/a", "/a", "x", MD5, both, false},
	} {
		r := Response{URI: c.uri, Realm: c.realm, Algorithm: c.alg}
		if got := CheckTarget(&r, c.target, c.offered); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestHA1(t *testing.T) {
	for alg, want := range map[Algorithm]string{
		MD5:    "aa886bb0003aca8203c4fcef63c50d55",
		SHA256: "a3940cd7fb49a49dbbb8abcd3aa256c76ae973786cea53da7ca9c231b1e3e37d",
	} {
		if got := HA1(alg, "abcdefgh", "pw"); hex.EncodeToString(got) != want || len(got) != alg.Size() {
			t.Errorf("%s: %x", alg, got)
		}
	}
	if HA1("MD4", "abcdefgh", "pw") != nil || Algorithm("MD4").Size() != 0 {
		t.Error("an unknown algorithm has an HA1")
	}
}

func TestChallenge(t *testing.T) {
	for _, c := range []struct {
		alg   Algorithm
		stale bool
		want  string
	}{
		{MD5, false, `Digest realm="MMS Public API", domain="", nonce="abc", algorithm=MD5, qop="auth", stale=false`},
		{MD5, true, `Digest realm="MMS Public API", domain="", nonce="abc", algorithm=MD5, qop="auth", stale=true`},
		{SHA256, false, `Digest realm="MMS Public API", domain="", nonce="abc", algorithm=SHA-256, qop="auth", stale=false`},
	} {
		if got := Challenge(c.alg, "abc", c.stale); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

func TestChallengeBody(t *testing.T) {
	if len(ChallengeBody) != 142 {
		t.Errorf("%d bytes", len(ChallengeBody))
	}
	var members map[string]any
	if err := json.Unmarshal([]byte(ChallengeBody), &members); err != nil {
		t.Fatal(err)
	}
	if len(members) != 4 || members["error"] != 401.0 || members["reason"] != "Unauthorized" ||
		members["errorCode"] != "UNEXPECTED_ERROR" || members["detail"] != "You are not authorized for this resource." {
		t.Errorf("members %v", members)
	}
}
