package wire

// docWriter writes compact JSON in the order in which it is told to. Commas
// are set by what stands before.
type docWriter struct{ buf []byte }

// next sets the comma before a name or a value that needs one.
func (w *docWriter) next() {
	if n := len(w.buf); n > 0 {
		switch w.buf[n-1] {
		case '{', '[', ':':
		default:
			w.buf = append(w.buf, ',')
		}
	}
}

func (w *docWriter) name(s string) {
	w.next()
	w.buf = append(AppendString(w.buf, s), ':')
}

func (w *docWriter) text(s string) {
	w.next()
	w.buf = AppendString(w.buf, s)
}

func (w *docWriter) raw(json string) {
	w.next()
	w.buf = append(w.buf, json...)
}

// object writes an object with what members writes in it.
func (w *docWriter) object(members func()) {
	w.raw("{")
	members()
	w.buf = append(w.buf, '}')
}

// array writes an array with what elements writes in it.
func (w *docWriter) array(elements func()) {
	w.raw("[")
	elements()
	w.buf = append(w.buf, ']')
}

// in writes a member that is an object.
func (w *docWriter) in(name string, members func()) {
	w.name(name)
	w.object(members)
}

// member writes a member that is a string, unless that is empty.
func (w *docWriter) member(name, value string) {
	if value != "" {
		w.name(name)
		w.text(value)
	}
}

// rawMember writes a member of any kind, unless its JSON is empty.
func (w *docWriter) rawMember(name, json string) {
	if json != "" {
		w.name(name)
		w.raw(json)
	}
}

// number writes a member that is a number, unless that is 0.
func (w *docWriter) number(name string, n int64) {
	if n != 0 {
		w.name(name)
		w.next()
		w.buf = AppendInt(w.buf, n)
	}
}

// flag writes a member that is true, unless it is not.
func (w *docWriter) flag(name string, on bool) {
	if on {
		w.rawMember(name, "true")
	}
}

// texts writes a member that is an array of strings, unless that is empty.
func (w *docWriter) texts(name string, list []string) {
	if len(list) == 0 {
		return
	}
	w.name(name)
	w.array(func() {
		for _, s := range list {
			w.text(s)
		}
	})
}
