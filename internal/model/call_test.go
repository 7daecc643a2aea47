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
}

// call is one request, said twice: what it means, and how it is sent.
type call struct {
	op      string
	gen     generation
	caller  credential
	address string

	org, project, key string // ids of the path; "" where it has none
	entry             string // of the path
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
}

// operation is where an operation is on the wire.
type operation struct {
	method string
	path   string // {o}, {g}, {k}, {e}
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
	"getOrgApiKey":                   {http.MethodGet, "/orgs/{o}/apiKeys/{k}", 200},
	"getGroup":                       {http.MethodGet, "/groups/{g}", 200},
}

func (c *call) method() string { return operations[c.op].method }

func (c *call) target() string {
	return string(c.gen) + strings.NewReplacer(
		"{o}", c.org, "{g}", c.project, "{k}", c.key, "{e}", strings.ReplaceAll(c.entry, "/", "%2F"),
	).Replace(operations[c.op].path)
}

// text is the body as it is sent; nil for none.
func (c *call) text() []byte {
	b := &c.body
	m := make(map[string]any)
	if b.desc != nil {
		m["desc"] = *b.desc
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
	case "createOrgApiKeyAccessListEntry":
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
