package latchkey

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"time"
)

// EventType is the published name of what happened.
type EventType string

// The events that operations record.
const (
	EventOrgCreated               EventType = "ORG_CREATED"
	EventOrgRenamed               EventType = "ORG_RENAMED"
	EventOrgSettingsUpdated       EventType = "ORG_SETTINGS_UPDATED"
	EventOrgAccessListRequired    EventType = "ORG_PUBLIC_API_ACCESS_LIST_REQUIRED"
	EventOrgAccessListNotRequired EventType = "ORG_PUBLIC_API_ACCESS_LIST_NOT_REQUIRED"
	EventProjectCreated           EventType = "GROUP_CREATED"
	EventProjectDeleted           EventType = "GROUP_DELETED"
	EventProjectNameChanged       EventType = "GROUP_NAME_CHANGED"
	EventProjectTagsModified      EventType = "GROUP_TAGS_MODIFIED"
	EventKeyCreated               EventType = "API_KEY_CREATED"
	EventKeyDeleted               EventType = "API_KEY_DELETED"
	EventKeyRolesChanged          EventType = "API_KEY_ROLES_CHANGED"
	EventKeyDescriptionChanged    EventType = "API_KEY_DESCRIPTION_CHANGED"
	EventKeyAddedToProject        EventType = "API_KEY_ADDED_TO_GROUP"
	EventKeyRemovedFromProject    EventType = "API_KEY_REMOVED_FROM_GROUP"
	EventEntryAdded               EventType = "API_KEY_ACCESS_LIST_ENTRY_ADDED"
	EventEntryDeleted             EventType = "API_KEY_ACCESS_LIST_ENTRY_DELETED"

	EventAccountCreated            EventType = "SERVICE_ACCOUNT_CREATED"
	EventAccountDeleted            EventType = "SERVICE_ACCOUNT_DELETED"
	EventAccountRolesChanged       EventType = "SERVICE_ACCOUNT_ROLES_CHANGED"
	EventAccountDetailsChanged     EventType = "SERVICE_ACCOUNT_DETAILS_CHANGED"
	EventAccountAddedToProject     EventType = "SERVICE_ACCOUNT_ADDED_TO_GROUP"
	EventAccountRemovedFromProject EventType = "SERVICE_ACCOUNT_REMOVED_FROM_GROUP"
	EventAccountEntryAdded         EventType = "SERVICE_ACCOUNT_ACCESS_LIST_ENTRY_ADDED"
	EventAccountEntryDeleted       EventType = "SERVICE_ACCOUNT_ACCESS_LIST_ENTRY_DELETED"
	EventSecretAdded               EventType = "SERVICE_ACCOUNT_SECRET_ADDED"
	EventSecretDeleted             EventType = "SERVICE_ACCOUNT_SECRET_DELETED"
	EventMaxSecretValidityEdited   EventType = "ORG_SERVICE_ACCOUNT_MAX_SECRET_VALIDITY_EDITED"
)

// EventSource says by which door a change came.
type EventSource string

// The doors.
const (
	SourceAPI     EventSource = "api"
	SourceCommand EventSource = "command"
)

// Event is one link of an organization's audit chain. The events of an
// organization, replayed in order, give its state.
type Event struct {
	OrgID           OrgID
	Seq             int64 // 1, 2, 3 … in each organization
	ID              EventID
	Created         time.Time // UTC, whole milliseconds
	Type            EventType
	Source          EventSource
	Operation       string      // the operation's name
	CallerID        PrincipalID // "" when a command made the change
	CallerPublicKey PublicKey   // of a key; "" of a service account, or when a command made the change
	RemoteAddress   string      // the caller's address; "" when a command made the change
	ProjectID       ProjectID   // "" when no project is concerned
	TargetID        PrincipalID // "" when no principal is concerned
	TargetPublicKey PublicKey   // "" when no key is concerned
	Change          Change
	Payload         []byte // Change as it was hashed and stored
	PrevHash        [sha256.Size]byte
	Hash            [sha256.Size]byte
}

// Change is what an event did, in full: the new value of everything it set.
type Change struct {
	Name              *string                  `json:"name,omitempty"`
	Desc              *string                  `json:"desc,omitempty"`
	Tags              *[]Tag                   `json:"tags,omitempty"`
	WithDefaultAlerts *bool                    `json:"withDefaultAlerts,omitempty"`
	Region            string                   `json:"region,omitempty"`
	Settings          *OrganizationSettings    `json:"settings,omitempty"`
	OrgRoles          []string                 `json:"orgRoles,omitempty"`     // of the target, after
	ProjectRoles      []string                 `json:"projectRoles,omitempty"` // of the target in the project, after
	RolesBefore       []string                 `json:"rolesBefore,omitempty"`  // what OrgRoles or ProjectRoles replaced
	Entry             string                   `json:"entry,omitempty"`        // an access list entry, as a prefix
	EntryCreated      int64                    `json:"entryCreated,omitempty"` // when it was added, in Unix seconds
	Secrets           *[]SecretTerm            `json:"secrets,omitempty"`      // of the target, after
	SecretID          SecretID                 `json:"secretId,omitempty"`     // the secret that was added or deleted
	Assignments       map[PrincipalID][]string `json:"assignments,omitempty"`  // what went with a deleted project
}

// SecretTerm is what is audited of a secret: when it lives, and nothing of it.
type SecretTerm struct {
	ID      SecretID `json:"id"`
	Created int64    `json:"created"` // milliseconds since 1970
	Expires int64    `json:"expires"` // milliseconds since 1970
}

// Terms returns what is audited of the secrets.
func (s Secrets) Terms() []SecretTerm {
	terms := make([]SecretTerm, len(s))
	for i := range s {
		terms[i] = SecretTerm{s[i].ID, s[i].Created.UnixMilli(), s[i].Expires.UnixMilli()}
	}
	return terms
}

// Seal fills Payload, PrevHash and Hash from the rest of the event and the
// hash of the event before it (zero before the first).
func (e *Event) Seal(prev [sha256.Size]byte) error {
	var payload bytes.Buffer
	enc := json.NewEncoder(&payload)
	enc.SetEscapeHTML(false) // it would make six characters of one
	if err := enc.Encode(&e.Change); err != nil {
		return err
	}
	e.Payload, e.PrevHash = bytes.TrimSuffix(payload.Bytes(), []byte("\n")), prev
	e.Hash = e.computeHash()
	return nil
}

// Verify reports whether the stored hash is that of the stored fields after prev.
func (e *Event) Verify(prev [sha256.Size]byte) bool {
	return e.PrevHash == prev && e.Hash == e.computeHash()
}

// computeHash hashes the previous hash and every field, each with its length
// before it, so that no two events have the same preimage.
func (e *Event) computeHash() [sha256.Size]byte {
	buf := make([]byte, 0, 512+len(e.Payload))
	buf = append(buf, e.PrevHash[:]...)
	buf = binary.BigEndian.AppendUint64(buf, uint64(e.Seq))
	buf = binary.BigEndian.AppendUint64(buf, uint64(e.Created.UnixMilli()))
	for _, s := range [...]string{
		string(e.OrgID), string(e.ID), string(e.Type), string(e.Source), e.Operation,
		string(e.CallerID), string(e.CallerPublicKey), e.RemoteAddress,
		string(e.ProjectID), string(e.TargetID), string(e.TargetPublicKey),
	} {
		buf = binary.BigEndian.AppendUint32(buf, uint32(len(s)))
		buf = append(buf, s...)
	}
	buf = binary.BigEndian.AppendUint32(buf, uint32(len(e.Payload)))
	buf = append(buf, e.Payload...)
	return sha256.Sum256(buf)
}
