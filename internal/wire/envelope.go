package wire

// AppendEnvelope appends what envelope=true makes of a body that is compact
// JSON. A list, which is an object with "results", gains "status" in
// alphabetical place; every other body, errors included, becomes
// {"content":…,"status":…}. status is the real HTTP status, which the answer
// keeps. An empty body stays empty.
func AppendEnvelope(dst, body []byte, status int, list bool) []byte {
	if len(body) == 0 {
		return dst
	}
	if !list || body[0] != '{' {
		dst = append(dst, `{"content":`...)
		dst = append(dst, body...)
		dst = append(dst, ',')
		return append(appendStatus(dst, status), '}')
	}
	at := placeOfStatus(body)
	dst = append(dst, body[:at]...)
	if at > 1 && body[at] == '}' { // after the last member
		return append(appendStatus(append(dst, ','), status), '}')
	}
	dst = appendStatus(dst, status)
	if body[at] != '}' {
		dst = append(dst, ',')
	}
	return append(dst, body[at:]...)
}

func appendStatus(dst []byte, status int) []byte {
	return AppendInt(append(dst, `"status":`...), status)
}

// placeOfStatus returns where the first member of the object begins whose
// name sorts after "status", or the index of its closing brace.
func placeOfStatus(object []byte) int {
	depth := 0
	for i := 0; i < len(object); i++ {
		switch object[i] {
		case '"':
			end := endOfString(object, i)
			isName := depth == 1 && (object[i-1] == '{' || object[i-1] == ',')
			if isName && string(object[i+1:end-1]) > "status" {
				return i
			}
			i = end - 1
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
	}
	return len(object) - 1
}
