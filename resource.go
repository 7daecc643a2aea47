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
// AccessListRequired and MaxSecretValidityHours change what this server does;
// the others are kept for the clients that manage them.
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
	By      PrincipalID // the caller that deleted it; "" when a command did
}
