package oauth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/keyring"
)

// newKeys returns n keys that sign tokens, newest first.
func newKeys(t testing.TB, n uint32) []keyring.PlainKey {
	t.Helper()
	master, err := keyring.CreateMasterKey(filepath.Join(t.TempDir(), "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	var rows []keyring.WrappedKey
	for _, purpose := range keyring.Purposes() {
		for id := uint32(1); id <= n; id++ {
			k, err := keyring.Generate(master, purpose, id, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			rows = append(rows, k)
		}
	}
	ring, err := keyring.Open(master, rows)
	if err != nil {
		t.Fatal(err)
	}
	return ring.Keys(keyring.Token)
}

func newTokens(t testing.TB, keys ...keyring.PlainKey) *Tokens {
	t.Helper()
	tokens, err := NewTokens(keys)
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

func someClaims() Claims {
	now := time.Now().UTC().Truncate(time.Second)
	return Claims{
		Account: latchkey.NewClientID(now), Secret: latchkey.NewID[latchkey.SecretID](now), Org: latchkey.NewID[latchkey.OrgID](now),
		Epoch: 3, Issued: now, Expires: now.Add(time.Hour),
	}
}

func issue(t testing.TB, tokens *Tokens, c Claims) string {
	t.Helper()
	token, err := tokens.Issue(c)
	if err != nil {
		t.Fatal(err)
	}
	return token.Reveal()
}

func (t *Tokens) reads(text string) bool {
	_, ok := t.Verify(latchkey.AccessTokenFrom(text))
	return ok
}

func TestTokenSaysWhatItWasIssuedFor(t *testing.T) {
	keys, claims := newKeys(t, 1), someClaims()
	tokens := newTokens(t, keys...)
	text := issue(t, tokens, claims)
	got, ok := tokens.Verify(latchkey.AccessTokenFrom(text))
	if !ok || got != claims {
		t.Errorf("issued %+v, read %+v %v", claims, got, ok)
	}
	if again := issue(t, tokens, claims); again == text {
		t.Error("two tokens of the same claims are the same: revoking one would revoke both")
	}
	// A verifier that shares nothing with ours reads it the same way.
	signed, err := jose.ParseSignedCompact(text, []jose.SignatureAlgorithm{jose.HS256})
	if err != nil {
		t.Fatal(err)
	}
	body, err := signed.Verify(keys[0].Bytes())
	want := fmt.Sprintf(`{"iss":"latchkey","aud":"latchkey","sub":"%s","sid":"%s","org":"%s","epoch":3,"iat":%d,"exp":%d,"jti":"`,
		claims.Account, claims.Secret, claims.Org, claims.Issued.Unix(), claims.Expires.Unix())
	if err != nil || !strings.HasPrefix(string(body), want) {
		t.Errorf("claims %s %v, want %s…", body, err, want)
	}
	if len(text)*2 > maxToken {
		t.Errorf("a token has %d bytes, more than half of what is looked at", len(text))
	}
	header, _ := base64.RawURLEncoding.DecodeString(strings.Split(text, ".")[0])
	if string(header) != `{"alg":"HS256","kid":"1","typ":"JWT"}` {
		t.Errorf("header %s", header)
	}
}

func TestNewestKeySignsAllCount(t *testing.T) {
	keys := newKeys(t, 3)
	all, old := newTokens(t, keys...), newTokens(t, keys[1:]...)
	if text := issue(t, old, someClaims()); !all.reads(text) {
		t.Error("a token of an older key is refused")
	}
	if text := issue(t, all, someClaims()); old.reads(text) {
		t.Error("a token of a key that is not there is accepted")
	}
	if text := issue(t, newTokens(t, newKeys(t, 3)...), someClaims()); all.reads(text) {
		t.Error("a token of another server's key is accepted")
	}
	if _, err := NewTokens(nil); err == nil {
		t.Error("no keys are keys enough")
	}
}

// TestOnlyTheWholeToken: every prefix, every changed byte and everything that
// decoders overlook makes it another text, and that is no token.
func TestOnlyTheWholeToken(t *testing.T) {
	tokens := newTokens(t, newKeys(t, 2)...)
	text := issue(t, tokens, someClaims())
	refuse := func(what, text string) {
		t.Helper()
		if tokens.reads(text) {
			t.Errorf("%s: accepted %q", what, text)
		}
	}
	for i := range text {
		refuse("prefix", text[:i])
		refuse("suffix", text[i+1:])
		refuse("without a byte", text[:i]+text[i+1:])
		for _, c := range []byte("A.-_=+/ \n\r\x00é") {
			if text[i] != c {
				refuse("another byte", text[:i]+string(c)+text[i+1:])
			}
			refuse("one byte more", text[:i]+string(c)+text[i:])
		}
		if c := text[i] ^ 0x20; c != text[i] && (c|0x20 >= 'a' && c|0x20 <= 'z') {
			refuse("other case", text[:i]+string(c)+text[i+1:])
		}
	}
	for _, end := range []string{"=", "==", ".", " ", "\n", "\r\n", "A", ".e30", "\x00"} {
		refuse("longer", text+end)
		refuse("longer before", end+text)
	}
	parts := strings.Split(text, ".")
	// The last digit of each part has bits that say nothing.
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for i, part := range parts {
		for _, c := range digits {
			if bent := part[:len(part)-1] + string(c); bent != part {
				other := append([]string(nil), parts...)
				other[i] = bent
				refuse("spare bits", strings.Join(other, "."))
			}
		}
	}
	refuse("upper case", strings.ToUpper(text))
	refuse("lower case", strings.ToLower(text))
	refuse("too long", text+strings.Repeat("A", maxToken))
	refuse("two parts", parts[0]+"."+parts[1])
	refuse("no signature", parts[0]+"."+parts[1]+".")
	refuse("JSON", fmt.Sprintf(`{"protected":%q,"payload":%q,"signature":%q}`, parts[0], parts[1], parts[2]))
	if !tokens.reads(text) {
		t.Fatal("the token itself is refused")
	}
}

// TestOnlyTokensOfOurForm: what our own key signed is a token only if it looks
// like those that are issued.
func TestOnlyTokensOfOurForm(t *testing.T) {
	keys := newKeys(t, 1)
	tokens := newTokens(t, keys...)
	c := someClaims()
	const ours = `{"alg":"HS256","kid":"1","typ":"JWT"}`
	good := fmt.Sprintf(`{"iss":"latchkey","aud":"latchkey","sub":"%s","sid":"%s","org":"%s","epoch":0,"iat":1,"exp":2,"jti":"x"}`, c.Account, c.Secret, c.Org)
	made := func(header, body string) string {
		b64 := base64.RawURLEncoding.EncodeToString
		text := b64([]byte(header)) + "." + b64([]byte(body))
		mac := hmac.New(sha256.New, keys[0].Bytes())
		mac.Write([]byte(text))
		return text + "." + b64(mac.Sum(nil))
	}
	if !tokens.reads(made(ours, good)) {
		t.Fatal("a token that was made by hand is refused: the table proves nothing")
	}
	for name, header := range map[string]string{
		"none":            `{"alg":"none","kid":"1","typ":"JWT"}`,
		"None":            `{"alg":"None","kid":"1","typ":"JWT"}`,
		"empty":           `{"alg":"","kid":"1","typ":"JWT"}`,
		"HS512":           `{"alg":"HS512","kid":"1","typ":"JWT"}`,
		"lower case":      `{"alg":"hs256","kid":"1","typ":"JWT"}`,
		"RS256":           `{"alg":"RS256","kid":"1","typ":"JWT"}`,
		"no kid":          `{"alg":"HS256","typ":"JWT"}`,
		"other kid":       `{"alg":"HS256","kid":"2","typ":"JWT"}`,
		"kid of zeros":    `{"alg":"HS256","kid":"01","typ":"JWT"}`,
		"kid as number":   `{"alg":"HS256","kid":1,"typ":"JWT"}`,
		"kid as path":     `{"alg":"HS256","kid":"../1","typ":"JWT"}`,
		"other type":      `{"alg":"HS256","kid":"1","typ":"at+jwt"}`,
		"no type":         `{"alg":"HS256","kid":"1"}`,
		"other order":     `{"kid":"1","alg":"HS256","typ":"JWT"}`,
		"white space":     `{"alg":"HS256","kid":"1","typ":"JWT"} `,
		"jwk":             `{"alg":"HS256","jwk":{"kty":"oct","k":"AA"},"kid":"1","typ":"JWT"}`,
		"critical":        `{"alg":"HS256","b64":false,"crit":["b64"],"kid":"1","typ":"JWT"}`,
		"algorithm twice": `{"alg":"none","alg":"HS256","kid":"1","typ":"JWT"}`,
		"no JSON":         `x`,
	} {
		if tokens.reads(made(header, good)) {
			t.Errorf("header %s: accepted", name)
		}
	}
	for name, body := range map[string]string{
		"empty":              ``,
		"no JSON":            `x`,
		"nothing":            `{}`,
		"other issuer":       strings.Replace(good, `"iss":"latchkey"`, `"iss":"other"`, 1),
		"other audience":     strings.Replace(good, `"aud":"latchkey"`, `"aud":"other"`, 1),
		"audiences":          strings.Replace(good, `"aud":"latchkey"`, `"aud":["latchkey"]`, 1),
		"a key":              strings.Replace(good, latchkey.ClientIDPrefix, "", 1),
		"no secret":          strings.Replace(good, string(c.Secret), "", 1),
		"no organization":    strings.Replace(good, string(c.Org), "", 1),
		"other case":         strings.Replace(good, `"sub"`, `"Sub"`, 1),
		"subject twice":      strings.Replace(good, `"sub"`, `"sub":"mdb_sa_id_000000000000000000000000","sub"`, 1),
		"roles":              strings.Replace(good, `"epoch"`, `"roles":["ORG_OWNER"],"epoch"`, 1),
		"no id":              strings.Replace(good, `"jti":"x"`, `"jti":""`, 1),
		"expires before":     strings.Replace(good, `"exp":2`, `"exp":1`, 1),
		"expires as a text":  strings.Replace(good, `"exp":2`, `"exp":"2"`, 1),
		"expires in between": strings.Replace(good, `"exp":2`, `"exp":2.5`, 1),
		"trailing data":      good + `{}`,
	} {
		if tokens.reads(made(ours, body)) {
			t.Errorf("claims %s: accepted", name)
		}
	}
}

// TestNothingPrintsToken: neither tokens nor what signs them print.
func TestNothingPrintsToken(t *testing.T) {
	tokens := newTokens(t, newKeys(t, 1)...)
	token, err := tokens.Issue(someClaims())
	if err != nil {
		t.Fatal(err)
	}
	r, err := Parse([]string{basic("mdb_sa_id_0", latchkey.NewClientSecret().Reveal())}, []string{formType}, []byte("token="+token.Reveal()))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []any{token, &token, r, &r, r.Client} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			out := fmt.Sprintf(verb, v)
			if strings.Contains(out, token.Reveal()) || strings.Contains(out, latchkey.ClientSecretPrefix) ||
				strings.Contains(out, fmt.Sprintf("%x", token.Reveal())) {
				t.Errorf("%s of %T prints the secret: %s", verb, v, out)
			}
		}
	}
}

func BenchmarkIssue(b *testing.B) {
	tokens, claims := newTokens(b, newKeys(b, 1)...), someClaims()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := tokens.Issue(claims); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	tokens := newTokens(b, newKeys(b, 2)...)
	good := latchkey.AccessTokenFrom(issue(b, tokens, someClaims()))
	forged := latchkey.AccessTokenFrom(issue(b, newTokens(b, newKeys(b, 2)...), someClaims()))
	foreign := latchkey.AccessTokenFrom("eyJhbGciOiJub25lIn0." + strings.Repeat("A", 400) + ".")
	for name, c := range map[string]struct {
		token latchkey.AccessToken
		ok    bool
	}{"right": {good, true}, "forged": {forged, false}, "foreign": {foreign, false}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, ok := tokens.Verify(c.token); ok != c.ok {
					b.Fatal(ok)
				}
			}
		})
	}
}
