package model

import (
	"encoding/json"
	"net/http"
	"strings"
)

// generation is a base path and what it stands for.
type generation string

const (
	v2     generation = "/api/atlas/v2"
	public generation = "/api/public/v1.0"
	atlas1 generation = "/api/atlas/v1.0"
)

// credential is what a caller proves itself with.
type credential struct {
	id, public, private string
	token               string // of a service account, whose secret is in private
}

// call is one request, said twice: what it means, and how it is sent.
type call struct {
	op      string
	gen     generation
	caller  credential
	address string

	org, project, key string // ids of the path; "" where it has none
	entry             string // of the path
	secret            string // of the path
	token             string // that is to be revoked
	body              body
}

// body is what a body says; what is nil is not in it.
type body struct {
	desc    *string
	roles   []string // of an array, those of all elements
	hasList bool     // whether roles is there at all
	name    *string
	tags    *[]tag
	orgID   *string // of a new project
	entries []string
	setting string // the member of the settings that is set
	value   any
	hours   *int // that a secret is to live
}

// operation is where an operation is on the wire.
type operation struct {
	method string
	path   string // {o}, {g}, {k}, {e}, {s}; of the token endpoint the whole path
	status int
}

var operations = map[string]operation{
	"createGroupApiKey":              {http.MethodPost, "/groups/{g}/apiKeys", 200},
	"updateGroupApiKeyRoles":         {http.MethodPatch, "/groups/{g}/apiKeys/{k}", 200},
	"addGroupApiKey":                 {http.MethodPost, "/groups/{g}/apiKeys/{k}", 204},
	"removeGroupApiKey":              {http.MethodDelete, "/groups/{g}/apiKeys/{k}", 204},
	"createOrgApiKey":                {http.MethodPost, "/orgs/{o}/apiKeys", 200},
	"updateOrgApiKey":                {http.MethodPatch, "/orgs/{o}/apiKeys/{k}", 200},
	"deleteOrgApiKey":                {http.MethodDelete, "/orgs/{o}/apiKeys/{k}", 204},
	"createOrgApiKeyAccessListEntry": {http.MethodPost, "/orgs/{o}/apiKeys/{k}/accessList", 200},
	"deleteOrgApiKeyAccessListEntry": {http.MethodDelete, "/orgs/{o}/apiKeys/{k}/accessList/{e}", 204},
	"updateOrg":                      {http.MethodPatch, "/orgs/{o}", 200},
	"updateOrgSettings":              {http.MethodPatch, "/orgs/{o}/settings", 200},
	"createGroup":                    {http.MethodPost, "/groups", 201},
	"updateGroup":                    {http.MethodPatch, "/groups/{g}", 200},
	"deleteGroup":                    {http.MethodDelete, "/groups/{g}", 202},

	"createGroupServiceAccount":                {http.MethodPost, "/groups/{g}/serviceAccounts", 201},
	"updateGroupServiceAccount":                {http.MethodPatch, "/groups/{g}/serviceAccounts/{k}", 200},
	"deleteGroupServiceAccount":                {http.MethodDelete, "/groups/{g}/serviceAccounts/{k}", 204},
	"inviteGroupServiceAccount":                {http.MethodPost, "/groups/{g}/serviceAccounts/{k}:invite", 200},
	"createGroupServiceAccountSecret":          {http.MethodPost, "/groups/{g}/serviceAccounts/{k}/secrets", 201},
	"deleteGroupServiceAccountSecret":          {http.MethodDelete, "/groups/{g}/serviceAccounts/{k}/secrets/{s}", 204},
	"createGroupServiceAccountAccessList":      {http.MethodPost, "/groups/{g}/serviceAccounts/{k}/accessList", 200},
	"deleteGroupServiceAccountAccessListEntry": {http.MethodDelete, "/groups/{g}/serviceAccounts/{k}/accessList/{e}", 204},
	"getGroupServiceAccount":                   {http.MethodGet, "/groups/{g}/serviceAccounts/{k}", 200},
	"createOrgServiceAccount":                  {http.MethodPost, "/orgs/{o}/serviceAccounts", 201},
	"updateOrgServiceAccount":                  {http.MethodPatch, "/orgs/{o}/serviceAccounts/{k}", 200},
	"deleteOrgServiceAccount":                  {http.MethodDelete, "/orgs/{o}/serviceAccounts/{k}", 204},
	"createOrgServiceAccountSecret":            {http.MethodPost, "/orgs/{o}/serviceAccounts/{k}/secrets", 201},
	"deleteOrgServiceAccountSecret":            {http.MethodDelete, "/orgs/{o}/serviceAccounts/{k}/secrets/{s}", 204},
	"createOrgServiceAccountAccessList":        {http.MethodPost, "/orgs/{o}/serviceAccounts/{k}/accessList", 200},
	"deleteOrgServiceAccountAccessListEntry":   {http.MethodDelete, "/orgs/{o}/serviceAccounts/{k}/accessList/{e}", 204},
	"getOrgServiceAccount":                     {http.MethodGet, "/orgs/{o}/serviceAccounts/{k}", 200},

	"issueToken":  {http.MethodPost, "/api/oauth/token", 200},
	"revokeToken": {http.MethodPost, "/api/oauth/revoke", 200},

	"getOrgApiKey": {http.MethodGet, "/orgs/{o}/apiKeys/{k}", 200},
	"getGroup":     {http.MethodGet, "/groups/{g}", 200},
}

func (c *call) method() string { return operations[c.op].method }

// aboutAccounts reports whether the operation works on a service account.
func (c *call) aboutAccounts() bool { return strings.Contains(c.op, "ServiceAccount") }

// atEndpoint reports whether the token endpoint answers the call.
func (c *call) atEndpoint() bool { return c.op == "issueToken" || c.op == "revokeToken" }

func (c *call) target() string {
	if c.atEndpoint() {
		return operations[c.op].path
	}
	return string(c.gen) + strings.NewReplacer(
		"{o}", c.org, "{g}", c.project, "{k}", c.key, "{e}", strings.ReplaceAll(c.entry, "/", "%2F"), "{s}", c.secret,
	).Replace(operations[c.op].path)
}

// text is the body as it is sent; nil for none.
func (c *call) text() []byte {
	b := &c.body
	switch c.op {
	case "issueToken":
		return []byte("grant_type=client_credentials")
	case "revokeToken":
		return []byte("token_type_hint=access_token&token=" + c.token)
	}
	m := make(map[string]any)
	if b.desc != nil && c.aboutAccounts() {
		m["description"] = *b.desc
	} else if b.desc != nil {
		m["desc"] = *b.desc
	}
	if b.hours != nil {
		m["secretExpiresAfterHours"] = *b.hours
	}
	if b.hasList {
		m["roles"] = b.roles
	}
	if b.name != nil {
		m["name"] = *b.name
	}
	if b.tags != nil {
		list := []map[string]string{}
		for _, t := range *b.tags {
			list = append(list, map[string]string{"key": t.Key, "value": t.Value})
		}
		m["tags"] = list
	}
	if b.orgID != nil {
		m["orgId"] = *b.orgID
	}
	if b.setting != "" {
		m[b.setting] = b.value
	}
	var v any = m
	switch c.op {
	case "addGroupApiKey":
		v = []any{m}
	case "createOrgApiKeyAccessListEntry", "createOrgServiceAccountAccessList", "createGroupServiceAccountAccessList":
		list := []map[string]string{}
		for _, e := range b.entries {
			member := "ipAddress"
			if strings.Contains(e, "/") {
				member = "cidrBlock"
			}
			list = append(list, map[string]string{member: e})
		}
		v = list
	}
	if c.method() == http.MethodGet || c.method() == http.MethodDelete {
		return nil
	}
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text
}
