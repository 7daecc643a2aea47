package latchkey

import "time"

// Principal is what an API key and a service account have in common: everything
// that says what it may do, and from where.
type Principal struct {
	ID           PrincipalID
	OrgID        OrgID
	PublicKey    PublicKey // of a key; "" of a service account
	Desc         string
	OrgRoles     RoleSet
	ProjectRoles ProjectRoles
	AccessList   AccessList
	Created      time.Time
}

// DurableOwner reports whether the principal keeps its organization from being
// without an owner: it holds ORG_OWNER and does not expire. A service account
// lives on secrets, which expire, so it never is one.
func (p *Principal) DurableOwner() bool { return p.OrgRoles.Has(OrgOwner) && !p.ID.IsAccount() }

// OwnerAccount reports whether the principal is a service account that holds
// ORG_OWNER.
func (p *Principal) OwnerAccount() bool { return p.OrgRoles.Has(OrgOwner) && p.ID.IsAccount() }

// APIKey is a programmatic key and everything a decision about it reads.
type APIKey struct {
	Principal
	PrivateTail  string // last 12 hex digits of the private key
	SealedMD5    []byte // HA1 with MD5, sealed under a data key
	SealedSHA256 []byte // HA1 with SHA-256, sealed under a data key
}

// ServiceAccount is a principal that authenticates with OAuth 2 client
// credentials: its id is the client id, and it has up to MaxLiveSecrets secrets
// that have not expired.
type ServiceAccount struct {
	Principal
	Name    string
	Secrets Secrets
}

// Caller is a principal that makes a request, as far as a decision needs it:
// what it holds in its organization and in one project. What it holds elsewhere
// is not read, so that a key in thousands of projects decides as fast as any.
type Caller struct {
	ID         PrincipalID
	OrgID      OrgID
	PublicKey  PublicKey // of a key; "" of a service account
	Secret     SecretID  // that the service account's token was issued for; "" of a key
	OrgRoles   RoleSet
	Project    ProjectID // the project that was asked about; "" for none
	InProject  RoleSet   // the roles held in that project
	InProjects bool      // whether roles are held in any project
	AccessList AccessList
}

// Credential is what authentication reads in one look: the caller, what proves
// that it is the caller, and what its organization asks of every caller.
type Credential struct {
	Caller             Caller
	SealedMD5          []byte  // as in APIKey; none of a service account
	SealedSHA256       []byte  // as in APIKey; none of a service account
	Secrets            Secrets // as in ServiceAccount; none of a key
	AccessListRequired bool
	// Epoch is how often the organization made every token that was issued to
	// it before void. A token of another epoch proves nothing.
	Epoch int64
}
