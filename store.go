package latchkey

import (
	"context"
	"errors"
	"net/netip"
	"time"
)

// Errors that a store returns; everything else it returns is a fault.
var (
	// ErrNotFound is returned by every look-up that finds nothing.
	ErrNotFound = errors.New("not found")
	// ErrNameTaken is returned when a project with that name exists in the organization.
	ErrNameTaken = errors.New("name is taken")
	// ErrPublicKeyTaken is returned when a key with that public key exists anywhere.
	ErrPublicKeyTaken = errors.New("public key is taken")
	// ErrNonceUsed is returned when a nonce with that count was used for a change before.
	ErrNonceUsed = errors.New("nonce was used")
	// ErrUnavailable is wrapped around every failure to reach or write the
	// data: full disk, I/O error, lost connection, full queue, failed commit.
	// The change is not made, or, when the commit itself failed, not acknowledged.
	ErrUnavailable = errors.New("data is unavailable")
)

// Store keeps the data. View and Update are the only ways to it.
type Store interface {
	// View runs f on one snapshot. It returns what f returns, or ErrUnavailable.
	View(ctx context.Context, f func(Reader) error) error
	// Update runs f in one transaction and returns after its effects are
	// durable. If f returns an error nothing of it stays and Update returns
	// that error, once everything committed together with it is durable, so
	// that no answer tells of a state that could still be lost. It returns
	// ErrUnavailable when the commit fails or too many callers wait. f may
	// run more than once and must have no effect but through its Tx. A panic
	// in f undoes its effects and is raised again in the caller.
	Update(ctx context.Context, f func(Tx) error) error
	// Close waits for what runs and lets the data go.
	Close() error
}

// Page asks for a part of a list. Number starts at 1.
type Page struct {
	Number int
	Size   int
}

// Offset returns how many items come before the page.
func (p Page) Offset() int { return (p.Number - 1) * p.Size }

// Reader reads one snapshot. Every method but Credential, Now, Organizations
// and WrappedKeys is bound to one organization: what belongs to another one is
// not found. Every method can also return ErrUnavailable or ErrCorrupt.
type Reader interface {
	// Now is the clock that decides expiry.
	Now() time.Time
	// Credential looks up what authenticates a caller, with its roles in the
	// project, if one is named. ErrNotFound if no key has that public key.
	Credential(PublicKey, ProjectID) (Credential, error)
	// Organizations returns the ids of all organizations in rising order, and of
	// any of which only events are left; for maintenance.
	Organizations() ([]OrgID, error)
	// Organization returns ErrNotFound for an unknown id.
	Organization(OrgID) (Organization, error)
	// Project returns ErrNotFound for an unknown, deleted or foreign id.
	Project(OrgID, ProjectID) (Project, error)
	// ProjectByName returns ErrNotFound if the organization has no project of that name.
	ProjectByName(OrgID, string) (Project, error)
	// Projects lists the organization's projects whose name contains the text
	// in any case (all if it is empty) by id, with how many there are on all pages.
	Projects(org OrgID, nameContains string, page Page) ([]Project, int, error)
	// ProjectsOfKey lists the projects that the key holds roles in, like Projects.
	ProjectsOfKey(org OrgID, key KeyID, nameContains string, page Page) ([]Project, int, error)
	// DeletedProject returns ErrNotFound if no project of the organization with that id was deleted.
	DeletedProject(OrgID, ProjectID) (DeletedProject, error)
	// Key returns ErrNotFound for an unknown, deleted or foreign id.
	Key(OrgID, KeyID) (APIKey, error)
	// Keys lists the organization's keys by id, with how many there are on all pages.
	Keys(OrgID, Page) ([]APIKey, int, error)
	// ProjectKeys lists the keys that hold roles in the project by id, with how many there are.
	ProjectKeys(OrgID, ProjectID, Page) ([]APIKey, int, error)
	// KeyCount returns how many keys the organization has.
	KeyCount(OrgID) (int, error)
	// DurableOwners returns how many keys of the organization are durable owners.
	DurableOwners(OrgID) (int, error)
	// Memberships returns the roles of a key as its membership rows tell them; for audit.
	Memberships(OrgID, KeyID) (ProjectRoles, error)
	// AccessListUse returns the use of the key's entries that were used at all.
	AccessListUse(OrgID, KeyID) ([]AccessListUse, error)
	// Events returns up to limit events with a number above after, in order.
	Events(org OrgID, after int64, limit int) ([]Event, error)
	// WrappedKeys returns the data keys as they are kept.
	WrappedKeys() ([]WrappedKey, error)
}

// Tx reads and writes in one transaction.
type Tx interface {
	Reader
	// LockOrganization makes every other change of the organization wait until
	// the end of this transaction. Rows that a verdict rests on are read after
	// it: when again is true, what was read before may be old and must be read
	// again (on SQLite the writer itself is the lock, so it never is).
	LockOrganization(OrgID) (again bool, err error)
	// UseNonce notes that the nonce was used with that count for a change.
	// ErrNonceUsed if it was noted before. The note may be forgotten after
	// expires: once that has passed, nothing may rest on it.
	UseNonce(org OrgID, nonce string, count uint32, expires time.Time) error
	// ForgetNonces forgets up to limit notes that expired before the time
	// given, and returns how many those were.
	ForgetNonces(before time.Time, limit int) (int, error)

	InsertOrganization(Organization) error
	UpdateOrganization(Organization) error

	// InsertProject returns ErrNameTaken if the name is taken in the organization.
	InsertProject(Project) error
	// UpdateProject returns ErrNameTaken if the new name is taken in the organization.
	UpdateProject(Project) error
	// DeleteProject takes the project and every key's roles in it away, and
	// leaves a DeletedProject. It returns what roles went, by key.
	DeleteProject(org OrgID, project ProjectID, by KeyID, at time.Time) (map[KeyID]RoleSet, error)

	// InsertKey stores a new key, its roles and its membership rows. ErrPublicKeyTaken.
	InsertKey(APIKey) error
	// UpdateKey stores what differs between before, as it was read in this
	// transaction, and after: roles with membership rows, description, access list.
	UpdateKey(before, after APIKey) error
	// DeleteKey takes the key, its roles, membership rows and use away.
	DeleteKey(OrgID, KeyID) error

	// AddAccessListUse adds to the use of an entry; it is no audited change,
	// and does nothing when the key is gone.
	AddAccessListUse(org OrgID, key KeyID, prefix netip.Prefix, add int64, last time.Time, from netip.Addr) error

	// AppendEvent gives the event the next number of its organization's chain,
	// seals it onto the last one, and stores it.
	AppendEvent(*Event) error

	// InsertWrappedKey stores a data key; it is no audited change.
	InsertWrappedKey(WrappedKey) error
}

// WrappedKey is a data key, encrypted under the master key, as it is kept.
type WrappedKey struct {
	ID      uint32
	Purpose string
	Created time.Time
	Blob    []byte
}
