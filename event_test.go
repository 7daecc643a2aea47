package latchkey_test

import (
	"encoding/hex"
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
)

func event() latchkey.Event {
	name := "a name"
	return latchkey.Event{
		OrgID: "0000000000000000000000aa", Seq: 7, ID: "0000000000000000000000bb", Created: time.UnixMilli(1_700_000_000_123).UTC(),
		Type: latchkey.EventKeyRolesChanged, Source: latchkey.SourceAPI, Operation: "updateGroupApiKeyRoles",
		CallerID: "0000000000000000000000cc", CallerPublicKey: "abcdefgh", RemoteAddress: "192.0.2.1",
		ProjectID: "0000000000000000000000dd", TargetID: "0000000000000000000000ee", TargetPublicKey: "hgfedcba",
		Change: latchkey.Change{Name: &name, ProjectRoles: []string{"GROUP_OWNER"}, RolesBefore: []string{"GROUP_READ_ONLY"}},
	}
}

// TestEventHashIsPinned: what was hashed once must verify for ever, so neither
// the order nor the form of what is hashed may change.
func TestEventHashIsPinned(t *testing.T) {
	e := event()
	if err := e.Seal([32]byte{1, 2, 3}); err != nil {
		t.Fatal(err)
	}
	const payload = `{"name":"a name","projectRoles":["GROUP_OWNER"],"rolesBefore":["GROUP_READ_ONLY"]}`
	if string(e.Payload) != payload {
		t.Errorf("payload %s, want %s", e.Payload, payload)
	}
	const hash = "07c6aafc78d10073aed559211254804dee15d549b8f1e1fadf0e3b95c2028d43"
	if got := hex.EncodeToString(e.Hash[:]); got != hash {
		t.Errorf("hash %s, want %s", got, hash)
	}
	if !e.Verify([32]byte{1, 2, 3}) || e.Verify([32]byte{}) {
		t.Error("the event must verify after the hash it was sealed onto, and after no other")
	}
}

// TestEveryFieldIsHashed changes one stored field after the other.
func TestEveryFieldIsHashed(t *testing.T) {
	sealed := event()
	prev := [32]byte{9}
	if err := sealed.Seal(prev); err != nil {
		t.Fatal(err)
	}
	for i := range reflect.TypeFor[latchkey.Event]().NumField() {
		field := reflect.TypeFor[latchkey.Event]().Field(i)
		if field.Name == "Change" { // stored as Payload
			continue
		}
		e := sealed
		v := reflect.ValueOf(&e).Elem().Field(i)
		switch x := v.Interface().(type) {
		case time.Time:
			v.Set(reflect.ValueOf(x.Add(time.Millisecond)))
		case int64:
			v.SetInt(x + 1)
		case []byte:
			v.SetBytes(append([]byte(" "), x...))
		case [32]byte:
			x[31] ^= 1
			v.Set(reflect.ValueOf(x))
		default:
			v.SetString(v.String() + "x")
		}
		if e.Verify(prev) {
			t.Errorf("a changed %s is not noticed", field.Name)
		}
	}
	moved := sealed
	moved.CallerPublicKey, moved.RemoteAddress = sealed.CallerPublicKey+"1", sealed.RemoteAddress[1:]
	if moved.Verify(prev) {
		t.Error("a character that moved from one field to the next is not noticed")
	}
}

func TestChangeRoundTrip(t *testing.T) {
	name, desc, alerts := "n", "", false
	settings := latchkey.DefaultSettings()
	for _, c := range []latchkey.Change{
		{},
		{Name: &name, WithDefaultAlerts: &alerts, Region: "GOV_REGIONS_ONLY", Tags: &[]latchkey.Tag{{Key: "k", Value: "v"}}},
		{Desc: &desc, Tags: &[]latchkey.Tag{}},
		{Settings: &settings},
		{OrgRoles: []string{"ORG_OWNER"}, ProjectRoles: []string{"GROUP_OWNER"}, RolesBefore: []string{"ORG_MEMBER"}},
		{Entry: "10.0.0.0/8", Assignments: map[latchkey.PrincipalID][]string{"a": {"GROUP_OWNER"}}},
	} {
		e := latchkey.Event{Change: c}
		if err := e.Seal([32]byte{}); err != nil {
			t.Fatal(err)
		}
		var got latchkey.Change
		if err := json.Unmarshal(e.Payload, &got); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, c) {
			t.Errorf("%s reads as %+v, want %+v", e.Payload, got, c)
		}
	}
}
