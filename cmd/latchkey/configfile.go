package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// configLine is one "name = value" line of a configuration file.
type configLine struct {
	number int // counted from 1
	name   string
	value  string
}

// maxConfigFile is how much of a configuration file is read, in bytes.
const maxConfigFile = 64 << 10

// parseConfigFile reads a configuration file: lines of "name = value", empty
// lines, and comments, which begin with a # at the start of a line or after
// white space. A value that holds a # after white space, or white space at an
// end, is written in double quotes, as a Go string. Names are set once, but for
// those that are repeatable. Every line with a fault is reported, by its number
// in the place of a whole position.
func parseConfigFile(content []byte, repeatable ...string) ([]configLine, []fault) {
	if len(content) > maxConfigFile {
		return nil, []fault{{"1", fmt.Sprintf("the file is longer than %d bytes; that is no configuration file", maxConfigFile)}}
	}
	var lines []configLine
	var faults []fault
	first := make(map[string]int)
	text := strings.TrimPrefix(string(content), "\ufeff")
	number := 0
	for line := range strings.SplitSeq(text, "\n") {
		number++
		name, value, what := parseConfigLine(line)
		if what == "" && name == "" {
			continue
		}
		if what == "" && first[name] != 0 && !slices.Contains(repeatable, name) {
			what = fmt.Sprintf("%q was set in line %d already; keep one of them", name, first[name])
		}
		if what != "" {
			faults = append(faults, fault{strconv.Itoa(number), what})
			continue
		}
		first[name] = number
		lines = append(lines, configLine{number, name, value})
	}
	return lines, faults
}

// parseConfigLine returns an empty name for a line without a setting, and what
// is wrong with a line that is neither.
func parseConfigLine(line string) (name, value, fault string) {
	line = strings.TrimSpace(line)
	if line == "" || line[0] == '#' {
		return "", "", ""
	}
	if !utf8.ValidString(line) || strings.ContainsFunc(line, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
		return "", "", "the line is not plain UTF-8 text"
	}
	name, value, found := strings.Cut(line, "=")
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	switch {
	case !found:
		return "", "", fmt.Sprintf("%q is no setting; write name = value", shorten(line))
	case name == "":
		return "", "", "there is no name before the =; write name = value"
	}
	if strings.HasPrefix(value, `"`) {
		quoted, err := strconv.QuotedPrefix(value)
		if err != nil {
			return "", "", "the value begins with a quote that is not closed"
		}
		rest := value[len(quoted):]
		if trimmed := strings.TrimSpace(rest); trimmed != "" && (trimmed[0] != '#' || trimmed == rest) {
			return "", "", "something follows the quoted value"
		}
		value, err = strconv.Unquote(quoted)
		if err != nil || !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
			return "", "", "the quoted value is not plain UTF-8 text"
		}
		return name, value, ""
	}
	for i := 0; i < len(value); i++ {
		if value[i] == '#' && (i == 0 || value[i-1] == ' ' || value[i-1] == '\t') {
			value = strings.TrimSpace(value[:i])
			break
		}
	}
	if value == "" {
		return "", "", fmt.Sprintf("%q has no value; give one or remove the line", shorten(name))
	}
	return name, value, ""
}

// shorten keeps what a message repeats of a file within reason.
func shorten(s string) string {
	const most = 40
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}
