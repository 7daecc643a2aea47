package wire

// AppendPretty appends compact reprinted as the published examples print
// answers: two spaces a level, `"name" : value`, arrays on the line of their
// name (`[ {` … `}, {` … `} ]`, `[ "a", "b" ]`), `{ }` and `[ ]` when empty,
// no line feed at the end. compact is valid JSON without white space between
// its tokens; numbers and strings are copied as they are.
func AppendPretty(dst, compact []byte) []byte {
	var room [maxBodyDepth]byte
	open := room[:0] // the brackets that are open
	objects := 0     // how many of them are braces: arrays do not indent
	for i := 0; i < len(compact); i++ {
		switch c := compact[i]; c {
		case '"':
			end := endOfString(compact, i)
			dst = append(dst, compact[i:end]...)
			i = end - 1
		case '{', '[':
			dst = append(dst, c)
			if i+1 < len(compact) && compact[i+1] == c+2 { // its closing bracket
				dst = append(dst, ' ', c+2)
				i++
				continue
			}
			open = append(open, c)
			if c == '{' {
				objects++
				dst = appendLine(dst, objects)
			} else {
				dst = append(dst, ' ')
			}
		case '}':
			open = open[:len(open)-1]
			objects--
			dst = append(appendLine(dst, objects), c)
		case ']':
			open = open[:len(open)-1]
			dst = append(dst, ' ', c)
		case ',':
			dst = append(dst, c)
			if open[len(open)-1] == '{' {
				dst = appendLine(dst, objects)
			} else {
				dst = append(dst, ' ')
			}
		case ':':
			dst = append(dst, " : "...)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// appendLine begins a new line that is indented by so many levels.
func appendLine(dst []byte, levels int) []byte {
	dst = append(dst, '\n')
	for range levels {
		dst = append(dst, "  "...)
	}
	return dst
}

// endOfString returns the index after the string that begins at i.
func endOfString(text []byte, i int) int {
	for i++; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}
