package audit_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/audit"
)

// How many edits the test makes, and of how many events the export is.
const (
	allEdits     = 100_000
	shortEdits   = 5_000
	editedEvents = 11
	partFrom     = 7 // the event that the part of it begins with that is edited, too
)

// TestEdits makes random edits of an export, from the flip of a bit to a chain
// that was computed anew by somebody who has everything but the key, and wants
// each of them to be found with the public key and the last checkpoint. Every
// third export is a part that does not begin with the first event.
// LATCHKEY_EDITS and LATCHKEY_EDITS_SEED say how many and which.
func TestEdits(t *testing.T) {
	n, seed := allEdits, int(time.Now().UnixNano())
	if testing.Short() {
		n = shortEdits
	}
	n, seed = fromEnvironment(t, "LATCHKEY_EDITS", n), fromEnvironment(t, "LATCHKEY_EDITS_SEED", seed)
	t.Logf("LATCHKEY_EDITS_SEED=%d chooses the edits", seed)
	keys := testKeys()
	workers := runtime.GOMAXPROCS(0)
	made := make([]map[string]int, workers)
	var wait sync.WaitGroup
	for w := range workers {
		made[w] = make(map[string]int)
		wait.Go(func() {
			whole := newEditor(t)
			part := whole.part(partFrom)
			for i := w; i < n; i += workers {
				e := whole
				if i%3 == 2 {
					e = part
				}
				e.random = rand.New(rand.NewPCG(uint64(seed), uint64(i))) // of the edit's own: it can be made alone
				name, text := e.edit()
				made[w][name]++
				report, err := audit.VerifyExport(context.Background(), bytes.NewReader(text), keys, audit.Containing(e.kept), audit.From(e.from))
				if err != nil || report.OK() || report.Covered != 0 {
					t.Errorf("edit %d, %s: not found, %v:\n%s", i, name, err, text)
					return
				}
			}
		})
	}
	wait.Wait()
	sum := make(map[string]int)
	for _, m := range made {
		for name, n := range m {
			sum[name] += n
		}
	}
	for _, name := range slices.Sorted(maps.Keys(sum)) {
		t.Logf("%6d %s", sum[name], name)
	}
	if len(sum) != len(edits()) {
		t.Errorf("%d kinds of edits were made, of %d", len(sum), len(edits()))
	}
}

func fromEnvironment(t *testing.T, name string, otherwise int) int {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// editor edits one export.
type editor struct {
	t       *testing.T
	random  *rand.Rand
	script  *script
	text    []byte
	lines   []string // of text
	foreign []string // of the export of another organization, signed with the same key
	sibling []string // of another chain of the same organization
	kept    latchkey.Checkpoint
	from    int64 // the number of the first event
	alike   int   // how many lines the sibling has in common, header included
	forger  ed25519.PrivateKey
}

func newEditor(t *testing.T) *editor {
	s := chainOf(t, stateOrg, editedEvents, 10)
	e := &editor{t: t, script: s, text: s.text(t), kept: s.newest(), from: 1, alike: 5, forger: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))}
	e.lines = lines(e.text)
	e.foreign = lines(chainOf(t, "100000000000000000000002", editedEvents, 10).text(t))
	sibling := chainOf(t, stateOrg, 4, 20)
	for range editedEvents - 4 {
		sibling.append(t, event(latchkey.EventOrgRenamed, "", "", latchkey.Change{Name: ptr("sibling")}))
	}
	e.sibling = lines(sibling.text(t))
	return e
}

// part returns an editor of the part of the export that begins with that event.
func (e *editor) part(from int64) *editor {
	cut := func(org latchkey.OrgID, l []string) []string {
		return append([]string{string(audit.AppendHeader(nil, &audit.Header{Org: org, First: from}))}, l[from:]...)
	}
	p := *e
	p.from, p.alike = from, 1
	p.script = &script{org: stateOrg, lines: append([]audit.Line{{Header: &audit.Header{Org: stateOrg, First: from}}}, e.script.lines[from:]...)}
	p.lines, p.foreign, p.sibling = cut(stateOrg, e.lines), cut("100000000000000000000002", e.foreign), cut(stateOrg, e.sibling[1:])
	p.text = joined(p.lines)
	return &p
}

// edit returns a text that is not that of the export, and what was done to it.
func (e *editor) edit() (string, []byte) {
	all := edits()
	for {
		choice := all[e.random.IntN(len(all))]
		if text := choice.make(e); !bytes.Equal(text, e.text) {
			return choice.name, text
		}
	}
}

// line chooses a line, the header too.
func (e *editor) line() int { return e.random.IntN(len(e.lines)) }

func joined(l []string) []byte { return []byte(strings.Join(l, "")) }

// kindOfEdit is one way to edit.
type kindOfEdit struct {
	name string
	make func(*editor) []byte
}

func edits() []kindOfEdit {
	return []kindOfEdit{
		{"flip a bit", func(e *editor) []byte {
			text := bytes.Clone(e.text)
			text[e.random.IntN(len(text))] ^= 1 << e.random.IntN(8)
			return text
		}},
		{"change a byte", func(e *editor) []byte {
			text := bytes.Clone(e.text)
			text[e.random.IntN(len(text))] = byte(e.random.IntN(256))
			return text
		}},
		{"insert a byte", func(e *editor) []byte {
			return slices.Insert(bytes.Clone(e.text), e.random.IntN(len(e.text)+1), byte(e.random.IntN(256)))
		}},
		{"insert white space", func(e *editor) []byte {
			return slices.Insert(bytes.Clone(e.text), e.random.IntN(len(e.text)+1), " \t\r\n"[e.random.IntN(4)])
		}},
		{"delete bytes", func(e *editor) []byte {
			from := e.random.IntN(len(e.text))
			return slices.Delete(bytes.Clone(e.text), from, min(len(e.text), from+1+e.random.IntN(8)))
		}},
		{"repeat a part", func(e *editor) []byte {
			from := e.random.IntN(len(e.text))
			part := e.text[from:min(len(e.text), from+1+e.random.IntN(2000))]
			return slices.Insert(bytes.Clone(e.text), e.random.IntN(len(e.text)+1), part...)
		}},
		{"cut off anywhere", func(e *editor) []byte { return e.text[:e.random.IntN(len(e.text))] }},
		{"cut off after a line", func(e *editor) []byte { return joined(e.lines[:e.line()]) }},
		{"cut off the beginning", func(e *editor) []byte { return joined(e.lines[e.line():]) }},
		{"cut off events at the beginning", func(e *editor) []byte { return joined(append([]string{e.lines[0]}, e.lines[1+e.line():]...)) }},
		{"begin later, and say so", func(e *editor) []byte {
			i := 1 + e.random.IntN(len(e.lines)-1)
			l := append([]string{string(audit.AppendHeader(nil, &audit.Header{Org: stateOrg, First: e.seqAt(i)}))}, e.lines[i:]...)
			return joined(l)
		}},
		{"delete a line", func(e *editor) []byte { return joined(remove(e.lines, e.line())) }},
		{"delete lines", func(e *editor) []byte {
			from := e.line()
			return joined(slices.Delete(slices.Clone(e.lines), from, from+1+e.random.IntN(len(e.lines)-from)))
		}},
		{"repeat a line", func(e *editor) []byte { return joined(insert(e.lines, 1+e.line(), e.lines[e.line()])) }},
		{"swap lines", func(e *editor) []byte {
			l, i, k := slices.Clone(e.lines), e.line(), e.line()
			l[i], l[k] = l[k], l[i]
			return joined(l)
		}},
		{"move a line", func(e *editor) []byte {
			i := e.line()
			l := remove(e.lines, i)
			return joined(insert(l, e.random.IntN(len(l)+1), e.lines[i]))
		}},
		{"insert a line of another organization", func(e *editor) []byte {
			return joined(insert(e.lines, e.random.IntN(len(e.lines)+1), e.foreign[e.random.IntN(len(e.foreign))]))
		}},
		{"replace a line by that of another organization", func(e *editor) []byte {
			i := e.line()
			return joined(insert(remove(e.lines, i), i, e.foreign[i]))
		}},
		{"insert a line of another chain", func(e *editor) []byte {
			return joined(insert(e.lines, e.random.IntN(len(e.lines)+1), e.sibling[e.alike+1+e.random.IntN(len(e.sibling)-e.alike-1)]))
		}},
		{"go on as another chain", func(e *editor) []byte {
			i := e.alike + 2 + e.random.IntN(len(e.sibling)-e.alike-2)
			return joined(append(slices.Clone(e.lines[:i]), e.sibling[i:]...))
		}},
		{"replace all by another organization", func(e *editor) []byte { return joined(e.foreign) }},
		{"change a field", func(e *editor) []byte {
			l, i := slices.Clone(e.script.lines), e.line()
			l[i] = e.changed(l[i])
			return e.written(l)
		}},
		{"change a field and its hash", func(e *editor) []byte {
			l, i := slices.Clone(e.script.lines), e.line()
			l[i] = e.changed(l[i])
			if l[i].Event != nil {
				e.seal(l[i].Event, l[i].Event.PrevHash)
			}
			return e.written(l)
		}},
		{"hash anew from a changed event on", func(e *editor) []byte { return e.written(e.rechained(e.changedEvent)) }},
		{"hash anew and leave checkpoints out", func(e *editor) []byte {
			return e.written(slices.DeleteFunc(e.rechained(e.changedEvent), func(l audit.Line) bool { return l.Checkpoint != nil }))
		}},
		{"hash anew and sign with another key", func(e *editor) []byte {
			return e.written(e.resigned(e.rechained(e.changedEvent)))
		}},
		{"delete an event, number and hash anew", func(e *editor) []byte { return e.written(e.rechained(e.withoutEvent)) }},
		{"insert an event, number and hash anew", func(e *editor) []byte { return e.written(e.resigned(e.rechained(e.withEvent))) }},
		{"delete a checkpoint and adjust the next", func(e *editor) []byte {
			l := slices.Clone(e.script.lines)
			i := e.checkpoint()
			previous := l[i].Checkpoint.Previous
			l = slices.Delete(l, i, i+1)
			for k := i; k < len(l); k++ {
				if l[k].Checkpoint != nil {
					c := *l[k].Checkpoint
					c.Previous = previous
					l[k] = audit.Line{Checkpoint: &c}
					break
				}
			}
			return e.written(l)
		}},
		{"sign with another key", func(e *editor) []byte { return e.written(e.resigned(slices.Clone(e.script.lines))) }},
	}
}

// seqAt returns the number of the event at or after the line.
func (e *editor) seqAt(i int) int64 {
	if event := e.script.lines[i].Event; event != nil {
		return event.Seq
	}
	return e.script.lines[i].Checkpoint.Seq + 1
}

// checkpoint chooses the line of a checkpoint.
func (e *editor) checkpoint() int {
	for {
		if i := e.line(); e.script.lines[i].Checkpoint != nil {
			return i
		}
	}
}

func (e *editor) written(l []audit.Line) []byte {
	var b []byte
	for i := range l {
		b = appendLine(e.t, b, l[i])
	}
	return b
}

// seal gives the event the hash that belongs to its fields, payload included.
func (e *editor) seal(event *latchkey.Event, prev [32]byte) {
	if err := event.Seal(prev); err != nil {
		e.t.Error(err)
	}
}

// rechained changes a copy of the lines, and gives them the numbers and hashes
// of a whole chain.
func (e *editor) rechained(change func([]audit.Line) []audit.Line) []audit.Line {
	l := change(slices.Clone(e.script.lines))
	first := e.script.lines[1].Event
	prev, seq, last := first.PrevHash, first.Seq-1, int64(0)
	for i := range l {
		switch {
		case l[i].Event != nil:
			event := *l[i].Event
			seq++
			event.Seq = seq
			e.seal(&event, prev)
			prev = event.Hash
			l[i] = audit.Line{Event: &event}
		case l[i].Checkpoint != nil:
			c := *l[i].Checkpoint
			c.Seq, c.Hash, c.Previous = seq, prev, last
			last = seq
			l[i] = audit.Line{Checkpoint: &c}
		}
	}
	return l
}

// resigned signs all checkpoints with a key that is not the right one.
func (e *editor) resigned(l []audit.Line) []audit.Line {
	for i := range l {
		if l[i].Checkpoint != nil {
			c := *l[i].Checkpoint
			c.Signature = ed25519.Sign(e.forger, c.Message())
			l[i] = audit.Line{Checkpoint: &c}
		}
	}
	return l
}

func (e *editor) event() int {
	for {
		if i := e.line(); e.script.lines[i].Event != nil {
			return i
		}
	}
}

func (e *editor) changedEvent(l []audit.Line) []audit.Line {
	i := e.event()
	l[i] = e.changed(l[i])
	return l
}

func (e *editor) withoutEvent(l []audit.Line) []audit.Line {
	i := e.event()
	return slices.Delete(l, i, i+1)
}

func (e *editor) withEvent(l []audit.Line) []audit.Line {
	added := event(latchkey.EventOrgRenamed, "", "", latchkey.Change{Name: ptr(fmt.Sprint(e.random.Uint64()))})
	return slices.Insert(l, 2+e.random.IntN(len(l)-2), audit.Line{Event: &added})
}

// changed returns the line with another value of one of its fields.
func (e *editor) changed(l audit.Line) audit.Line {
	text := func(s string) string {
		if s == "" || e.random.IntN(4) == 0 {
			return s + "x"
		}
		i := e.random.IntN(len(s))
		return s[:i] + string(rune('a'+e.random.IntN(26))) + s[i+1:]
	}
	number := func(n int64) int64 { return max(0, n+int64(e.random.IntN(7))-3) }
	switch {
	case l.Header != nil:
		h := *l.Header
		if e.random.IntN(2) == 0 {
			h.Org = latchkey.OrgID(text(string(h.Org)))
		} else {
			h.First = 1 + number(h.First)
		}
		return audit.Line{Header: &h}
	case l.Checkpoint != nil:
		c := *l.Checkpoint
		switch e.random.IntN(7) {
		case 0:
			c.OrgID = latchkey.OrgID(text(string(c.OrgID)))
		case 1:
			c.Seq = number(c.Seq)
		case 2:
			c.Hash[e.random.IntN(32)]++
		case 3:
			c.Previous = number(c.Previous)
		case 4:
			c.Created = c.Created.Add(time.Duration(1+e.random.IntN(1000)) * time.Millisecond)
		case 5:
			c.Signer++
		case 6:
			c.Signature = bytes.Clone(c.Signature)
			c.Signature[e.random.IntN(64)]++
		}
		return audit.Line{Checkpoint: &c}
	}
	event := *l.Event
	texts := []*string{(*string)(&event.OrgID), (*string)(&event.ID), (*string)(&event.Type), (*string)(&event.Source), &event.Operation,
		(*string)(&event.CallerID), (*string)(&event.CallerPublicKey), &event.RemoteAddress,
		(*string)(&event.ProjectID), (*string)(&event.TargetID), (*string)(&event.TargetPublicKey)}
	switch k := e.random.IntN(len(texts) + 5); k {
	case len(texts):
		event.Seq = 1 + number(event.Seq)
	case len(texts) + 1:
		event.Created = event.Created.Add(time.Duration(1+e.random.IntN(1000)) * time.Millisecond)
	case len(texts) + 2:
		event.Hash[e.random.IntN(32)]++
	case len(texts) + 3:
		event.PrevHash[e.random.IntN(32)]++
	case len(texts) + 4:
		event.Change.Region += "x"
		event.Payload = append(bytes.Clone(event.Payload[:len(event.Payload)-1]), `,"region":"x"}`...)
	default:
		*texts[k] = text(*texts[k])
	}
	return audit.Line{Event: &event}
}
