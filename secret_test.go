package latchkey_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"github.com/latchkey/latchkey"
)

const secret = "9f3c1a2b-4d5e-4f60-8a7b-1c2d3e4f5061"

// secretText is what every type of secret has in common.
type secretText interface {
	Reveal() string
	String() string
	GoString() string
}

func TestPrivateKeyIsNeverPrinted(t *testing.T) {
	neverPrinted(t, latchkey.PrivateKeyFrom(secret), secret, strings.Split(secret, "-"))
}

func TestClientSecretIsNeverPrinted(t *testing.T) {
	s, _ := latchkey.ParseClientSecret(clientSecret)
	neverPrinted(t, s, clientSecret, []string{"mdb_sa_sk_", clientSecret[10:18], clientSecret[24:32], clientSecret[45:53], clientSecret[53:]})
}

func TestAccessTokenIsNeverPrinted(t *testing.T) {
	const text = "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJsYXRjaGtleSJ9.c2lnbmF0dXJl"
	neverPrinted(t, latchkey.AccessTokenFrom(text), text, append(strings.Split(text, "."), text[:8]))
}

// neverPrinted prints a secret in every way there is and looks for parts of its text.
func neverPrinted[S secretText](t *testing.T, s S, text string, parts []string) {
	type holder struct {
		Name   string
		Secret S
		Ptr    *S
		List   []S
		ByName map[string]S
	}
	held := holder{"x", s, &s, []S{s}, map[string]S{"a": s}}
	parts = append(parts, fmt.Sprintf("%x", text)[:16], fmt.Sprintf("%X", text)[:16], fmt.Sprintf("%x", text)[20:36])
	check := func(how, printed string) {
		t.Helper()
		for _, part := range parts {
			if strings.Contains(printed, part) {
				t.Errorf("%s prints the secret: %s", how, printed)
			}
		}
		if !strings.Contains(printed, "[redacted]") {
			t.Errorf("%s prints %q", how, printed)
		}
	}
	for verb := byte('A'); verb <= 'z'; verb++ {
		if verb > 'Z' && verb < 'a' || verb == 'p' || verb == 'T' || verb == 'w' {
			continue // an address, a type, and what only Errorf takes and vet refuses
		}
		for _, flags := range []string{"", "+", "#", "-", " ", "0", "40", ".3", "+#40.3", "# "} {
			format := "%" + flags + string(verb)
			check(format, fmt.Sprintf(format, s))
			check(format+" of a pointer", fmt.Sprintf(format, &s))
			if strings.IndexByte("vsq", verb) >= 0 {
				check(format+" of a struct", fmt.Sprintf(format, held))
			}
		}
	}
	check("Println", fmt.Sprintln(s, held.List, held.ByName))
	check("Errorf", fmt.Errorf("%w: %v", errors.New("x"), s).Error())
	check("String", s.String())
	check("GoString", s.GoString())
	for how, marshal := range map[string]func(any) ([]byte, error){"json": json.Marshal, "xml": xml.Marshal} {
		out, err := marshal(struct {
			XMLName xml.Name `json:"-" xml:"wrapped"`
			Secret  S
		}{Secret: s})
		if err != nil {
			t.Fatal(err)
		}
		check(how, string(out))
	}
	var out bytes.Buffer
	for how, handler := range map[string]slog.Handler{"text": slog.NewTextHandler(&out, nil), "json": slog.NewJSONHandler(&out, nil)} {
		out.Reset()
		slog.New(handler).Info("made", "secret", s, "held", held)
		check("slog "+how, out.String())
	}
	if s.Reveal() != text {
		t.Errorf("Reveal returns %q", s.Reveal())
	}
}

func TestPrivateKeyForm(t *testing.T) {
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	seen := map[string]bool{}
	for range 500 {
		key := latchkey.NewPrivateKey()
		if !form.MatchString(key.Reveal()) || seen[key.Reveal()] {
			t.Fatal("a private key is no fresh UUID of version 4")
		}
		seen[key.Reveal()] = true
		if got := latchkey.RedactedPrivateKey(key.Tail()); got != "********-****-****-"+key.Reveal()[24:] {
			t.Fatalf("redacted as %q", got)
		}
	}
	for text, tail := range map[string]string{"": "", "no dashes": "", "a-b": "b", secret: "1c2d3e4f5061"} {
		if got := latchkey.PrivateKeyFrom(text).Tail(); got != tail {
			t.Errorf("the tail of %q is %q, want %q", text, got, tail)
		}
	}
}

func TestPublicKey(t *testing.T) {
	form := regexp.MustCompile(`^[a-z]{8}$`) // as digest.ParseAuthorization asks for
	letters := map[byte]int{}
	for range 2000 {
		key := latchkey.NewPublicKey()
		if !form.MatchString(string(key)) {
			t.Fatalf("%q is no public key", key)
		}
		for i := range len(key) {
			letters[key[i]]++
		}
	}
	if len(letters) != 26 {
		t.Errorf("%d letters occur, want 26", len(letters))
	}
	for c, n := range letters { // 615 expected; 8 standard deviations are 195
		if n < 420 || n > 810 {
			t.Errorf("%c occurs %d times in 16000", c, n)
		}
	}
}

// TestSecretsInsideOthersAreHidden holds that a secret is hidden where fmt does
// not ask it: in fields that are not exported, and under verbs of errors.
func TestSecretsInsideOthersAreHidden(t *testing.T) {
	insideOthers(t, latchkey.NewPrivateKey())
	insideOthers(t, latchkey.NewClientSecret())
	insideOthers(t, latchkey.AccessTokenFrom(latchkey.NewClientSecret().Reveal()))
}

func insideOthers[S secretText](t *testing.T, s S) {
	type inner struct{ secret S }
	type outer struct {
		in   inner
		list []S
	}
	v := outer{inner{s}, []S{s}}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%w"} {
		for _, arg := range []any{v, &v, s, &s, []S{s}, map[string]inner{"a": {s}}} {
			if text := fmt.Sprintf(verb, arg); strings.Contains(text, s.Reveal()) || strings.Contains(text, s.Reveal()[len(s.Reveal())-6:]) {
				t.Errorf("%s of %T shows the secret", verb, arg)
			}
		}
	}
}
