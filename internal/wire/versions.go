package wire

import (
	"slices"
	"strings"
)

// Version is the date that names a stable version of the dated generation,
// such as "2023-01-01", or Preview.
type Version string

// Versions that operations of this server are published in.
const (
	Version20230101 Version = "2023-01-01"
	Version20230201 Version = "2023-02-01"
	Version20231115 Version = "2023-11-15"
	Version20240530 Version = "2024-05-30"
	Version20240805 Version = "2024-08-05"
	Version20250219 Version = "2025-02-19"
	Version20250312 Version = "2025-03-12"
	Preview         Version = "preview"
)

// publishedVersions are all dates that the published API names, oldest first.
// Other dates are not acceptable, even between two of these.
var publishedVersions = [...]Version{
	Version20230101, Version20230201, "2023-10-01", Version20231115, Version20240530,
	Version20240805, "2024-10-23", "2024-11-13", Version20250219, Version20250312,
}

// Limits of the Accept header, over all its lines.
const (
	maxAcceptBytes  = 4 << 10
	maxAcceptRanges = 32
)

const (
	versionedPrefix = "application/vnd.atlas."
	versionedSuffix = "+json"
	jsonType        = "application/json"
)

// PublishedVersions returns all published dates, oldest first.
func PublishedVersions() []Version { return slices.Clone(publishedVersions[:]) }

// VersionedContentType returns the media type that an answer in the version
// is sent as.
func VersionedContentType(v Version) string {
	switch v {
	case Version20230101:
		return versionedPrefix + "2023-01-01" + versionedSuffix + ";charset=utf-8"
	case Version20230201:
		return versionedPrefix + "2023-02-01" + versionedSuffix + ";charset=utf-8"
	case Version20231115:
		return versionedPrefix + "2023-11-15" + versionedSuffix + ";charset=utf-8"
	case Version20240530:
		return versionedPrefix + "2024-05-30" + versionedSuffix + ";charset=utf-8"
	case Version20240805:
		return versionedPrefix + "2024-08-05" + versionedSuffix + ";charset=utf-8"
	case Version20250219:
		return versionedPrefix + "2025-02-19" + versionedSuffix + ";charset=utf-8"
	case Version20250312:
		return versionedPrefix + "2025-03-12" + versionedSuffix + ";charset=utf-8"
	}
	return versionedPrefix + string(v) + versionedSuffix + ";charset=utf-8"
}

// Negotiate chooses among the versions that an operation is served in. accept
// holds the lines of the Accept header. The first media range that names a
// published date not older than the operation's first version chooses the
// newest served version not newer than that date; "preview" chooses Preview
// where that is served. Quality values only forbid: q=0 is no choice, and
// what is left is taken in its order.
//
// The second result is false when no range does: none at all, */*,
// application/json, an unknown date, a header of more than 4 KiB or 32
// ranges, or one that cannot be split. The answer then is CodeVersionNotAcceptable.
func Negotiate(accept []string, served []Version) (Version, bool) {
	size, ranges := 0, 0
	for _, line := range accept {
		size += len(line)
		ranges += 1 + strings.Count(line, ",")
	}
	if size > maxAcceptBytes || ranges > maxAcceptRanges {
		return "", false
	}
	var chosen Version
	for _, line := range accept {
		for more := true; more; {
			var m mediaRange
			var ok bool
			if m, line, more, ok = cutMediaRange(line); !ok {
				return "", false
			}
			if chosen == "" && m.acceptable() {
				chosen = resolve(m.name, served)
			}
		}
	}
	return chosen, chosen != ""
}

// resolve returns the served version that the media type chooses, or "".
func resolve(mediaType string, served []Version) Version {
	asked, ok := versionOf(mediaType)
	if !ok {
		return ""
	}
	if asked == Preview {
		if slices.Contains(served, Preview) {
			return Preview
		}
		return ""
	}
	var best Version
	for _, v := range served {
		if v != Preview && v <= asked && v > best {
			best = v
		}
	}
	return best
}

// versionOf returns the published date, or Preview, that a media type names.
func versionOf(mediaType string) (Version, bool) {
	n := len(mediaType) - len(versionedSuffix)
	if n <= len(versionedPrefix) ||
		!strings.EqualFold(mediaType[:len(versionedPrefix)], versionedPrefix) ||
		!strings.EqualFold(mediaType[n:], versionedSuffix) {
		return "", false
	}
	v := Version(mediaType[len(versionedPrefix):n])
	if v == Preview {
		return v, true
	}
	_, found := slices.BinarySearch(publishedVersions[:], v)
	return v, found
}

// ContentTypeAccepted reports whether a body of that type is read: on the
// dated generation application/json or the media type of any published date,
// elsewhere application/json; each with no parameter but charset=utf-8. A
// body without a Content-Type is read as JSON: RFC 9110 section 8.3 lets the
// recipient do so, and hand-written clients forget the header.
func ContentTypeAccepted(g Generation, contentType string) bool {
	if strings.Trim(contentType, " \t") == "" {
		return true
	}
	m, _, more, ok := cutMediaRange(contentType)
	if !ok || more || m.otherParams || m.charset != "" && !strings.EqualFold(m.charset, "utf-8") || m.quality != "" {
		return false
	}
	if strings.EqualFold(m.name, jsonType) {
		return true
	}
	v, ok := versionOf(m.name)
	return g.Versioned() && ok && v != Preview
}

// mediaRange is one element of an Accept header (RFC 9110 section 12.5.1), or
// a Content-Type.
type mediaRange struct {
	name        string // type/subtype as it was sent
	quality     string // the value of q
	charset     string
	otherParams bool
}

// acceptable reports whether the range has a quality that is well formed and not 0.
func (m mediaRange) acceptable() bool {
	if m.quality == "" {
		return m.name != ""
	}
	whole, fraction, dot := strings.Cut(m.quality, ".")
	if whole != "0" && whole != "1" || len(fraction) > 3 || !dot && fraction != "" {
		return false
	}
	zero := true
	for i := range len(fraction) {
		if fraction[i] < '0' || fraction[i] > '9' || whole == "1" && fraction[i] != '0' {
			return false
		}
		zero = zero && fraction[i] == '0'
	}
	return whole == "1" || !zero
}

// cutMediaRange reads one element up to a comma that is outside quotation
// marks. more says that a comma followed. ok is false when the text cannot be
// split at all: an open quotation mark, or a byte that no header value has.
func cutMediaRange(line string) (m mediaRange, rest string, more, ok bool) {
	end, open := len(line), false
scan:
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c < ' ' && c != '\t' || c >= 0x7f:
			return m, "", false, false
		case open && c == '\\':
			i++
		case c == '"':
			open = !open
		case c == ',' && !open:
			end, more = i, true
			break scan
		}
	}
	if open {
		return m, "", false, false
	}
	if more {
		rest = line[end+1:]
	}
	name, params, _ := strings.Cut(line[:end], ";")
	m.name = strings.Trim(name, " \t")
	for params != "" {
		var param string
		param, params = cutParam(params)
		m.setParam(param)
	}
	return m, rest, more, true
}

// cutParam cuts at the first semicolon outside quotation marks.
func cutParam(s string) (param, rest string) {
	open := false
	for i := 0; i < len(s); i++ {
		switch {
		case open && s[i] == '\\':
			i++
		case s[i] == '"':
			open = !open
		case s[i] == ';' && !open:
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

func (m *mediaRange) setParam(param string) {
	name, value, _ := strings.Cut(strings.Trim(param, " \t"), "=")
	if n := len(value); n >= 2 && value[0] == '"' && value[n-1] == '"' {
		value = value[1 : n-1]
	}
	switch {
	case name == "" && value == "":
	case strings.EqualFold(name, "q") && m.quality == "":
		m.quality = value
		if value == "" {
			m.quality = "none"
		}
	case strings.EqualFold(name, "charset") && m.charset == "":
		m.charset = value
		if value == "" {
			m.charset = "none"
		}
	default:
		m.otherParams = true
	}
}
