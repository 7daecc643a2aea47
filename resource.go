package latchkey

import "time"

// Organization is what owns projects, keys and an audit chain. Nothing is
// shared between two organizations.
type Organization struct {
	ID       OrgID
	Name     string
	Created  time.Time // UTC
	Settings OrganizationSettings
}

// OrganizationSettings are the published settings of an organization. Only
// AccessListRequired changes what this server does; the others are kept for
// the clients that manage them.
type OrganizationSettings struct {
	AccessListRequired         bool   `json:"accessListRequired,omitempty"`
	GenAIFeaturesEnabled       bool   `json:"genAIFeaturesEnabled"`
	MaxSecretValidityHours     int    `json:"maxSecretValidityHours,omitempty"` // 8 to 8760; 0 is not set
	MultiFactorAuthRequired    bool   `json:"multiFactorAuthRequired,omitempty"`
	RestrictEmployeeAccess     bool   `json:"restrictEmployeeAccess,omitempty"`
	StreamsCrossProjectEnabled bool   `json:"streamsCrossProjectEnabled,omitempty"`
	SecurityContact            string `json:"securityContact,omitempty"`
	OperationsContact          string `json:"operationsContact,omitempty"`
	AbsoluteSessionSeconds     int    `json:"absoluteSessionSeconds,omitempty"` // 0 is not set
	IdleSessionSeconds         int    `json:"idleSessionSeconds,omitempty"`     // 0 is not set
	SkipDefaultAlerts          bool   `json:"skipDefaultAlerts,omitempty"`
}

// DefaultSettings are the settings of a new organization.
func DefaultSettings() OrganizationSettings {
	return OrganizationSettings{GenAIFeaturesEnabled: true}
}

// Project belongs to one organization; keys of that organization hold roles in it.
type Project struct {
	ID                      ProjectID
	OrgID                   OrgID
	Name                    string // unique in its organization
	Created                 time.Time
	Tags                    []Tag
	WithDefaultAlerts       bool
	RegionUsageRestrictions string // "" when it was never set
}

// Tag is a label of a project.
type Tag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// DeletedProject is what remains of a project: enough to answer a second
// deletion that crossed the first on the wire.
type DeletedProject struct {
	OrgID   OrgID
	ID      ProjectID
	Deleted time.Time
	By      KeyID // the caller that deleted it; "" when a command did
}

// APIKey is a programmatic key and everything a decision about it reads.
type APIKey struct {
	ID           KeyID
	OrgID        OrgID
	PublicKey    PublicKey
	Desc         string
	PrivateTail  string // last 12 hex digits of the private key
	SealedMD5    []byte // HA1 with MD5, sealed under a data key
	SealedSHA256 []byte // HA1 with SHA-256, sealed under a data key
	OrgRoles     RoleSet
	ProjectRoles ProjectRoles
	AccessList   AccessList
	Created      time.Time
}

// DurableOwner reports whether the key keeps its organization from being
// without an owner: it holds ORG_OWNER and does not expire.
func (k *APIKey) DurableOwner() bool { return k.OrgRoles.Has(OrgOwner) }

// Caller is a key that makes a request, as far as a decision needs it: what it
// holds in its organization and in one project. What it holds elsewhere is not
// read, so that a key in thousands of projects decides as fast as any.
type Caller struct {
	ID         KeyID
	OrgID      OrgID
	PublicKey  PublicKey
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
	SealedMD5          []byte // as in APIKey
	SealedSHA256       []byte
	AccessListRequired bool
}
