package main

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseConfigFile(t *testing.T) {
	for _, test := range []struct {
		name, content string
		lines         string // number:name=value
		faults        string // line: beginning of what is wrong, separated by |
	}{
		{"empty", "", "", ""},
		{"one", "a = b", "1:a=b", ""},
		{"spaces", "  a=b  \n\tc =\td e\t\n", "1:a=b 2:c=d e", ""},
		{"comments", "# x\n\n  # y = z\na = b # c\nd = e#f\n", "4:a=b 5:d=e#f", ""},
		{"equals signs", "a = b = c", "1:a=b = c", ""},
		{"other line ends", "a = b\r\nc = d\r\n", "1:a=b 2:c=d", ""},
		{"byte order mark", "\ufeffa = b", "1:a=b", ""},
		{"quotes", `a = "b # c" # d` + "\n" + `e = " \"f\" "`, `1:a=b # c 2:e= "f" `, ""},
		{"quoted emptiness", `a = ""`, "1:a=", ""},
		{"quote inside", `a = b"c`, `1:a=b"c`, ""},
		{"no equals sign", "a\nb = c", "2:b=c", `1: "a" is no setting`},
		{"no name", "= b", "", "1: there is no name"},
		{"no value", "a =\nb = # c", "", `1: "a" has no value|2: "b" has no value`},
		{"open quote", `a = "b`, "", "1: the value begins with a quote"},
		{"after the quote", `a = "b" c`, "", "1: something follows"},
		{"comment at the quote", `a = "b"# c`, "", "1: something follows"},
		{"twice", "a = b\nc = d\na = e", "1:a=b 2:c=d", `3: "a" was set in line 1`},
		{"repeatable", "many = b\na = c\nmany = b\na = d", "1:many=b 2:a=c 3:many=b", `4: "a" was set in line 2`},
		{"control characters", "a = b\x00\nc = \x1b[2J", "", "1: the line is not plain|2: the line is not plain"},
		{"bad UTF-8", "a = \xff\nb = \"\\xff\"", "", "1: the line is not plain|2: the quoted value is not plain"},
		{"too long", strings.Repeat("#", maxConfigFile+1), "", "1: the file is longer"},
	} {
		t.Run(test.name, func(t *testing.T) {
			lines, faults := parseConfigFile([]byte(test.content), "many")
			var got []string
			for _, l := range lines {
				got = append(got, fmt.Sprintf("%d:%s=%s", l.number, l.name, l.value))
			}
			if strings.Join(got, " ") != test.lines {
				t.Errorf("lines %q, want %q", got, test.lines)
			}
			var want []string
			if test.faults != "" {
				want = strings.Split(test.faults, "|")
			}
			if len(faults) != len(want) {
				t.Fatalf("faults %v, want %q", faults, want)
			}
			for i, f := range faults {
				if got := f.where + ": " + f.what; !strings.HasPrefix(got, want[i]) {
					t.Errorf("fault %q, want %q", got, want[i])
				}
			}
		})
	}
}

func FuzzParseConfigFile(f *testing.F) {
	f.Fuzz(func(t *testing.T, content []byte) {
		lines, faults := parseConfigFile(content)
		seen := make(map[string]bool)
		var again strings.Builder
		for _, l := range lines {
			switch {
			case l.name == "" || strings.TrimSpace(l.name) != l.name || seen[l.name]:
				t.Fatalf("name %q", l.name)
			case !utf8.ValidString(l.value) || strings.ContainsRune(l.value, 0):
				t.Fatalf("value %q", l.value)
			}
			seen[l.name] = true
			fmt.Fprintf(&again, "%s = %q\n", l.name, l.value)
		}
		for _, fault := range faults {
			if fault.where == "" || fault.what == "" || !utf8.ValidString(fault.what) {
				t.Fatalf("fault %q", fault)
			}
		}
		// What was read, written in the plainest way, reads the same.
		if again.Len() > maxConfigFile {
			return
		}
		second, faults := parseConfigFile([]byte(again.String()))
		if len(faults) != 0 || len(second) != len(lines) {
			t.Fatalf("%q\nreads again as %v, %v", again.String(), second, faults)
		}
		for i := range lines {
			if second[i].name != lines[i].name || second[i].value != lines[i].value {
				t.Fatalf("%q reads again as %q", lines[i].value, second[i].value)
			}
		}
	})
}
