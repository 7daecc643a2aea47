package e2e

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// generation is a wire generation as a client sees it.
type generation struct {
	name, base string
	media      string // of Accept and of Content-Type
}

func atlasV2() generation {
	return generation{"atlas-v2", "/api/atlas/v2", "application/vnd.atlas.2023-01-01+json"}
}
func publicV1() generation { return generation{"public-v1.0", "/api/public/v1.0", "application/json"} }
func atlasV1() generation  { return generation{"atlas-v1.0", "/api/atlas/v1.0", "application/json"} }

func (g generation) dated() bool { return g.name == "atlas-v2" }

// session is one client at one generation of one server.
type session struct {
	t      *testing.T
	gen    generation
	keys   firstKeys
	url    string // of the recorder
	direct string // of the server: where links lead
	sender sender

	openOAuth opener // makes senders that are service accounts
}

// object is a JSON object of an answer.
type object map[string]any

func (o object) text(name string) string { s, _ := o[name].(string); return s }

func (o object) objects(name string) []object {
	list, _ := o[name].([]any)
	out := make([]object, 0, len(list))
	for _, item := range list {
		if m, ok := item.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

// roles returns the roles of a key as sorted "id:ROLE".
func (o object) roles() []string {
	var out []string
	for _, r := range o.objects("roles") {
		out = append(out, r.text("orgId")+r.text("groupId")+":"+r.text("roleName"))
	}
	slices.Sort(out)
	return out
}

// find returns the element of a list with the id.
func (o object) find(id string) (object, bool) {
	results := o.objects("results")
	i := slices.IndexFunc(results, func(r object) bool { return r.text("id") == id })
	if i < 0 {
		return nil, false
	}
	return results[i], true
}

// try sends a request and returns the answer.
func (s *session) try(method, path, body string) answer {
	s.t.Helper()
	header := map[string]string{"Accept": s.gen.media}
	if body != "" {
		header["Content-Type"] = s.gen.media
	}
	base := s.gen.base
	if strings.HasPrefix(path, "/api/") {
		base = ""
	}
	got, err := s.sender.send(method, s.url+base+path, header, body)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	return got
}

// call sends a request, checks the status, and returns the object in the answer.
func (s *session) call(want int, method, path, body string) object {
	s.t.Helper()
	got := s.try(method, path, body)
	if got.status != want {
		s.t.Fatalf("%s %s %s: %d, want %d\n%s", method, path, body, got.status, want, got.body)
	}
	var o object
	if len(got.body) > 0 {
		if err := json.Unmarshal(got.body, &o); err != nil {
			s.t.Fatalf("%s %s: %v\n%s", method, path, err, got.body)
		}
	}
	return o
}

// refused sends a request that must be refused with the code, in the body and
// in the header.
func (s *session) refused(want int, code, method, path, body string) object {
	s.t.Helper()
	got := s.try(method, path, body)
	var o object
	if err := json.Unmarshal(got.body, &o); err != nil {
		s.t.Fatalf("%s %s: %d: %v\n%s", method, path, got.status, err, got.body)
	}
	if got.status != want || o.text("errorCode") != code || got.header.Get("X-Error-Code") != code {
		s.t.Fatalf("%s %s %s: %d %s (header %s), want %d %s\n%s", method, path, body, got.status, o.text("errorCode"), got.header.Get("X-Error-Code"), want, code, got.body)
	}
	return o
}

// same fails unless a list of texts is what it should be, in any order.
func (s *session) same(what string, got []string, want ...string) {
	s.t.Helper()
	got, want = slices.Clone(got), slices.Clone(want)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		s.t.Errorf("%s: %q, want %q", what, got, want)
	}
}

// all goes through everything that a client of this field does with keys,
// service accounts, projects and organizations.
func (s *session) all() {
	s.organization()
	project := s.project()
	s.projectKey(project)
	key, private := s.orgKey()
	s.assignment(project, key)
	s.accessList(key)
	s.accounts(project)
	s.end(project, key, private)
}

func (s *session) organization() {
	root := s.call(200, "GET", "", "")
	apiKey, _ := root["apiKey"].(map[string]any)
	s.same("roles in the root", object(apiKey).roles(), s.keys.OrgID+":ORG_OWNER")
	s.call(200, "GET", "/api/private/ipinfo", "")
	orgs := s.call(200, "GET", "/orgs", "").objects("results")
	if len(orgs) != 1 || orgs[0].text("id") != s.keys.OrgID {
		s.t.Errorf("organizations: %v, want only the caller's", orgs)
	}
	org := "/orgs/" + s.keys.OrgID
	s.call(200, "PATCH", org, `{"name":"Renamed by a client"}`)
	if got := s.call(200, "GET", org, "").text("name"); got != "Renamed by a client" {
		s.t.Errorf("name of the organization: %q", got)
	}
	if got := s.call(200, "GET", org+"/settings", "")["genAIFeaturesEnabled"]; got != true {
		s.t.Errorf("genAIFeaturesEnabled: %v, want true at the beginning", got)
	}
	got := s.call(200, "PATCH", org+"/settings", `{"genAIFeaturesEnabled":false,"securityContact":"security@example.com"}`)
	if got["genAIFeaturesEnabled"] != false || got.text("securityContact") != "security@example.com" || got["apiAccessListRequired"] != false {
		s.t.Errorf("settings after the change: %v", got)
	}
}

func (s *session) project() string {
	made := s.call(201, "POST", "/groups", fmt.Sprintf(
		`{"clusterCount":0,"created":"0001-01-01T00:00:00Z","name":"made by a client","orgId":%q}`, s.keys.OrgID))
	id := made.text("id")
	s.objectID(id)
	if _, ok := s.call(200, "GET", "/groups", "").find(id); !ok {
		s.t.Error("the new project is not listed")
	}
	if got := s.call(200, "GET", "/orgs/"+s.keys.OrgID+"/groups", ""); len(got.objects("results")) != 2 || got["totalCount"] != 2.0 {
		s.t.Errorf("projects of the organization: %v, want two", got)
	}
	if got := s.call(200, "GET", "/groups?includeCount=false", ""); got["totalCount"] != nil {
		s.t.Errorf("totalCount %v with includeCount=false", got["totalCount"])
	}
	if got := s.call(200, "GET", "/groups/"+id, ""); got["withDefaultAlertsSettings"] != true {
		s.t.Errorf("withDefaultAlertsSettings: %v", got["withDefaultAlertsSettings"])
	}
	s.refused(409, "GROUP_ALREADY_EXISTS", "POST", "/groups", fmt.Sprintf(`{"name":"made by a client","orgId":%q}`, s.keys.OrgID))
	change := `{"name":"changed by a client"}`
	if s.gen.dated() {
		change = `{"name":"changed by a client","tags":[{"key":"team","value":"red"}]}`
	}
	s.call(200, "PATCH", "/groups/"+id, change)
	if got := s.call(200, "GET", "/groups/byName/changed%20by%20a%20client", "").text("id"); got != id {
		s.t.Errorf("project by its name: %q, want %q", got, id)
	}
	s.refused(404, "GROUP_NAME_NOT_FOUND", "GET", "/groups/byName/"+id, "")
	return id
}

// objectID checks the form of an id: one that begins with a letter would be
// taken for a name by the Terraform provider.
func (s *session) objectID(id string) {
	s.t.Helper()
	if !regexp.MustCompile(`^[0-9][0-9a-f]{23}$`).MatchString(id) {
		s.t.Errorf("id %q, want 24 hex digits that begin with a decimal one", id)
	}
}

// projectKey makes a key in a project: it becomes a member of the organization.
func (s *session) projectKey(project string) {
	made := s.call(200, "POST", "/groups/"+project+"/apiKeys", `{"desc":"born in a project","roles":["GROUP_READ_ONLY"]}`)
	s.same("roles of a key born in a project", made.roles(), s.keys.OrgID+":ORG_MEMBER", project+":GROUP_READ_ONLY")
	listed, ok := s.call(200, "GET", "/groups/"+project+"/apiKeys", "").find(made.text("id"))
	if !ok {
		s.t.Fatal("the key is not listed in its project")
	}
	s.redacted(listed, made.text("privateKey"))
}

// redacted checks that a private key is shown by its last twelve digits only.
func (s *session) redacted(key object, private string) {
	s.t.Helper()
	if len(private) != 36 {
		s.t.Fatalf("private key of %d characters", len(private))
	}
	if got, want := key.text("privateKey"), "********-****-****-"+private[24:]; got != want {
		s.t.Errorf("private key shown as %q, want %q", got, want)
	}
}

func (s *session) orgKey() (id, private string) {
	keys := "/orgs/" + s.keys.OrgID + "/apiKeys"
	made := s.call(200, "POST", keys, `{"desc":"made by a client","roles":["ORG_READ_ONLY"]}`)
	id, private = made.text("id"), made.text("privateKey")
	s.objectID(id)
	s.same("roles of a new key", made.roles(), s.keys.OrgID+":ORG_READ_ONLY")
	if _, ok := s.call(200, "GET", keys, "").find(id); !ok {
		s.t.Error("the new key is not listed")
	}
	if got := s.call(200, "GET", keys+"?itemsPerPage=2&pageNum=2&includeCount=true", ""); got["totalCount"] != 4.0 || len(got.objects("results")) != 2 {
		s.t.Errorf("second page of keys: %d of %v, want 2 of 4", len(got.objects("results")), got["totalCount"])
	}
	s.redacted(s.call(200, "GET", keys+"/"+id, ""), private)
	changed := s.call(200, "PATCH", keys+"/"+id, `{"desc":"renamed by a client"}`)
	s.same("roles after a new description", changed.roles(), s.keys.OrgID+":ORG_READ_ONLY")
	s.redacted(changed, private)
	s.call(200, "PATCH", keys+"/"+id, `{"roles":["ORG_MEMBER","ORG_READ_ONLY"]}`)
	if got := s.call(200, "GET", keys+"/"+id, ""); got.text("desc") != "renamed by a client" {
		s.t.Errorf("description: %q", got.text("desc"))
	} else {
		s.same("roles in the organization", got.roles(), s.keys.OrgID+":ORG_MEMBER", s.keys.OrgID+":ORG_READ_ONLY")
	}
	return id, private
}

// assignment puts a key into a project, replaces its roles there and takes it
// out again.
func (s *session) assignment(project, key string) {
	path := "/groups/" + project + "/apiKeys/" + key
	org := []string{s.keys.OrgID + ":ORG_MEMBER", s.keys.OrgID + ":ORG_READ_ONLY"}
	if s.gen.dated() {
		s.refused(400, "API_KEY_NOT_FOUND", "PATCH", path, `{"roles":["GROUP_READ_ONLY"]}`)
		add := fmt.Sprintf(`[{"roles":["GROUP_READ_ONLY"],"userId":%q}]`, key)
		s.call(204, "POST", path, add)
		s.refused(409, "API_KEY_ALREADY_IN_GROUP", "POST", path, add)
	} else {
		got := s.call(200, "PATCH", path, `{"roles":["GROUP_READ_ONLY"]}`)
		s.same("roles after assigning", got.roles(), append(org, project+":GROUP_READ_ONLY")...)
	}
	got := s.call(200, "PATCH", path, `{"roles":["GROUP_DATA_ACCESS_READ_ONLY","GROUP_CLUSTER_MANAGER"]}`)
	s.same("roles after the PATCH", got.roles(), append(org, project+":GROUP_CLUSTER_MANAGER", project+":GROUP_DATA_ACCESS_READ_ONLY")...)
	listed, _ := s.call(200, "GET", "/groups/"+project+"/apiKeys", "").find(key)
	s.same("roles in the list", listed.roles(), got.roles()...)
	s.refused(400, "INVALID_ENUM_VALUE", "PATCH", path, `{"roles":["INVALID_ROLE"]}`)
	s.refused(400, "MISSING_API_KEY_ROLES", "PATCH", path, `{"roles":[]}`)
	s.refused(400, "CANNOT_ADD_ORG_ROLE", "PATCH", path, `{"roles":["ORG_MEMBER"]}`)
	s.call(204, "DELETE", path, "")
	s.refused(400, "API_KEY_NOT_FOUND", "DELETE", path, "")
	s.same("roles after unassigning", s.call(200, "GET", "/orgs/"+s.keys.OrgID+"/apiKeys/"+key, "").roles(), org...)
}

func (s *session) accessList(key string) {
	names := []string{"accessList"}
	if !s.gen.dated() {
		names = append(names, "whitelist")
	}
	for _, name := range names {
		list := "/orgs/" + s.keys.OrgID + "/apiKeys/" + key + "/" + name
		s.call(200, "POST", list+"?includeCount=true&itemsPerPage=100&pageNum=1", `[{"ipAddress":"192.0.2.7"},{"cidrBlock":"198.51.100.0/24"}]`)
		got := s.call(200, "GET", list, "")
		if got["totalCount"] != 2.0 || len(got.objects("results")) != 2 {
			s.t.Errorf("access list: %v", got)
		}
		s.refused(409, "ADDRESS_ALREADY_IN_ACCESS_LIST", "POST", list, `[{"ipAddress":"192.0.2.7"}]`)
		single := s.call(200, "GET", list+"/192.0.2.7", "")
		if single.text("cidrBlock") != "192.0.2.7/32" || single.text("ipAddress") != "192.0.2.7" {
			s.t.Errorf("entry of one address: %v", single)
		}
		block := s.call(200, "GET", list+"/198.51.100.0%2F24", "")
		if block.text("cidrBlock") != "198.51.100.0/24" || block["ipAddress"] != nil {
			s.t.Errorf("entry of a block: %v", block)
		}
		self := s.direct + s.gen.base + list + "/198.51.100.0%2F24"
		if links := block.objects("links"); len(links) == 0 || links[0].text("href") != self {
			s.t.Errorf("links of the block's entry: %v, want %s first", links, self)
		}
		s.call(204, "DELETE", list+"/192.0.2.7", "")
		s.refused(404, "API_KEY_ACCESS_LIST_NOT_FOUND", "GET", list+"/192.0.2.7", "")
		s.call(204, "DELETE", list+"/198.51.100.0%2F24", "")
	}
}

// end deletes what was made, and asks for it again.
func (s *session) end(project, key, private string) {
	path := "/orgs/" + s.keys.OrgID + "/apiKeys/" + key
	s.call(204, "DELETE", path, "")
	gone := s.refused(400, "API_KEY_NOT_FOUND", "GET", path, "")
	if strings.Contains(fmt.Sprint(gone), private) {
		s.t.Error("a refusal shows a private key")
	}
	s.call(202, "DELETE", "/groups/"+project, "")
	s.call(202, "DELETE", "/groups/"+project, "")
	s.refused(404, "GROUP_NOT_FOUND", "GET", "/groups/"+project, "")
	s.refused(404, "GROUP_NOT_FOUND", "GET", "/groups/"+project+"/apiKeys", "")
}
