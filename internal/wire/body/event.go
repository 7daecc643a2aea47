package body

import (
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/wire"
)

// EncodeOrgEvent writes an event of an organization.
func EncodeOrgEvent(a *wire.Answer, e latchkey.Event) { appendEvent(a, &e, "orgs", string(e.OrgID)) }

// EncodeOrgEvents writes a page of an organization's events.
func EncodeOrgEvents(a *wire.Answer, p op.EventPage) {
	a.List(len(p.Events), p.Total, func(i int) { EncodeOrgEvent(a, p.Events[i]) })
}

// EncodeProjectEvent writes an event of a project.
func EncodeProjectEvent(a *wire.Answer, e latchkey.Event) {
	appendEvent(a, &e, "groups", string(e.ProjectID))
}

// EncodeProjectEvents writes a page of a project's events.
func EncodeProjectEvents(a *wire.Answer, p op.EventPage) {
	a.List(len(p.Events), p.Total, func(i int) { EncodeProjectEvent(a, p.Events[i]) })
}

// appendEvent writes an event with a link to itself below its container.
//
// The published shapes have members for API keys only. A service account stands
// in them as a key whose public key is the client id, and whose id is the 24
// digits of that.
func appendEvent(a *wire.Answer, e *latchkey.Event, container, id string) {
	a.Raw("{")
	if e.CallerID != "" {
		a.Raw(`"apiKeyId":"`)
		a.Raw(strings.TrimPrefix(string(e.CallerID), latchkey.ClientIDPrefix))
		a.Raw(`",`)
	}
	a.Raw(`"created":`)
	a.Time(e.Created)
	a.Raw(`,"eventTypeName":"`)
	a.Raw(string(e.Type))
	a.Raw(`"`)
	appendText(a, "groupId", string(e.ProjectID))
	appendText(a, "id", string(e.ID))
	a.Raw(`,"isGlobalAdmin":false,"links":[`)
	a.Link("self", "/", container, "/", id, "/events/", string(e.ID))
	a.Raw("]")
	appendText(a, "orgId", string(e.OrgID))
	appendText(a, "publicKey", login(e.CallerID, e.CallerPublicKey))
	if a.Asked(paramIncludeRaw) && e.Payload != nil {
		appendRawEvent(a, e)
	}
	appendText(a, "remoteAddress", addressInFull(e.RemoteAddress))
	if e.Type == latchkey.EventProjectTagsModified {
		appendText(a, "resourceId", string(e.ProjectID))
		appendText(a, "resourceType", resourceProject)
	}
	appendText(a, "targetPublicKey", login(e.TargetID, e.TargetPublicKey))
	appendText(a, "whitelistEntry", entryName(e.Change.Entry))
	a.Raw("}")
}

// resourceProject is what ResourceEventView, resourceType says of a project.
const resourceProject = "GROUP"

// login is what a principal logs in with: a key's public key or a client id.
func login(id latchkey.PrincipalID, key latchkey.PublicKey) string {
	if id.IsAccount() {
		return string(id)
	}
	return string(key)
}

// entryName is how answers name a recorded entry of an access list.
func entryName(recorded string) string {
	if p, err := netip.ParsePrefix(recorded); err == nil {
		return op.PrefixText(p)
	}
	return recorded
}

// addressInFull writes out what an address of version 6 leaves away: the
// published pattern has eight groups.
func addressInFull(recorded string) string {
	addr, err := netip.ParseAddr(recorded)
	if err != nil || addr.Unmap().Is4() {
		return recorded
	}
	var groups []string
	for raw := addr.As16(); len(groups) < 8; {
		i := 2 * len(groups)
		groups = append(groups, strconv.FormatUint(uint64(raw[i])<<8|uint64(raw[i+1]), 16))
	}
	return strings.Join(groups, ":")
}

// appendText writes a member, unless the text is empty.
func appendText(a *wire.Answer, name, text string) {
	if text == "" {
		return
	}
	a.Raw(`,"`)
	a.Raw(name)
	a.Raw(`":`)
	a.String(text)
}

// appendRawEvent writes the event as it was audited: all that its hash covers,
// under the names that exports of the audit log have. The payload is, byte for
// byte, what was hashed. Its place in the chain is left out where the operation
// did not tell it.
func appendRawEvent(a *wire.Answer, e *latchkey.Event) {
	member := func(name, text string) {
		a.Raw(name)
		a.String(text)
	}
	member(`,"raw":{"callerId":`, string(e.CallerID))
	member(`,"callerPublicKey":`, string(e.CallerPublicKey))
	a.Raw(`,"created":`)
	a.Int(e.Created.UnixMilli())
	if e.Seq > 0 {
		member(`,"hash":`, hex.EncodeToString(e.Hash[:]))
	}
	member(`,"id":`, string(e.ID))
	member(`,"operation":`, e.Operation)
	member(`,"orgId":`, string(e.OrgID))
	a.Raw(`,"payload":`)
	a.Raw(string(e.Payload))
	if e.Seq > 0 {
		member(`,"prevHash":`, hex.EncodeToString(e.PrevHash[:]))
	}
	member(`,"projectId":`, string(e.ProjectID))
	member(`,"remoteAddress":`, e.RemoteAddress)
	if e.Seq > 0 {
		a.Raw(`,"seq":`)
		a.Int(e.Seq)
	}
	member(`,"source":`, string(e.Source))
	member(`,"targetId":`, string(e.TargetID))
	member(`,"targetPublicKey":`, string(e.TargetPublicKey))
	member(`,"type":`, string(e.Type))
	a.Raw("}")
}

// EncodeEventKinds writes a page of the types of events.
func EncodeEventKinds(a *wire.Answer, p op.EventKindPage) {
	a.List(len(p.Kinds), p.Total, func(i int) {
		a.Raw(`{"alertable":false,"description":`)
		a.String(p.Kinds[i].Description)
		a.Raw(`,"eventType":"`)
		a.Raw(string(p.Kinds[i].Type))
		a.Raw(`"}`)
	})
}
