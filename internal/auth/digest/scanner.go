package digest

import "strings"

// scanner walks once over a comma-separated list of auth-params (RFC 9110
// sections 5.6 and 11.2).
type scanner struct {
	text string
	at   int
}

// next skips white space and empty list elements and reports whether another
// parameter follows.
func (s *scanner) next() bool {
	for s.at < len(s.text) {
		if c := s.text[s.at]; c != ' ' && c != '\t' && c != ',' {
			return true
		}
		s.at++
	}
	return false
}

// param reads one name=value and the comma after it, if it is not the last.
func (s *scanner) param() (name, value string, err error) {
	if name = s.token(); name == "" {
		return "", "", ErrSyntax
	}
	s.space()
	if !s.take('=') {
		return "", "", ErrSyntax
	}
	s.space()
	if s.take('"') {
		value, err = s.quoted()
	} else if value = s.token(); value == "" {
		err = ErrSyntax
	}
	if err != nil {
		return "", "", err
	}
	s.space()
	if s.at < len(s.text) && !s.take(',') {
		return "", "", ErrSyntax
	}
	return name, value, nil
}

// take steps over c and reports whether it was there.
func (s *scanner) take(c byte) bool {
	if s.at < len(s.text) && s.text[s.at] == c {
		s.at++
		return true
	}
	return false
}

// space skips optional white space.
func (s *scanner) space() {
	for s.at < len(s.text) && (s.text[s.at] == ' ' || s.text[s.at] == '\t') {
		s.at++
	}
}

// token reads the longest run of token characters; it may be empty.
func (s *scanner) token() string {
	start, end := s.at, s.at
	for end < len(s.text) && isTokenByte(s.text[end]) {
		end++
	}
	s.at = end
	return s.text[start:end]
}

// quoted reads the rest of a quoted string, after its opening quote. A tab is
// legal in one by the grammar, but like every control byte it has no business
// in these values.
func (s *scanner) quoted() (string, error) {
	start := s.at
	for i := start; i < len(s.text); i++ {
		switch c := s.text[i]; {
		case c == '"':
			s.at = i + 1
			return s.text[start:i], nil
		case c == '\\':
			s.at = i
			return s.escaped(start)
		case isControl(c):
			return "", ErrControl
		}
	}
	return "", ErrUnterminated
}

// escaped goes on where quoted met the first backslash: each one stands for
// the byte that follows it.
func (s *scanner) escaped(start int) (string, error) {
	var out strings.Builder
	out.WriteString(s.text[start:s.at])
	for s.at < len(s.text) {
		c := s.text[s.at]
		s.at++
		if c == '"' {
			return out.String(), nil
		}
		if c == '\\' {
			if s.at == len(s.text) {
				break
			}
			c = s.text[s.at]
			s.at++
		}
		if isControl(c) {
			return "", ErrControl
		}
		out.WriteByte(c)
	}
	return "", ErrUnterminated
}

func isControl(c byte) bool { return c < ' ' || c == 0x7f }

// The bytes of a token below and from '@' on, as bits (RFC 9110 section 5.6.2).
const (
	tokenLow = 1<<'!' | 1<<'#' | 1<<'$' | 1<<'%' | 1<<'&' | 1<<'\'' | 1<<'*' | 1<<'+' | 1<<'-' | 1<<'.' |
		(1<<10-1)<<'0'
	tokenHigh = (1<<26-1)<<('A'-64) | 1<<('^'-64) | 1<<('_'-64) | 1<<('`'-64) | (1<<26-1)<<('a'-64) |
		1<<('|'-64) | 1<<('~'-64)
)

// isTokenByte reports whether c is a tchar.
func isTokenByte(c byte) bool {
	if c < 64 {
		return uint64(tokenLow)>>c&1 == 1
	}
	return c < 128 && uint64(tokenHigh)>>(c-64)&1 == 1
}
