package digest

import (
	"crypto/hmac"
	"crypto/sha256"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// newSlowParser returns a second parser, written from the grammar with regular
// expressions, which shares nothing with the first but the Response type.
func newSlowParser() func(header string) (Response, bool) {
	const (
		token  = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
		quoted = `"(?:[^"\\\x00-\x1f\x7f]|\\[^\x00-\x1f\x7f])*"`
		one    = `(` + token + `)[ \t]*=[ \t]*(` + token + `|` + quoted + `)`
		list   = `[ \t,]*(?:` + one + `[ \t]*(?:,[ \t,]*|$))*`
	)
	whole := regexp.MustCompile(`(?s)^(?i:digest) ` + list + `$`)
	each := regexp.MustCompile(`(?s)` + one)
	pair := regexp.MustCompile(`(?s)\\(.)`)
	publicKey := regexp.MustCompile(`^[a-z]{8}$`)

	return func(header string) (Response, bool) {
		// Each byte becomes one code point, so that "any byte" means any byte.
		var wide []rune
		for _, c := range []byte(header) {
			wide = append(wide, rune(c))
		}
		text := string(wide)
		if len(header) > 4096 || !whole.MatchString(text) {
			return Response{}, false
		}
		matches := each.FindAllStringSubmatch(text[len("Digest "):], -1)
		values := map[string]string{"algorithm": "MD5"}
		seen := map[string]bool{}
		for _, m := range matches {
			name, value := strings.ToLower(m[1]), m[2]
			if seen[name] {
				return Response{}, false
			}
			seen[name] = true
			if strings.HasPrefix(value, `"`) {
				value = pair.ReplaceAllString(value[1:len(value)-1], "$1")
			}
			var narrow []byte
			for _, r := range value {
				narrow = append(narrow, byte(r))
			}
			values[name] = string(narrow)
		}
		for _, name := range []string{"username", "realm", "nonce", "uri", "response", "cnonce"} {
			if values[name] == "" {
				return Response{}, false
			}
		}
		count, err := strconv.ParseUint(values["nc"], 16, 32)
		alg := Algorithm(strings.ToUpper(values["algorithm"]))
		if len(matches) > 20 || err != nil || len(values["nc"]) != 8 || count == 0 || values["qop"] != "auth" ||
			!publicKey.MatchString(values["username"]) || (alg != "MD5" && alg != "SHA-256") {
			return Response{}, false
		}
		return Response{
			Username: values["username"], Realm: values["realm"], Nonce: values["nonce"], URI: values["uri"],
			Response: values["response"], Algorithm: alg, QOP: "auth", NC: values["nc"], NonceCount: uint32(count),
			CNonce: values["cnonce"], Opaque: values["opaque"],
		}, true
	}
}

// TestParsersAgree makes headers out of pieces that are mostly right, which
// blind mutation rarely finds.
func TestParsersAgree(t *testing.T) {
	slow := newSlowParser()
	accepted, refused := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		pick := func(usual string, others ...string) string {
			if rapid.Uint8().Draw(t, "unusual")%32 != 21 {
				return usual
			}
			return rapid.SampledFrom(others).Draw(t, "piece")
		}
		text := pick("Digest ", "digest ", "DIGEST  ", "Digest", "Basic ", "Digest ,")
		for i, p := range rapid.Permutation([][2]string{
			{"username", "abcdefgh"}, {"realm", Realm}, {"nonce", "n"}, {"uri", "/x?a,b=c"}, {"response", "r"},
			{"algorithm", "MD5"}, {"qop", "auth"}, {"nc", "0000000a"}, {"cnonce", "c"}, {"opaque", "o"}, {"x", "y"},
		}).Draw(t, "order") {
			if i > 0 {
				text += pick(", ", ",", " ,\t,", " ", ";", ",\n", "")
			}
			value := p[1]
			if value != Realm && value != "/x?a,b=c" && rapid.Bool().Draw(t, "bare") {
				value = pick(value, `"`+value+`"`, "", "SHA-256", "a=b", "0", "\xff")
			} else {
				value = `"` + pick(value, `\`+value, value+`\"`, value+"\xff", `\`+"\x80", value+"\x7f", `"`, `\`, "", "auth-int") + pick(`"`, ``, `""`, `" `)
			}
			text += pick(p[0], strings.ToUpper(p[0]), "nc", "opaque", "", `"x"`, "domain") + pick("=", " =", "=\t", "", "==") + value
		}
		text += pick("", ",", " \t", ", opaque=o", "\x00")
		got, err := ParseAuthorization(text)
		want, ok := slow(text)
		if ok != (err == nil) || got != want {
			t.Fatalf("%q\n got %+v, %v\nwant %+v, %v", text, got, err, want, ok)
		}
		if ok {
			accepted++
		} else {
			refused++
		}
	})
	if accepted == 0 || refused == 0 {
		t.Errorf("%d accepted, %d refused: the pieces test nothing", accepted, refused)
	}
	t.Logf("%d accepted, %d refused", accepted, refused)
}

func FuzzParseAuthorization(f *testing.F) {
	for _, h := range recorded() {
		f.Add(h)
	}
	f.Add(header())
	f.Add(header("uri", `"/\x\"\\\,"`, "opaque", "\"\xff\""))
	f.Add(header("algorithm", "sHa-256", "username", `"\abcdefg\h"`) + " ,, x = y\t,")
	f.Add(header() + others(12))
	f.Add(header() + `, URI="/x"`)
	f.Add(header("opaque", "\"\\\x00\""))
	slow := newSlowParser()
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ParseAuthorization(text)
		want, ok := slow(text)
		if ok != (err == nil) || got != want {
			t.Errorf("%q\n got %+v, %v\nwant %+v, %v", text, got, err, want, ok)
		}
		if _, flagged := err.(ParseError); err != nil && !flagged {
			t.Errorf("error of type %T", err)
		}
	})
}

// slowCheck recognizes nonces digit by digit.
func slowCheck(keys []NonceKey, nonce string, now time.Time) (NonceState, time.Duration) {
	const digits = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
	if len(nonce) != 51 {
		return NotOurs, 0
	}
	var bits []bool
	for _, c := range []byte(nonce) {
		d := strings.IndexByte(digits, c)
		if d < 0 {
			return NotOurs, 0
		}
		for b := 5; b >= 0; b-- {
			bits = append(bits, d>>b&1 == 1)
		}
	}
	raw := make([]byte, 39)
	for i, bit := range bits {
		if bit {
			raw[i/8] |= 0x80 >> (i % 8)
		}
	}
	if raw[38] != 0 || raw[0] != 1 {
		return NotOurs, 0
	}
	for _, k := range keys {
		mac := hmac.New(sha256.New, k.Key[:])
		mac.Write(raw[:22])
		if k.KID != raw[1] || string(mac.Sum(nil)[:16]) != string(raw[22:38]) {
			continue
		}
		var ms int64
		for _, b := range raw[2:10] {
			ms = ms<<8 | int64(b)
		}
		age := now.Sub(time.UnixMilli(ms))
		if age <= 60*time.Second && age >= -5*time.Second {
			return Fresh, age
		}
		return Expired, age
	}
	return NotOurs, 0
}

func FuzzNonceCheck(f *testing.F) {
	keys := testKeys()
	n, err := NewNonces(keys)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(n.Mint(testNow), int64(0))
	f.Add(n.Mint(testNow), int64(60_001))
	f.Add(n.Mint(testNow)[:50]+"\n", int64(1))
	f.Add(strings.Repeat("-", 51), int64(-6000))
	f.Fuzz(func(t *testing.T, nonce string, later int64) {
		now := testNow.Add(time.Duration(later % 1e9 * 1e6))
		state, age := n.Check(nonce, now)
		wantState, wantAge := slowCheck(keys, nonce, now)
		if state != wantState || age != wantAge {
			t.Errorf("%q: got %v, %v, want %v, %v", nonce, state, age, wantState, wantAge)
		}
	})
}
