package audit

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/latchkey/latchkey"
)

// ErrNotALine is returned for text that is no line of an export.
var ErrNotALine = errors.New("no line of an export")

// ParseLine reads a line with its line feed. It accepts what AppendHeader,
// AppendEvent and AppendCheckpoint write, and returns an error that wraps
// ErrNotALine for everything else. It checks no hash and no signature. The
// payload of an event is a part of text.
func ParseLine(text []byte) (Line, error) {
	line, err := parseUnread(text)
	if err == nil && line.Event != nil {
		err = readChange(line.Event)
	}
	if err != nil {
		return Line{}, err
	}
	return line, nil
}

// readChange reads the payload of an event that parseUnread returned.
func readChange(e *latchkey.Event) error {
	if err := json.Unmarshal(e.Payload, &e.Change); err != nil {
		return fmt.Errorf("%w: the payload of event %d: %w", ErrNotALine, e.Seq, err)
	}
	return nil
}

// parseUnread is ParseLine, but does not read the payload: what it is turned
// into may take many times its length, which an event is worth only when a
// signature vouches for it.
func parseUnread(text []byte) (Line, error) {
	p := parser{rest: text}
	var line Line
	switch {
	case bytes.HasPrefix(text, []byte(eventStart)):
		line.Event = p.event()
	case bytes.HasPrefix(text, []byte(checkpointStart)):
		line.Checkpoint = p.checkpoint()
	default:
		line.Header = p.header()
	}
	if p.err == nil && len(p.rest) > 0 {
		p.fail("something follows")
	}
	if p.err != nil {
		return Line{}, p.err
	}
	return line, nil
}

// ParseCheckpoint reads a checkpoint that was kept elsewhere: its line, with
// white space wherever JSON allows it. It returns an error that wraps
// ErrNotALine for anything else.
func ParseCheckpoint(text string) (latchkey.Checkpoint, error) {
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(text)); err != nil {
		return latchkey.Checkpoint{}, fmt.Errorf("%w: %w", ErrNotALine, err)
	}
	compact.WriteByte('\n')
	line, err := ParseLine(compact.Bytes())
	if err == nil && line.Checkpoint == nil {
		err = fmt.Errorf("%w: it is no checkpoint", ErrNotALine)
	}
	if err != nil {
		return latchkey.Checkpoint{}, err
	}
	return *line.Checkpoint, nil
}

// parser reads a line from its start; after the first fault it reads nothing.
type parser struct {
	rest []byte
	err  error
}

func (p *parser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf("%w: %s", ErrNotALine, fmt.Sprintf(format, args...))
	}
}

func (p *parser) header() *Header {
	var h Header
	p.literal(headerStart)
	if version := p.number(); p.err == nil && version != FormatVersion {
		p.fail("the export has the format %d, and this release reads %d: use the release that wrote it", version, FormatVersion)
	}
	p.literal(orgMember)
	h.Org = latchkey.OrgID(p.text())
	p.literal(firstMember)
	h.First = p.number()
	p.literal(lineEnd)
	if _, ok := latchkey.ParseID[latchkey.OrgID](string(h.Org)); !ok {
		p.fail("%q is no id of an organization", limited(string(h.Org)))
	}
	if h.First < 1 {
		p.fail("the first event has a number of at least 1")
	}
	return &h
}

func (p *parser) event() *latchkey.Event {
	var e latchkey.Event
	p.literal(eventStart)
	for i, m := range eventTexts(&e) {
		switch i {
		case 1:
			p.literal(seqMember)
			e.Seq = p.number()
		case 2:
			p.literal(createdMember)
			e.Created = time.UnixMilli(p.number()).UTC()
		}
		p.literal(m.name)
		*m.text = p.text()
	}
	p.literal(prevHashMember)
	p.hex(e.PrevHash[:])
	p.literal(hashMember)
	p.hex(e.Hash[:])
	p.literal(payloadMember)
	e.Payload = p.payload()
	if e.Seq < 1 {
		p.fail("an event has a number of at least 1")
	}
	if p.err == nil && !json.Valid(e.Payload) {
		p.fail("the payload of event %d is no JSON", e.Seq)
	}
	return &e
}

func (p *parser) checkpoint() *latchkey.Checkpoint {
	c := latchkey.Checkpoint{Signature: make([]byte, ed25519.SignatureSize)}
	p.literal(checkpointStart)
	c.OrgID = latchkey.OrgID(p.text())
	p.literal(seqMember)
	c.Seq = p.number()
	p.literal(hashMember)
	p.hex(c.Hash[:])
	p.literal(previousMember)
	c.Previous = p.number()
	p.literal(createdMember)
	c.Created = time.UnixMilli(p.number()).UTC()
	p.literal(signerMember)
	signer := p.number()
	c.Signer = uint32(signer)
	p.literal(signatureMember)
	p.hex(c.Signature)
	p.literal(lineEnd)
	if int64(c.Signer) != signer {
		p.fail("there is no signer %d", signer)
	}
	return &c
}

// literal reads exactly that text.
func (p *parser) literal(text string) {
	if p.err != nil {
		return
	}
	if len(p.rest) < len(text) || string(p.rest[:len(text)]) != text {
		p.fail("it does not go on with %q", text)
		return
	}
	p.rest = p.rest[len(text):]
}

// number reads decimal digits without a leading zero.
func (p *parser) number() int64 {
	n := 0
	for n < len(p.rest) && p.rest[n] >= '0' && p.rest[n] <= '9' {
		n++
	}
	v, err := strconv.ParseInt(string(p.rest[:n]), 10, 64)
	if p.err == nil && (err != nil || n > 1 && p.rest[0] == '0') {
		p.fail("%q is no number", limited(string(p.rest[:min(n, maxValue+1)])))
	}
	if p.err != nil {
		return 0
	}
	p.rest = p.rest[n:]
	return v
}

// hex reads a string of lower-case hex digits that fill raw.
func (p *parser) hex(raw []byte) {
	p.literal(`"`)
	n := hex.EncodedLen(len(raw))
	if p.err != nil {
		return
	}
	if len(p.rest) < n {
		p.fail("hex digits are missing")
		return
	}
	for i := range raw {
		high, low := hexValue(p.rest[2*i]), hexValue(p.rest[2*i+1])
		if high|low > 15 {
			p.fail("%q are no lower-case hex digits", p.rest[2*i:2*i+2])
			return
		}
		raw[i] = high<<4 | low
	}
	p.rest = p.rest[n:]
	p.literal(`"`)
}

// hexValue returns what a lower-case hex digit stands for, and 255 for another byte.
func hexValue(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	}
	return 255
}

// text reads a string as appendText writes it.
func (p *parser) text() string {
	p.literal(`"`)
	if p.err != nil {
		return ""
	}
	n, escaped := 0, false
	for ; n < len(p.rest) && p.rest[n] != '"'; n++ {
		if p.rest[n] == '\\' {
			escaped = true
			n++ // and what is escaped
		}
	}
	if n >= len(p.rest) {
		p.fail("a string does not end")
		return ""
	}
	raw := p.rest[:n]
	text := string(raw)
	if escaped {
		if err := json.Unmarshal(p.quoted(n), &text); err != nil {
			p.fail("a string is no JSON")
			return ""
		}
	}
	if !utf8.ValidString(text) || (escaped || hasControl(text)) && string(appendText(nil, text)) != string(p.quoted(n)) {
		p.fail("%q is not written as an export writes it", limited(string(raw[:min(n, maxValue+1)])))
		return ""
	}
	p.rest = p.rest[n+1:]
	return text
}

// quoted returns the string of n bytes that is being read with its quotes.
func (p *parser) quoted(n int) []byte { return append(append([]byte{'"'}, p.rest[:n]...), '"') }

func hasControl(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' {
			return true
		}
	}
	return false
}

// payload reads the rest of the line up to its end.
func (p *parser) payload() []byte {
	body, ok := bytes.CutSuffix(p.rest, []byte(lineEnd))
	if p.err == nil && (!ok || !isPayload(body)) {
		p.fail("it does not end with a payload and %q", lineEnd)
	}
	if p.err != nil {
		return nil
	}
	p.rest = nil
	return body
}
