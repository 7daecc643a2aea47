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

type wrapped struct{ Key latchkey.PrivateKey }

// TestPrivateKeyIsNeverPrinted prints a key in every way there is.
func TestPrivateKeyIsNeverPrinted(t *testing.T) {
	key := latchkey.PrivateKeyFrom(secret)
	type holder struct {
		Name  string
		Key   latchkey.PrivateKey
		Ptr   *latchkey.PrivateKey
		Keys  []latchkey.PrivateKey
		ByKey map[string]latchkey.PrivateKey
	}
	held := holder{"x", key, &key, []latchkey.PrivateKey{key}, map[string]latchkey.PrivateKey{"a": key}}
	check := func(how, text string) {
		t.Helper()
		for _, part := range append(strings.Split(secret, "-"), fmt.Sprintf("%x", secret)[:16], fmt.Sprintf("%X", secret)[:16]) {
			if strings.Contains(text, part) {
				t.Errorf("%s prints the secret: %s", how, text)
			}
		}
		if !strings.Contains(text, "[redacted]") {
			t.Errorf("%s prints %q", how, text)
		}
	}
	for verb := byte('A'); verb <= 'z'; verb++ {
		if verb > 'Z' && verb < 'a' || verb == 'p' || verb == 'T' || verb == 'w' {
			continue // an address, a type, and what only Errorf takes and vet refuses
		}
		for _, flags := range []string{"", "+", "#", "-", " ", "0", "40", ".3", "+#40.3", "# "} {
			format := "%" + flags + string(verb)
			check(format, fmt.Sprintf(format, key))
			check(format+" of a pointer", fmt.Sprintf(format, &key))
			if strings.IndexByte("vsq", verb) >= 0 {
				check(format+" of a struct", fmt.Sprintf(format, held))
			}
		}
	}
	check("Println", fmt.Sprintln(key, held.Keys, held.ByKey))
	check("Errorf", fmt.Errorf("%w: %v", errors.New("x"), key).Error())
	check("String", key.String())
	check("GoString", key.GoString())
	for how, marshal := range map[string]func(any) ([]byte, error){"json": json.Marshal, "xml": xml.Marshal} {
		text, err := marshal(wrapped{key})
		if err != nil {
			t.Fatal(err)
		}
		check(how, string(text))
	}
	var out bytes.Buffer
	for how, handler := range map[string]slog.Handler{"text": slog.NewTextHandler(&out, nil), "json": slog.NewJSONHandler(&out, nil)} {
		out.Reset()
		slog.New(handler).Info("made", "key", key, "held", held)
		check("slog "+how, out.String())
	}
	if key.Reveal() != secret {
		t.Errorf("Reveal returns %q", key.Reveal())
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

// TestPrivateKeyInsideOthersIsHidden holds that a key is hidden where fmt does
// not ask it: in fields that are not exported, and under verbs of errors.
func TestPrivateKeyInsideOthersIsHidden(t *testing.T) {
	k := latchkey.NewPrivateKey()
	type inner struct{ secret latchkey.PrivateKey }
	type outer struct {
		in   inner
		list []latchkey.PrivateKey
	}
	v := outer{inner{k}, []latchkey.PrivateKey{k}}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%w"} {
		for _, arg := range []any{v, &v, k, &k, []latchkey.PrivateKey{k}, map[string]inner{"a": {k}}} {
			if text := fmt.Sprintf(verb, arg); strings.Contains(text, k.Reveal()) || strings.Contains(text, k.Tail()) {
				t.Errorf("%s of %T shows the key", verb, arg)
			}
		}
	}
}
