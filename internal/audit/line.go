package audit

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/latchkey/latchkey"
)

// FormatVersion is the version of the form of exports.
const FormatVersion = 1

// Header is the first line of an export.
type Header struct {
	Org   latchkey.OrgID
	First int64 // the number of the first event
}

// Line is one line of an export: exactly one of its fields is set.
//
// Each kind has one way to be written: these members in this order, no white
// space, and in strings no escapes but those of the quote, the backslash and
// control characters. What is written otherwise is no line of an export, so
// that not one byte of an export can change unseen.
type Line struct {
	Header     *Header
	Event      *latchkey.Event
	Checkpoint *latchkey.Checkpoint
}

// The texts between the values of a line, in their order.
const (
	headerStart     = `{"line":"header","format":"latchkey audit export","version":`
	eventStart      = `{"line":"event","orgId":`
	checkpointStart = `{"line":"checkpoint","orgId":`

	orgMember       = `,"orgId":`
	firstMember     = `,"first":`
	seqMember       = `,"seq":`
	idMember        = `,"id":`
	createdMember   = `,"created":`
	typeMember      = `,"type":`
	sourceMember    = `,"source":`
	operationMember = `,"operation":`
	callerMember    = `,"callerId":`
	callerKeyMember = `,"callerPublicKey":`
	addressMember   = `,"remoteAddress":`
	projectMember   = `,"projectId":`
	targetMember    = `,"targetId":`
	targetKeyMember = `,"targetPublicKey":`
	prevHashMember  = `,"prevHash":`
	hashMember      = `,"hash":`
	payloadMember   = `,"payload":`
	previousMember  = `,"previous":`
	signerMember    = `,"signer":`
	signatureMember = `,"signature":`
	lineEnd         = "}\n"
)

// errNotExportable is an event that cannot be written so that what is read back
// has the same hash; Latchkey stores none.
var errNotExportable = errors.New("it is not what Latchkey stores: run latchkey audit verify")

// AppendHeader appends the line of the header.
func AppendHeader(b []byte, h *Header) []byte {
	b = strconv.AppendInt(append(b, headerStart...), FormatVersion, 10)
	b = appendText(append(b, orgMember...), string(h.Org))
	b = strconv.AppendInt(append(b, firstMember...), h.First, 10)
	return append(b, lineEnd...)
}

// AppendEvent appends the line of an event. It returns an error, and b as it
// was, for one with text that is not UTF-8, a number below 1, a time before 1970,
// or a payload that is not a JSON object on one line.
func AppendEvent(b []byte, e *latchkey.Event) ([]byte, error) {
	before := len(b)
	members := eventTexts(e)
	b = append(b, eventStart...)
	for i, m := range members {
		switch {
		case i == 1:
			b = strconv.AppendInt(append(b, seqMember...), e.Seq, 10)
		case i == 2:
			b = strconv.AppendInt(append(b, createdMember...), e.Created.UnixMilli(), 10)
		}
		if !utf8.ValidString(*m.text) {
			return b[:before], fmt.Errorf("event %d: %w", e.Seq, errNotExportable)
		}
		b = appendText(append(b, m.name...), *m.text)
	}
	if e.Seq < 1 || e.Created.UnixMilli() < 0 || !isPayload(e.Payload) || !json.Valid(e.Payload) {
		return b[:before], fmt.Errorf("event %d: %w", e.Seq, errNotExportable)
	}
	b = appendHex(append(b, prevHashMember...), e.PrevHash[:])
	b = appendHex(append(b, hashMember...), e.Hash[:])
	b = append(append(b, payloadMember...), e.Payload...)
	return append(b, lineEnd...), nil
}

// member is a string of an event and the text before it.
type member struct {
	name string
	text *string
}

// eventTexts returns the strings of an event in the order of their line; the
// number comes after the first, the time after the second.
func eventTexts(e *latchkey.Event) [11]member {
	return [...]member{
		{"", (*string)(&e.OrgID)}, {idMember, (*string)(&e.ID)},
		{typeMember, (*string)(&e.Type)}, {sourceMember, (*string)(&e.Source)}, {operationMember, &e.Operation},
		{callerMember, (*string)(&e.CallerID)}, {callerKeyMember, (*string)(&e.CallerPublicKey)}, {addressMember, &e.RemoteAddress},
		{projectMember, (*string)(&e.ProjectID)}, {targetMember, (*string)(&e.TargetID)}, {targetKeyMember, (*string)(&e.TargetPublicKey)},
	}
}

// AppendCheckpoint appends the line of a checkpoint.
func AppendCheckpoint(b []byte, c *latchkey.Checkpoint) []byte {
	b = appendText(append(b, checkpointStart...), string(c.OrgID))
	b = strconv.AppendInt(append(b, seqMember...), c.Seq, 10)
	b = appendHex(append(b, hashMember...), c.Hash[:])
	b = strconv.AppendInt(append(b, previousMember...), c.Previous, 10)
	b = strconv.AppendInt(append(b, createdMember...), c.Created.UnixMilli(), 10)
	b = strconv.AppendUint(append(b, signerMember...), uint64(c.Signer), 10)
	b = appendHex(append(b, signatureMember...), c.Signature)
	return append(b, lineEnd...)
}

// appendText appends a JSON string in the one form that is read back.
func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ':
			b = fmt.Appendf(b, `\u%04x`, c)
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

func appendHex(b, raw []byte) []byte {
	return append(hex.AppendEncode(append(b, '"'), raw), '"')
}

// isPayload reports whether JSON is an object on one line.
func isPayload(text []byte) bool {
	return len(text) > 0 && text[0] == '{' && bytes.IndexByte(text, '\n') < 0
}
