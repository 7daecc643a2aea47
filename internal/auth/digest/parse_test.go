package digest

import (
	"fmt"
	"strings"
	"testing"
)

// The key, request and nonce of the recorded headers below.
const (
	testUser     = "abcdefgh"
	testPassword = "9f3c1a2b-4d5e-4f60-8a7b-1c2d3e4f5061"
	testTarget   = "/api/atlas/v2/groups/64f0c0ffee64f0c0ffee64f0/apiKeys?pretty=true&x=a%2Fb"
	testNonce    = "-0-FIXEDnonce_0123456789abcdefghijklmnopqrstuvwxyzAB"
)

// recorded holds what clients sent for GET of testTarget, byte for byte.
func recorded() map[string]string {
	return map[string]string{
		"curl 7.88":       `Digest username="abcdefgh", realm="MMS Public API", nonce="-0-FIXEDnonce_0123456789abcdefghijklmnopqrstuvwxyzAB", uri="/api/atlas/v2/groups/64f0c0ffee64f0c0ffee64f0/apiKeys?pretty=true&x=a%2Fb", cnonce="Mzk3ZjM5YTQ4YzBiZmQwZjgxNDk1MzFkMmViZjZhNDY=", nc=00000001, qop=auth, response="acb3e69fd3008d81e24b3e6e286c5228", algorithm=MD5`,
		"requests 2.34":   `Digest username="abcdefgh", realm="MMS Public API", nonce="-0-FIXEDnonce_0123456789abcdefghijklmnopqrstuvwxyzAB", uri="/api/atlas/v2/groups/64f0c0ffee64f0c0ffee64f0/apiKeys?pretty=true&x=a%2Fb", response="74dba8af370ca8c82f17ed924e3e5ae2", algorithm="MD5", qop="auth", nc=00000001, cnonce="3d8fa14fde3a703f"`,
		"urllib 3.11":     `Digest username="abcdefgh", realm="MMS Public API", nonce="-0-FIXEDnonce_0123456789abcdefghijklmnopqrstuvwxyzAB", uri="/api/atlas/v2/groups/64f0c0ffee64f0c0ffee64f0/apiKeys?pretty=true&x=a%2Fb", response="b327b9efe2c622cfc7f2776e89ac2007", algorithm="MD5", qop=auth, nc=00000001, cnonce="8870e6da7a02ebdb"`,
		"wget 1.21":       `Digest username="abcdefgh", realm="MMS Public API", nonce="-0-FIXEDnonce_0123456789abcdefghijklmnopqrstuvwxyzAB", uri="/api/atlas/v2/groups/64f0c0ffee64f0c0ffee64f0/apiKeys?pretty=true&x=a%2Fb", response="ff01b33279a0becdb121fda9a837f656", qop=auth, nc=00000001, cnonce="42964d31", algorithm="MD5"`,
		"wget, no choice": `Digest username="abcdefgh", realm="MMS Public API", nonce="-0-FIXEDnonce_0123456789abcdefghijklmnopqrstuvwxyzAB", uri="/api/atlas/v2/groups/64f0c0ffee64f0c0ffee64f0/apiKeys?pretty=true&x=a%2Fb", response="ff01b33279a0becdb121fda9a837f656", qop=auth, nc=00000001, cnonce="42964d31"`,
	}
}

func TestRecordedClients(t *testing.T) {
	ha1 := HA1(MD5, testUser, testPassword)
	for name, header := range recorded() {
		r, err := ParseAuthorization(header)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if r.Username != testUser || r.Nonce != testNonce || r.NonceCount != 1 || r.Algorithm != MD5 {
			t.Errorf("%s: %+v", name, r)
		}
		if !CheckTarget(&r, testTarget, []Algorithm{MD5}) {
			t.Errorf("%s: wrong target", name)
		}
		if !Verify(&r, "GET", ha1) {
			t.Errorf("%s: wrong response", name)
		}
		if Verify(&r, "PATCH", ha1) {
			t.Errorf("%s: good for another method", name)
		}
	}
}

// header builds an Authorization header from good parameters with some
// replaced, in the given order of pairs; an empty value leaves one out.
func header(replace ...string) string {
	order := []string{"username", "realm", "nonce", "uri", "response", "algorithm", "qop", "nc", "cnonce"}
	values := map[string]string{
		"username": `"abcdefgh"`, "realm": `"MMS Public API"`, "nonce": `"n"`, "uri": `"/x"`, "response": `"r"`,
		"algorithm": `MD5`, "qop": `auth`, "nc": `00000001`, "cnonce": `"c"`,
	}
	for i := 0; i < len(replace); i += 2 {
		if _, known := values[replace[i]]; !known {
			order = append(order, replace[i])
		}
		values[replace[i]] = replace[i+1]
	}
	var parts []string
	for _, name := range order {
		if values[name] != "" {
			parts = append(parts, name+"="+values[name])
		}
	}
	return "Digest " + strings.Join(parts, ", ")
}

// good is what header() without arguments says.
func good() Response {
	return Response{
		Username: "abcdefgh", Realm: "MMS Public API", Nonce: "n", URI: "/x", Response: "r",
		Algorithm: MD5, QOP: "auth", NC: "00000001", NonceCount: 1, CNonce: "c",
	}
}

func TestParseAuthorizationAccepts(t *testing.T) {
	with := func(change func(*Response)) Response {
		r := good()
		change(&r)
		return r
	}
	for _, c := range []struct {
		name, header string
		want         Response
	}{
		{"plain", header(), good()},
		{"scheme in another case", "dIGEST" + header()[6:], good()},
		{"more spaces", strings.Replace(header(), "Digest ", "Digest    ", 1), good()},
		{"names in another case", strings.NewReplacer("username", "USERNAME", "cnonce", "cNonce", "nc=", "Nc=").Replace(header()), good()},
		{"no spaces", "Digest " + strings.ReplaceAll(header()[7:], ", ", ","), good()},
		{"tabs", "Digest " + strings.ReplaceAll(header()[7:], ", ", "\t,\t"), good()},
		{"space around =", strings.ReplaceAll(header(), "=", " =\t"), good()},
		{"empty elements", strings.Replace(header(), "Digest ", "Digest ,, ,", 1) + " , ,", good()},
		{"everything quoted", header("algorithm", `"MD5"`, "qop", `"auth"`, "nc", `"00000001"`), good()},
		{"everything bare", header("username", "abcdefgh", "nonce", "n", "response", "r", "cnonce", "c"), good()},
		{"no algorithm", header("algorithm", ""), good()},
		{"md5", header("algorithm", "md5"), good()},
		{"SHA-256", header("algorithm", "SHA-256"), with(func(r *Response) { r.Algorithm = SHA256 })},
		{"sha-256", header("algorithm", `"sha-256"`), with(func(r *Response) { r.Algorithm = SHA256 })},
		{"opaque", header("opaque", `"o"`), with(func(r *Response) { r.Opaque = "o" })},
		{"empty opaque", header("opaque", `""`), good()},
		{"unknown", header("userhash", "false", "charset", `"UTF-8"`, "a-much-longer-name", "1"), good()},
		{"comma and = in a value", header("uri", `"/x?a=1, b=2"`), with(func(r *Response) { r.URI = "/x?a=1, b=2" })},
		{"escapes", header("uri", `"/\x\"\\\,"`, "username", `"\a\b\c\d\e\f\g\h"`), with(func(r *Response) { r.URI = `/x"\,` })},
		{"bytes above ASCII", header("uri", "\"/\xc3\xa4\xff\""), with(func(r *Response) { r.URI = "/\xc3\xa4\xff" })},
		{"other realm", header("realm", `"other"`), with(func(r *Response) { r.Realm = "other" })},
		{"nc", header("nc", "000000ff"), with(func(r *Response) { r.NC, r.NonceCount = "000000ff", 255 })},
		{"nc in capitals", header("nc", "0000ABCD"), with(func(r *Response) { r.NC, r.NonceCount = "0000ABCD", 0xabcd })},
		{"highest nc", header("nc", "ffffffff"), with(func(r *Response) { r.NC, r.NonceCount = "ffffffff", 1<<32-1 })},
		{"longest", header("uri", `"/`+strings.Repeat("x", MaxHeader-len(header("uri", `"/"`)))+`"`), with(func(r *Response) {
			r.URI = "/" + strings.Repeat("x", MaxHeader-len(header("uri", `"/"`)))
		})},
		{"most parameters", header() + others(MaxParams-9), good()},
	} {
		got, err := ParseAuthorization(c.header)
		if err != nil || got != c.want {
			t.Errorf("%s: got %+v, %v, want %+v", c.name, got, err, c.want)
		}
	}
}

// others returns n more parameters that nobody knows.
func others(n int) string {
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, ", x%d=y", i)
	}
	return text.String()
}

func TestParseAuthorizationRefuses(t *testing.T) {
	for _, c := range []struct {
		name, header string
		want         ParseError
	}{
		{"nothing", "", ErrScheme},
		{"scheme alone", "Digest", ErrScheme},
		{"scheme and tab", "Digest\t" + header()[7:], ErrScheme},
		{"Basic", "Basic YTpi", ErrScheme},
		{"Bearer", "Bearer abc", ErrScheme},
		{"longer scheme", "Digestive " + header()[7:], ErrScheme},
		{"leading space", " " + header(), ErrScheme},
		{"4097 bytes", header() + strings.Repeat(" ", MaxHeader+1-len(header())), ErrTooLong},
		{"megabyte", header("uri", `"`+strings.Repeat("x", 1<<20)+`"`), ErrTooLong},
		{"21 parameters", header() + others(MaxParams-8), ErrTooMany},
		{"no parameters", "Digest ", ErrMissing},
		{"commas", "Digest ,,,", ErrMissing},
		{"token68", "Digest YWJj", ErrSyntax},
		{"token68 with padding", "Digest YWJj==", ErrSyntax},
		{"no name", `Digest ="x"`, ErrSyntax},
		{"no value", header("opaque", " "), ErrSyntax},
		{"no value at the end", header("cnonce", " "), ErrSyntax},
		{"no comma", header("opaque", `"o" x=y`), ErrSyntax},
		{"semicolon", strings.Replace(header(), ",", ";", 1), ErrSyntax},
		{"quote in the middle", header("opaque", `a"b"`), ErrSyntax},
		{"text after a quote", header("opaque", `"a"b`), ErrSyntax},
		{"bare value with a slash", header("uri", "/x"), ErrSyntax},
		{"quoted name", header(`"opaque"`, "o"), ErrSyntax},
		{"star parameter without a name", header("*=", "x"), ErrSyntax},
		{"no end", header("cnonce", `"c`), ErrUnterminated},
		{"no end after an escape", header("cnonce", `"c\"`), ErrUnterminated},
		{"backslash last", header("cnonce", `"c\`), ErrUnterminated},
		{"NUL", header("opaque", "\"\x00\""), ErrControl},
		{"escaped NUL", header("opaque", "\"\\\x00\""), ErrControl},
		{"newline", header("opaque", "\"a\nb\""), ErrControl},
		{"newline after an escape", header("opaque", "\"\\a\nb\""), ErrControl},
		{"carriage return", header("opaque", "\"a\rb\""), ErrControl},
		{"tab", header("opaque", "\"a\tb\""), ErrControl},
		{"DEL", header("opaque", "\"a\x7fb\""), ErrControl},
		{"control byte outside of quotes", header() + "\x01", ErrSyntax},
		{"newline for a space", strings.Replace(header(), ", ", ",\n", 1), ErrSyntax},
		{"duplicate", header() + `, username="abcdefgh"`, ErrDuplicate},
		{"duplicate in another case", header() + `, URI="/x"`, ErrDuplicate},
		{"duplicate of an empty one", header("opaque", `""`) + `, opaque=""`, ErrDuplicate},
		{"unknown duplicate", header("x", "1") + ", X=2", ErrDuplicate},
		{"no username", header("username", ""), ErrMissing},
		{"username* for username", header("username", "", "username*", "UTF-8''abcdefgh"), ErrMissing},
		{"no realm", header("realm", ""), ErrMissing},
		{"no nonce", header("nonce", ""), ErrMissing},
		{"no uri", header("uri", ""), ErrMissing},
		{"no response", header("response", ""), ErrMissing},
		{"no cnonce", header("cnonce", ""), ErrMissing},
		{"empty username", header("username", `""`), ErrMissing},
		{"empty cnonce", header("cnonce", `""`), ErrMissing},
		{"short username", header("username", "abcdefg"), ErrUsername},
		{"long username", header("username", "abcdefghi"), ErrUsername},
		{"capital username", header("username", "Abcdefgh"), ErrUsername},
		{"colon in username", header("username", `"abc:efgh"`), ErrUsername},
		{"digit in username", header("username", "abcdefg1"), ErrUsername},
		{"letter beyond ASCII", header("username", `"abcdefß"`), ErrUsername},
		{"MD5-sess", header("algorithm", "MD5-sess"), ErrAlgorithm},
		{"SHA-512-256", header("algorithm", "SHA-512-256"), ErrAlgorithm},
		{"empty algorithm", header("algorithm", `""`), ErrAlgorithm},
		{"no qop", header("qop", ""), ErrQOP},
		{"RFC 2069", header("qop", "", "nc", "", "cnonce", `"c"`), ErrQOP},
		{"auth-int", header("qop", "auth-int"), ErrQOP},
		{"two qops", header("qop", `"auth,auth-int"`), ErrQOP},
		{"AUTH", header("qop", "AUTH"), ErrQOP},
		{"no nc", header("nc", ""), ErrNonceCount},
		{"nc 0", header("nc", "00000000"), ErrNonceCount},
		{"nc of seven", header("nc", "0000001"), ErrNonceCount},
		{"nc of nine", header("nc", "000000001"), ErrNonceCount},
		{"nc not hex", header("nc", "0000000g"), ErrNonceCount},
		{"nc with a sign", header("nc", "+0000001"), ErrNonceCount},
		{"nc with 0x", header("nc", "0x000001"), ErrNonceCount},
	} {
		got, err := ParseAuthorization(c.header)
		if err != c.want || got != (Response{}) {
			t.Errorf("%s: got %+v, %v, want %v\n%.300q", c.name, got, err, c.want, c.header)
		}
	}
}

func TestParseAuthorizationDoesNotAllocate(t *testing.T) {
	headers := recorded()
	headers["refused"] = header("nc", "00000000")
	for name, h := range headers {
		if n := testing.AllocsPerRun(100, func() { _, _ = ParseAuthorization(h) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func TestResponseLogsNothingToReplay(t *testing.T) {
	r, err := ParseAuthorization(recorded()["curl 7.88"])
	if err != nil {
		t.Fatal(err)
	}
	text := r.LogValue().String()
	if !strings.Contains(text, testUser) || strings.Contains(text, r.Response) || strings.Contains(text, r.Nonce) {
		t.Error(text)
	}
}
