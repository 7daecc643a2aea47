package wire

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestAppendString(t *testing.T) {
	for in, want := range map[string]string{
		"":                       `""`,
		"plain":                  `"plain"`,
		"a\"b\\c/d":              `"a\"b\\c/d"`,
		"\b\f\n\r\t":             `"\b\f\n\r\t"`,
		"\x00\x01\x1f":           `"\u0000\u0001\u001f"`,
		"\x7f\u0080\u009f\u00a0": `"\u007f\u0080\u009f` + "\u00a0" + `"`,
		"\u2027\u2028\u2029":     `"` + "\u2027" + `\u2028\u2029"`,
		"<a href='x'>&</a>":      `"<a href='x'>&</a>"`,
		"ключ 鍵 🔑":               `"ключ 鍵 🔑"`,
		"a\xffb\xc3":             `"a` + "\uFFFD" + `b` + "\uFFFD" + `"`,
		"\xed\xa0\x80":           `"` + strings.Repeat("\uFFFD", 3) + `"`,
		"\uFFFD":                 `"` + "\uFFFD" + `"`,
	} {
		if got := string(AppendString(nil, in)); got != want {
			t.Errorf("AppendString(%q) = %s, want %s", in, got, want)
		}
	}
}

func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", "desc", "a\"\\\n", "\xff\xfe", "\u2028🔑", "\x7f\u0085"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := AppendString([]byte("x"), s)[1:]
		var back string
		if err := json.Unmarshal(out, &back); err != nil {
			t.Fatalf("AppendString(%q) = %s: %v", s, out, err)
		}
		if want := strings.ToValidUTF8(s, "\uFFFD"); utf8.ValidString(s) && back != want {
			t.Fatalf("AppendString(%q) reads back as %q", s, back)
		}
		for _, r := range string(out) {
			if r < 0x20 || r >= 0x7f && r <= 0x9f || r == '\u2028' || r == '\u2029' {
				t.Fatalf("AppendString(%q) = %q has %U in it", s, out, r)
			}
		}
	})
}

func TestAppendTime(t *testing.T) {
	at := time.Date(2026, 8, 10, 5, 2, 57, 999_999_999, time.FixedZone("", 2*3600))
	if got, want := string(AppendTime(nil, at)), `"2026-08-10T03:02:57Z"`; got != want {
		t.Errorf("AppendTime = %s, want %s", got, want)
	}
}

func TestAppendIntAndBool(t *testing.T) {
	if got := string(AppendBool(AppendInt(AppendInt(nil, -7), int64(1)<<62), true)); got != "-74611686018427387904true" {
		t.Errorf("got %s", got)
	}
}

func BenchmarkAppendString(b *testing.B) {
	dst := make([]byte, 0, 512)
	for name, s := range map[string]string{
		"plain":   "a description of an ordinary length",
		"unicode": "описание обычной длины",
		"escaped": "a \"quoted\"\nline",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(s)))
			for b.Loop() {
				dst = AppendString(dst[:0], s)
			}
		})
	}
}

func BenchmarkAppendTime(b *testing.B) {
	dst := make([]byte, 0, 64)
	at := time.Date(2026, 8, 10, 3, 2, 57, 0, time.UTC)
	b.ReportAllocs()
	for b.Loop() {
		dst = AppendTime(dst[:0], at)
	}
}
