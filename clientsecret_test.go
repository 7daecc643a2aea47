package latchkey_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
)

// clientSecret is a secret whose check digits were computed by another program.
const clientSecret = "mdb_sa_sk_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg1cu2H3"

func TestClientSecretForm(t *testing.T) {
	form := regexp.MustCompile(`^mdb_sa_sk_[0-9A-Za-z]{49}$`)
	digits, seen := map[byte]int{}, map[string]bool{}
	const made, random = 1000, 43
	for range made {
		s := latchkey.NewClientSecret()
		text := s.Reveal()
		if !form.MatchString(text) || seen[text] {
			t.Fatal("a client secret is malformed or came twice")
		}
		seen[text] = true
		if again, ok := latchkey.ParseClientSecret(text); !ok || again.Reveal() != text {
			t.Fatal("a fresh client secret is taken for none")
		}
		if s.Tail() != text[len(text)-4:] {
			t.Fatalf("the tail of a client secret is %q", s.Tail())
		}
		prefix := len(latchkey.ClientSecretPrefix)
		for i := prefix; i < prefix+random; i++ {
			digits[text[i]]++
		}
	}
	if len(digits) != 62 {
		t.Errorf("%d digits occur, want 62", len(digits))
	}
	for c, n := range digits { // 693.5 expected; 8 standard deviations are 209
		if n < 484 || n > 903 {
			t.Errorf("%c occurs %d times in %d", c, n, made*random)
		}
	}
	if bits := random * math.Log2(62); bits < 256 {
		t.Errorf("a client secret has %.1f random bits, want 256", bits)
	}
	if got := latchkey.MaskedClientSecret("2H3x"); got != "mdb_sa_sk_...2H3x" {
		t.Errorf("masked as %q", got)
	}
	if got := (latchkey.ClientSecret{}).Tail(); got != "" {
		t.Errorf("the tail of no secret is %q", got)
	}
}

func TestParseClientSecret(t *testing.T) {
	for _, text := range []string{clientSecret, "mdb_sa_sk_" + strings.Repeat("z", 43) + "4H1Of5"} {
		if s, ok := latchkey.ParseClientSecret(text); !ok || s.Reveal() != text {
			t.Errorf("%q is taken for none", text)
		}
	}
	checked := func(text string) string { // with the check digits that fit it
		const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		tail := ""
		for sum, i := crc32.ChecksumIEEE([]byte(text)), 0; i < 6; sum, i = sum/62, i+1 {
			tail = string(base62[sum%62]) + tail
		}
		return text + tail
	}
	random := clientSecret[10:53]
	if checked("mdb_sa_sk_"+random) != clientSecret {
		t.Fatal("the test computes other check digits")
	}
	for what, text := range map[string]string{
		"empty":              "",
		"prefix alone":       "mdb_sa_sk_",
		"no prefix":          clientSecret[10:],
		"prefix in capitals": checked("MDB_SA_SK_" + random),
		"a client id's":      checked("mdb_sa_id_" + random),
		"a digit less":       checked("mdb_sa_sk_" + random[1:]),
		"a digit more":       checked("mdb_sa_sk_0" + random),
		"a dash":             checked("mdb_sa_sk_-" + random[1:]),
		"a slash":            checked("mdb_sa_sk_/" + random[1:]),
		"a NUL":              checked("mdb_sa_sk_\x00" + random[1:]),
		"two bytes for one":  checked("mdb_sa_sk_é" + random[2:]),
		"cut off":            clientSecret[:len(clientSecret)-1],
		"a space before":     " " + clientSecret,
		"a line end":         clientSecret + "\n",
		"other case":         strings.ToLower(clientSecret),
		"twice":              clientSecret + clientSecret,
	} {
		if s, ok := latchkey.ParseClientSecret(text); ok || s.Reveal() != "" {
			t.Errorf("%s: taken for a secret", what)
		}
	}
}

// TestEveryTypoIsRefused changes each character to each other byte, and swaps
// each with its neighbour.
func TestEveryTypoIsRefused(t *testing.T) {
	for i := range len(clientSecret) {
		for b := range 256 {
			typo := []byte(clientSecret)
			if typo[i] = byte(b); string(typo) == clientSecret {
				continue
			}
			if _, ok := latchkey.ParseClientSecret(string(typo)); ok {
				t.Fatalf("character %d may be %q", i, byte(b))
			}
		}
		if i > 0 && clientSecret[i] != clientSecret[i-1] {
			typo := []byte(clientSecret)
			typo[i], typo[i-1] = typo[i-1], typo[i]
			if _, ok := latchkey.ParseClientSecret(string(typo)); ok {
				t.Fatalf("characters %d and %d may change places", i-1, i)
			}
		}
	}
}

func FuzzParseClientSecret(f *testing.F) {
	f.Add(clientSecret)
	f.Fuzz(func(t *testing.T, text string) {
		s, ok := latchkey.ParseClientSecret(text)
		if ok != (s.Reveal() == text && text != "") {
			t.Fatalf("%q: %v, and the secret is %q", text, ok, s.Reveal())
		}
		if !ok {
			return
		}
		if len(text) != 59 || !strings.HasPrefix(text, latchkey.ClientSecretPrefix) {
			t.Fatalf("%q is taken for a secret", text)
		}
		if strings.Contains(fmt.Sprintf("%v %+v %#v %x", s, s, s, s), text[10:]) {
			t.Fatal("the secret is printed")
		}
	})
}

// secrets makes what a service account could have.
func secrets() latchkey.Secrets {
	at := time.UnixMilli(1_700_000_000_123).UTC()
	return latchkey.Secrets{
		{ID: "0000000000000000000000aa", Hash: sha256.Sum256([]byte("a")), Tail: "2H3x", Created: at, Expires: at.Add(time.Hour)},
		{ID: "0000000000000000000000bb", Tail: "", Created: at.Add(time.Second), Expires: at.Add(time.Hour + time.Millisecond)},
	}
}

func TestSecrets(t *testing.T) {
	list := secrets()
	for what, want := range map[string]latchkey.Secrets{"none": nil, "one": list[:1], "two": list} {
		got, err := latchkey.ParseSecrets(want.Text())
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q is read as %+v, %v", what, want.Text(), got, err)
		}
	}
	if (latchkey.Secrets{}).Text() != "" {
		t.Error("no secrets have a text")
	}
	// What was stored once must be read for ever.
	const text = "0000000000000000000000aa ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb 2H3x 1700000000123 1700003600123"
	if got := list[:1].Text(); got != text {
		t.Errorf("the text is %q, want %q", got, text)
	}
	for i := range list {
		if id := list[i].ID; list.Find(id) != &list[i] || list.Index(id) != i {
			t.Errorf("secret %d is not found by its id", i)
		}
	}
	if list.Find("0000000000000000000000cc") != nil || list.Index("") != -1 {
		t.Error("a secret is found that is not there")
	}
}

func TestSecretLives(t *testing.T) {
	s := secrets()[0]
	for after, live := range map[time.Duration]bool{
		-24 * time.Hour: true, 0: true, time.Hour - time.Nanosecond: true, time.Hour: false, time.Hour + time.Nanosecond: false, 1e6 * time.Hour: false,
	} {
		if s.Live(s.Created.Add(after)) != live {
			t.Errorf("%v after it was made, a secret of one hour lives: %v", after, !live)
		}
	}
}

func TestTerms(t *testing.T) {
	want := []latchkey.SecretTerm{
		{ID: "0000000000000000000000aa", Created: 1_700_000_000_123, Expires: 1_700_003_600_123},
		{ID: "0000000000000000000000bb", Created: 1_700_000_001_123, Expires: 1_700_003_600_124},
	}
	if got := secrets().Terms(); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := latchkey.Secrets(nil).Terms(); got == nil || len(got) != 0 {
		t.Errorf("terms of no secrets are %#v; an event is to say that none is left", got)
	}
}

func TestSecretsCorrupt(t *testing.T) {
	good := secrets().Text()
	for what, text := range map[string]string{
		"a space":             " ",
		"separator alone":     ";",
		"at the end":          good + ";",
		"at the beginning":    ";" + good,
		"no tail":             strings.Replace(good, " 2H3x", "", 1),
		"a field more":        good + " 1",
		"no id":               good[24:],
		"id in capitals":      strings.ToUpper(good[:24]) + good[24:],
		"a digit of the hash": strings.Replace(good, "ca97", "ca9", 1),
		"no hash digit":       strings.Replace(good, "ca97", "ca9x", 1),
		"no number":           strings.Replace(good, "1700003600123", "1.7e12", 1),
		"too large":           strings.Replace(good, "1700003600123", "9223372036854775808", 1),
		"empty number":        strings.TrimRight(good, "0123456789"),
		"other separator":     strings.Replace(good, ";", ",", 1),
	} {
		if list, err := latchkey.ParseSecrets(text); !errors.Is(err, latchkey.ErrCorrupt) || list != nil {
			t.Errorf("%s: %+v, %v", what, list, err)
		} else if strings.Contains(err.Error(), "ca978112ca1bbdca") {
			t.Errorf("%s: the error shows a hash", what)
		}
	}
}

func FuzzParseSecrets(f *testing.F) {
	f.Add(secrets().Text())
	f.Fuzz(func(t *testing.T, text string) {
		list, err := latchkey.ParseSecrets(text)
		if err != nil {
			if !errors.Is(err, latchkey.ErrCorrupt) || list != nil {
				t.Fatalf("%+v, %v", list, err)
			}
			return
		}
		again, err := latchkey.ParseSecrets(list.Text())
		if err != nil || !reflect.DeepEqual(again, list) {
			t.Fatalf("%q is read as %+v, and that as %+v (%v)", text, list, again, err)
		}
	})
}
