package latchkey

import (
	"context"
	"crypto/sha256"
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
	// ErrQueueFull is wrapped together with ErrUnavailable when too many callers
	// wait already: the function did not run.
	ErrQueueFull = errors.New("too many changes wait")
)

// Store keeps the data. View and Update are the only ways to it.
type Store interface {
	// View runs f on one snapshot. It returns what f returns, or ErrUnavailable.
	View(ctx context.Context, f func(Reader) error) error
	// Update runs f in one transaction and returns after its effects are
	// durable. If f returns an error nothing of it stays and Update returns
	// that error, once everything committed together with it is durable, so
	// that no answer tells of a state that could still be lost. It returns
	// ErrUnavailable when the commit fails, and also ErrQueueFull when too many
	// callers wait. f may
	// run more than once and must have no effect but through its Tx. A panic
	// in f undoes its effects and is raised again in the caller.
	Update(ctx context.Context, f func(Tx) error) error
	// UpdateFirst is Update, ahead of all that wait in Update: it is the lane of
	// revocations, which other changes must not hold up. It has its own bound of
	// callers that wait. As long as anybody waits in Update, some of those are
	// served, too: nobody waits for ever.
	UpdateFirst(ctx context.Context, f func(Tx) error) error
	// Crowded reports whether more callers wait in Update than one flush takes,
	// so that whoever comes now waits for several. It is cheap, may be called
	// by any goroutine, and is true of the moment only.
	Crowded() bool
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
	// Credential looks up what authenticates a caller, by the public key of a
	// key or the client id of a service account, with its roles in the project,
	// if one is named. ErrNotFound if nobody has that login.
	Credential(login string, project ProjectID) (Credential, error)
	// TokenRevoked reports whether the token with that hash was revoked.
	TokenRevoked(org OrgID, hash TokenHash) (bool, error)
	// NonceUsed reports whether a use of the nonce with that count is noted. Only
	// Tx.UseNonce can tell that there will be no other.
	NonceUsed(org OrgID, nonce string, count uint32) (bool, error)
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
	// ProjectsOf lists the projects that the principal holds roles in, like Projects.
	ProjectsOf(org OrgID, principal PrincipalID, nameContains string, page Page) ([]Project, int, error)
	// DeletedProject returns ErrNotFound if no project of the organization with that id was deleted.
	DeletedProject(OrgID, ProjectID) (DeletedProject, error)
	// Principal returns a key or a service account, or ErrNotFound for an
	// unknown, deleted or foreign id.
	Principal(OrgID, PrincipalID) (Principal, error)
	// Key returns ErrNotFound for an unknown, deleted or foreign id, and for
	// that of a service account.
	Key(OrgID, PrincipalID) (APIKey, error)
	// Keys lists the organization's keys by id, with how many there are on all pages.
	Keys(OrgID, Page) ([]APIKey, int, error)
	// ProjectKeys lists the keys that hold roles in the project by id, with how many there are.
	ProjectKeys(OrgID, ProjectID, Page) ([]APIKey, int, error)
	// KeyCount returns how many keys the organization has.
	KeyCount(OrgID) (int, error)
	// Account returns ErrNotFound for an unknown, deleted or foreign id, and
	// for that of a key.
	Account(OrgID, PrincipalID) (ServiceAccount, error)
	// Accounts lists the organization's service accounts by id, with how many there are on all pages.
	Accounts(OrgID, Page) ([]ServiceAccount, int, error)
	// ProjectAccounts lists the service accounts that hold roles in the project by id, with how many there are.
	ProjectAccounts(OrgID, ProjectID, Page) ([]ServiceAccount, int, error)
	// AccountCount returns how many service accounts the organization has.
	AccountCount(OrgID) (int, error)
	// DurableOwners returns how many principals of the organization are durable owners.
	DurableOwners(OrgID) (int, error)
	// OwnerAccounts returns how many service accounts of the organization hold ORG_OWNER.
	OwnerAccounts(OrgID) (int, error)
	// Memberships returns the roles of a principal as its membership rows tell them; for audit.
	Memberships(OrgID, PrincipalID) (ProjectRoles, error)
	// Uses returns the use of those access list entries and secrets of the
	// principal that were used at all.
	Uses(OrgID, PrincipalID) ([]Use, error)
	// UseOf returns the use of one entry or secret; zero if it was not used.
	UseOf(org OrgID, principal PrincipalID, what string) (Use, error)
	// Events returns up to limit events with a number above after, in order.
	Events(org OrgID, after int64, limit int) ([]Event, error)
	// Event returns the event with that id; ErrNotFound if the organization has none.
	Event(OrgID, EventID) (Event, error)
	// EventFeed lists the events that the filter lets through, newest first,
	// with how many there are on all pages.
	EventFeed(OrgID, EventFilter, Page) ([]Event, int, error)
	// ChainHead returns the newest event's number and hash, zero if there is none.
	ChainHead(OrgID) (seq int64, hash [sha256.Size]byte, err error)
	// Checkpoints returns up to limit checkpoints of numbers above after, in order.
	Checkpoints(org OrgID, after int64, limit int) ([]Checkpoint, error)
	// LastCheckpoint returns the checkpoint of the highest number, or ErrNotFound.
	LastCheckpoint(OrgID) (Checkpoint, error)
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
	// RevokeToken notes that the token with that hash is void. The note may be
	// forgotten after expires: from then on the token must prove nothing by itself.
	RevokeToken(org OrgID, hash TokenHash, expires time.Time) error
	// ForgetTokens forgets up to limit notes of tokens that expired before the
	// time given, and returns how many those were.
	ForgetTokens(before time.Time, limit int) (int, error)

	InsertOrganization(Organization) error
	UpdateOrganization(Organization) error

	// InsertProject returns ErrNameTaken if the name is taken in the organization.
	InsertProject(Project) error
	// UpdateProject returns ErrNameTaken if the new name is taken in the organization.
	UpdateProject(Project) error
	// DeleteProject takes the project and every principal's roles in it away, and
	// leaves a DeletedProject. It returns what roles went, by principal.
	DeleteProject(org OrgID, project ProjectID, by PrincipalID, at time.Time) (map[PrincipalID]RoleSet, error)

	// InsertKey stores a new key, its roles and its membership rows. ErrPublicKeyTaken.
	InsertKey(APIKey) error
	// InsertAccount stores a new service account, its roles and its membership rows.
	InsertAccount(ServiceAccount) error
	// UpdatePrincipal stores what differs between before, as it was read in this
	// transaction, and after: roles with membership rows, description, access list.
	UpdatePrincipal(before, after Principal) error
	// UpdateAccount is UpdatePrincipal, and also stores name and secrets.
	UpdateAccount(before, after ServiceAccount) error
	// DeletePrincipal takes a key or a service account, its roles, membership
	// rows and use away.
	DeletePrincipal(OrgID, PrincipalID) error

	// AddUse adds to the use of an access list entry or a secret; it is no
	// audited change, and does nothing when the principal is gone.
	AddUse(org OrgID, principal PrincipalID, add Use) error

	// AppendEvent gives the event the next number of its organization's chain,
	// seals it onto the last one, and stores it. An event is never older than
	// the one before it: when the clock went back, it gets that one's time.
	AppendEvent(*Event) error
	// InsertCheckpoint stores a signed checkpoint of the chain.
	InsertCheckpoint(Checkpoint) error

	// InsertWrappedKey stores a data key; it is no audited change.
	InsertWrappedKey(WrappedKey) error
}

// MaxFilterTypes is how many types an EventFilter may name: more than there are.
const MaxFilterTypes = 32

// EventFilter says which events a feed lists. The zero filter lets all through.
type EventFilter struct {
	Project ProjectID   // only those of the project; "" for all of the organization
	Reader  PrincipalID // only those without a project and of projects that the principal holds roles in; "" for all; not beside Project
	Types   []EventType // only these; none for all
	From    time.Time   // not before this; zero for no limit
	Until   time.Time   // not after this; zero for no limit

	// Uncounted says that nobody asks how many events there are on all pages.
	// The count may then be any that tells whether there are more behind the page.
	Uncounted bool
}

// TokenHash is the hash by which a revoked token is known.
type TokenHash [sha256.Size]byte

// Use is how often, when and from where a part of a principal was used: an
// entry of its access list that let a request in, or a secret.
type Use struct {
	What        string // the entry's prefix or the secret's id
	Count       int64
	LastUsed    time.Time
	LastAddress netip.Addr
}

// WrappedKey is a data key, encrypted under the master key, as it is kept.
type WrappedKey struct {
	ID      uint32
	Purpose string
	Created time.Time
	Blob    []byte
}
