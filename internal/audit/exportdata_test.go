package audit_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/audit"
)

// script makes the lines of an export without any data: an organization, a
// project, a key, a service account, and changes of the key's roles.
type script struct {
	org   latchkey.OrgID
	lines []audit.Line
	seq   int64
	prev  [sha256.Size]byte
	last  int64 // the number of the last checkpoint
}

// chainOf returns a chain of n events with a checkpoint after every so many of
// them, and after the last one.
func chainOf(t testing.TB, org latchkey.OrgID, n, every int) *script {
	t.Helper()
	s := &script{org: org, lines: []audit.Line{{Header: &audit.Header{Org: org, First: 1}}}}
	settings := latchkey.DefaultSettings()
	first := []latchkey.Event{
		event(latchkey.EventOrgCreated, "", "", latchkey.Change{Name: ptr(`A "name" with \ and 日本`), Settings: &settings}),
		event(latchkey.EventProjectCreated, stateProject, "", latchkey.Change{Name: ptr("first")}),
		event(latchkey.EventKeyCreated, "", stateKey, latchkey.Change{Desc: ptr("a\nb\u0000c"), OrgRoles: []string{"ORG_MEMBER"}}),
		event(latchkey.EventAccountCreated, "", stateAccount, latchkey.Change{Name: ptr("deploys"), Desc: ptr("<&>"), OrgRoles: []string{"ORG_MEMBER"},
			Secrets: &[]latchkey.SecretTerm{term(stateSecret, 9000)}, SecretID: stateSecret}),
		event(latchkey.EventKeyAddedToProject, stateProject, stateKey, latchkey.Change{ProjectRoles: []string{"GROUP_READ_ONLY"}}),
	}
	roles := [...]string{"GROUP_READ_ONLY", "GROUP_OWNER"}
	for i := range n {
		var e latchkey.Event
		if i < len(first) {
			e = first[i]
		} else {
			e = event(latchkey.EventKeyRolesChanged, stateProject, stateKey, latchkey.Change{
				ProjectRoles: []string{roles[(i+len(first)+1)%2]}, RolesBefore: []string{roles[(i+len(first))%2]}})
		}
		s.append(t, e)
		if i%every == every-1 || i == n-1 {
			s.sign()
		}
	}
	return s
}

// append gives the event what the store would, and appends it.
func (s *script) append(t testing.TB, e latchkey.Event) {
	t.Helper()
	s.seq++
	e.OrgID, e.Seq = s.org, s.seq
	e.ID = latchkey.EventID(fmt.Sprintf("%024x", s.seq))
	e.Created = time.UnixMilli(eventTime + s.seq).UTC()
	e.Source, e.Operation, e.RemoteAddress = latchkey.SourceAPI, "updateGroupApiKeyRoles", "192.0.2.7"
	e.CallerID, e.CallerPublicKey = "300000000000000000000009", "ijklmnop"
	if err := e.Seal(s.prev); err != nil {
		t.Fatal(err)
	}
	s.prev = e.Hash
	s.lines = append(s.lines, audit.Line{Event: &e})
}

// reseal gives the last event another payload and the hash that belongs to it.
func (s *script) reseal(t testing.TB, payload string) {
	t.Helper()
	e := s.lines[len(s.lines)-1].Event
	e.Payload = []byte(payload)
	h := sha256.New()
	h.Write(e.PrevHash[:])
	var n [8]byte
	for _, v := range []int64{e.Seq, e.Created.UnixMilli()} {
		binary.BigEndian.PutUint64(n[:], uint64(v))
		h.Write(n[:])
	}
	for _, text := range []string{string(e.OrgID), string(e.ID), string(e.Type), string(e.Source), e.Operation, string(e.CallerID),
		string(e.CallerPublicKey), e.RemoteAddress, string(e.ProjectID), string(e.TargetID), string(e.TargetPublicKey), payload} {
		binary.BigEndian.PutUint32(n[:4], uint32(len(text)))
		h.Write(n[:4])
		h.Write([]byte(text))
	}
	h.Sum(e.Hash[:0])
	s.prev = e.Hash
}

func (s *script) sign() {
	c := latchkey.Checkpoint{OrgID: s.org, Seq: s.seq, Hash: s.prev, Previous: s.last, Created: time.UnixMilli(eventTime + s.seq).UTC()}
	sign(&c)
	s.last = s.seq
	s.lines = append(s.lines, audit.Line{Checkpoint: &c})
}

// newest returns the last checkpoint, as somebody keeps it elsewhere.
func (s *script) newest() latchkey.Checkpoint {
	for i := len(s.lines) - 1; ; i-- {
		if c := s.lines[i].Checkpoint; c != nil {
			return *c
		}
	}
}

func (s *script) text(t testing.TB) []byte {
	t.Helper()
	var b []byte
	for _, l := range s.lines {
		b = appendLine(t, b, l)
	}
	return b
}

func appendLine(t testing.TB, b []byte, l audit.Line) []byte {
	t.Helper()
	switch {
	case l.Header != nil:
		return audit.AppendHeader(b, l.Header)
	case l.Checkpoint != nil:
		return audit.AppendCheckpoint(b, l.Checkpoint)
	}
	b, err := audit.AppendEvent(b, l.Event)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func verifyExport(t testing.TB, text []byte, options ...audit.Option) audit.ExportReport {
	t.Helper()
	report, err := audit.VerifyExport(context.Background(), bytes.NewReader(text), testKeys(), options...)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// reportText is the report for people.
func reportText(t testing.TB, r audit.ExportReport) string {
	t.Helper()
	var b strings.Builder
	if err := r.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
