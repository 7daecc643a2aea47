package e2e

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// ofAccounts is the generation as service accounts are asked for: they were
// published later than keys.
func (g generation) ofAccounts() generation {
	if g.dated() {
		g.media = "application/vnd.atlas.2024-08-05+json"
	}
	return g
}

// accounts goes through everything that clients do with service accounts. What
// it makes acts for itself too, with tokens.
func (s *session) accounts(project string) {
	as := *s
	as.gen = s.gen.ofAccounts()
	id, first := as.orgAccount()
	robot := as
	robot.sender = s.openOAuth(first, true)
	as.itself(&robot, id, first)
	as.projectAccount(project)
	as.invitation(&robot, project, id)
	as.accountAccessList(&robot, id)
	second := as.rotation(&robot, id, first)
	robot.sender = s.openOAuth(second, true)
	as.dismissal(&robot, project, id)
}

func (s *session) account(id string) string {
	return "/orgs/" + s.keys.OrgID + "/serviceAccounts/" + id
}

// newAccount makes a service account with one role in an organization or a
// project, and returns what it authenticates with.
func (s *session) newAccount(container, name, role string) (made object, k credentials) {
	s.t.Helper()
	made = s.call(201, "POST", container+"/serviceAccounts", fmt.Sprintf(
		`{"description":"made by a client","name":%q,"roles":[%q],"secretExpiresAfterHours":720}`, name, role))
	s.same("roles of a new service account", made.texts("roles"), role)
	secrets := made.objects("secrets")
	if len(secrets) != 1 {
		s.t.Fatalf("a new service account with %d secrets", len(secrets))
	}
	s.fresh(secrets[0])
	return made, credentials{made.text("clientId"), secrets[0].text("secret")}
}

// texts returns a list of texts.
func (o object) texts(name string) (out []string) {
	list, _ := o[name].([]any)
	for _, item := range list {
		text, _ := item.(string)
		out = append(out, text)
	}
	return out
}

// time returns a member that is a time.
func (s *session) time(o object, name string) time.Time {
	s.t.Helper()
	at, err := time.Parse(time.RFC3339, o.text(name))
	if err != nil {
		s.t.Fatalf("%s: %v", name, err)
	}
	return at
}

// fresh checks a secret in the answer that creates it: in clear, and so not masked.
func (s *session) fresh(secret object) {
	s.t.Helper()
	if !regexp.MustCompile(`^mdb_sa_sk_[0-9A-Za-z]{40,}$`).MatchString(secret.text("secret")) || secret["maskedSecretValue"] != nil {
		s.t.Fatalf("a new secret: %v", secret)
	}
	s.objectID(secret.text("id"))
}

// masked checks that a service account has these secrets, shown by their last
// four characters only.
func (s *session) masked(account object, clear ...string) {
	s.t.Helper()
	var want, got []string
	for _, text := range clear {
		want = append(want, "mdb_sa_sk_..."+text[len(text)-4:])
	}
	for _, secret := range account.objects("secrets") {
		if secret["secret"] != nil {
			s.t.Errorf("a secret is shown again: %v", secret)
		}
		got = append(got, secret.text("maskedSecretValue"))
	}
	s.same("secrets", got, want...)
}

func (s *session) orgAccount() (id string, k credentials) {
	made, k := s.newAccount("/orgs/"+s.keys.OrgID, "a client's", "ORG_READ_ONLY")
	id = made.text("clientId")
	if !regexp.MustCompile(`^mdb_sa_id_[0-9a-f]{24}$`).MatchString(id) {
		s.t.Errorf("client id %q", id)
	}
	found := false
	for _, a := range s.call(200, "GET", "/orgs/"+s.keys.OrgID+"/serviceAccounts", "").objects("results") {
		if found = a.text("clientId") == id; found {
			s.masked(a, k.private)
			break
		}
	}
	if !found {
		s.t.Error("the new service account is not listed")
	}
	changed := s.call(200, "PATCH", s.account(id), `{"name":"renamed by a client","roles":["ORG_READ_ONLY","ORG_MEMBER"]}`)
	s.same("roles after the PATCH", changed.texts("roles"), "ORG_MEMBER", "ORG_READ_ONLY")
	s.masked(changed, k.private)
	if changed.text("name") != "renamed by a client" || changed.text("description") != "made by a client" {
		s.t.Errorf("after a new name: %v", changed)
	}
	s.refused(400, "INVALID_ENUM_VALUE", "PATCH", s.account(id), `{"roles":["INVALID_ROLE"]}`)
	return id, k
}

// itself lets the service account look at itself, which it may not change.
func (s *session) itself(robot *session, id string, k credentials) {
	got := robot.call(200, "GET", s.account(id), "")
	s.same("roles of the caller itself", got.texts("roles"), "ORG_MEMBER", "ORG_READ_ONLY")
	s.masked(got, k.private)
	secret := robot.call(200, "GET", s.account(id), "").objects("secrets")[0]
	s.time(secret, "lastUsedAt")
	robot.refused(401, "USER_UNAUTHORIZED", "PATCH", s.account(id), `{"roles":["ORG_OWNER"]}`)
	robot.refused(401, "USER_UNAUTHORIZED", "POST", s.account(id)+"/secrets", `{"secretExpiresAfterHours":8}`)
}

// projectAccount makes a service account in a project: it becomes a member of
// the organization.
func (s *session) projectAccount(project string) {
	made, k := s.newAccount("/groups/"+project, "born in a project", "GROUP_READ_ONLY")
	id := made.text("clientId")
	path := "/groups/" + project + "/serviceAccounts"
	list := s.call(200, "GET", path, "").objects("results")
	for _, a := range list {
		if a.text("clientId") == id {
			s.masked(a, k.private)
			s.same("roles in the project", a.texts("roles"), "GROUP_READ_ONLY")
		}
	}
	s.same("roles in the organization", s.call(200, "GET", s.account(id), "").texts("roles"), "ORG_MEMBER")
	second := s.call(201, "POST", path+"/"+id+"/secrets", `{"secretExpiresAfterHours":8}`)
	s.fresh(second)
	s.call(204, "DELETE", path+"/"+id+"/secrets/"+second.text("id"), "")
	s.call(200, "POST", path+"/"+id+"/accessList", `[{"ipAddress":"192.0.2.7"}]`)
	if got := s.call(200, "GET", path+"/"+id+"/accessList", "").objects("results"); len(got) != 1 || got[0].text("cidrBlock") != "192.0.2.7/32" {
		s.t.Errorf("access list: %v", got)
	}
	s.call(204, "DELETE", path+"/"+id+"/accessList/192.0.2.7", "")
	s.call(204, "DELETE", s.account(id), "")
	s.refused(404, "RESOURCE_NOT_FOUND", "GET", path+"/"+id, "")
}

// invitation puts a service account into a project and replaces its roles there.
func (s *session) invitation(robot *session, project, id string) {
	path := "/groups/" + project + "/serviceAccounts/" + id
	s.refused(404, "RESOURCE_NOT_FOUND", "GET", path, "")
	invited := s.call(200, "POST", path+":invite", `{"roles":["GROUP_READ_ONLY"]}`)
	s.same("roles after the invitation", invited.texts("roles"), "GROUP_READ_ONLY")
	s.refused(409, "VALIDATION_ERROR", "POST", path+":invite", `{"roles":["GROUP_READ_ONLY"]}`)
	changed := s.call(200, "PATCH", path, `{"roles":["GROUP_DATA_ACCESS_READ_ONLY","GROUP_CLUSTER_MANAGER"]}`)
	s.same("roles after the PATCH", changed.texts("roles"), "GROUP_CLUSTER_MANAGER", "GROUP_DATA_ACCESS_READ_ONLY")
	s.same("roles in the project", s.call(200, "GET", path, "").texts("roles"), changed.texts("roles")...)
	projects := s.call(200, "GET", s.account(id)+"/groups?pageNum=1", "")
	if list := projects.objects("results"); len(list) != 1 || list[0].text("groupId") != project || projects["totalCount"] != 1.0 {
		s.t.Errorf("projects of the service account: %v", projects)
	} else {
		s.same("roles in the list of its projects", list[0].texts("roles"), changed.texts("roles")...)
	}
	robot.call(200, "GET", "/groups/"+project, "")
	s.call(204, "DELETE", path, "")
	s.refused(404, "RESOURCE_NOT_FOUND", "DELETE", path, "")
	s.same("roles in the organization", s.call(200, "GET", s.account(id), "").texts("roles"), "ORG_MEMBER", "ORG_READ_ONLY")
}

// accountAccessList lets the service account in from other addresses only, and
// then from everywhere again.
func (s *session) accountAccessList(robot *session, id string) {
	list := s.account(id) + "/accessList"
	s.call(200, "POST", list+"?includeCount=true&itemsPerPage=500&pageNum=1", `[{"ipAddress":"192.0.2.7"},{"cidrBlock":"198.51.100.0/24"}]`)
	if got := s.call(200, "GET", list, ""); got["totalCount"] != 2.0 || len(got.objects("results")) != 2 {
		s.t.Errorf("access list: %v", got)
	}
	s.refused(409, "ADDRESS_ALREADY_IN_ACCESS_LIST", "POST", list, `[{"ipAddress":"192.0.2.7"}]`)
	robot.refused(403, "IP_ADDRESS_NOT_ON_ACCESS_LIST", "GET", s.account(id), "")
	s.call(204, "DELETE", list+"/192.0.2.7", "")
	s.call(204, "DELETE", list+"/198.51.100.0%2F24", "")
	s.refused(404, "RESOURCE_NOT_FOUND", "DELETE", list+"/198.51.100.0%2F24", "")
	robot.call(200, "GET", s.account(id), "")
}

// rotation gives the service account another secret in the place of its first.
func (s *session) rotation(robot *session, id string, first credentials) (second credentials) {
	before := s.call(200, "GET", s.account(id), "").objects("secrets")[0]
	made := s.call(201, "POST", s.account(id)+"/secrets", `{"secretExpiresAfterHours":8}`)
	s.fresh(made)
	second = credentials{id, made.text("secret")}
	both := s.call(200, "GET", s.account(id), "")
	s.masked(both, first.private, second.private)
	const week = 7 * 24 * time.Hour
	if old := both.objects("secrets")[0]; old.text("id") != before.text("id") || s.time(old, "expiresAt").After(s.time(made, "createdAt").Add(week)) {
		s.t.Errorf("the first secret beside a second: %v, was %v", old, before)
	}
	s.refused(400, "VALIDATION_ERROR", "POST", s.account(id)+"/secrets", `{"secretExpiresAfterHours":8}`)
	robot.call(200, "GET", s.account(id), "")
	next := *robot
	next.sender = s.openOAuth(second, true)
	next.call(200, "GET", s.account(id), "")
	s.call(204, "DELETE", s.account(id)+"/secrets/"+before.text("id"), "")
	s.refused(404, "RESOURCE_NOT_FOUND", "DELETE", s.account(id)+"/secrets/"+before.text("id"), "")
	s.masked(next.call(200, "GET", s.account(id), ""), second.private)
	robot.denied("a token of a deleted secret", "Bearer ")
	again := *robot
	again.sender = s.openOAuth(first, true)
	again.denied("a deleted secret", "Basic ")
	return second
}

// dismissal deletes the service account, and what it holds is void.
func (s *session) dismissal(robot *session, project, id string) {
	s.call(200, "POST", "/groups/"+project+"/serviceAccounts/"+id+":invite", `{"roles":["GROUP_OWNER"]}`)
	robot.call(200, "GET", "/groups/"+project, "")
	s.call(204, "DELETE", s.account(id), "")
	robot.denied("a token of a deleted service account", "Bearer ")
	s.refused(404, "RESOURCE_NOT_FOUND", "GET", s.account(id), "")
	s.refused(404, "RESOURCE_NOT_FOUND", "GET", "/groups/"+project+"/serviceAccounts/"+id, "")
}

// denied makes a call that must be answered with that challenge and no other.
func (s *session) denied(what, challenge string) {
	s.t.Helper()
	got := s.try("GET", "/orgs", "")
	asked := got.header.Values("Www-Authenticate")
	if got.status != 401 || len(asked) != 1 || !strings.HasPrefix(asked[0], challenge) || got.header.Get("X-Error-Code") != "" {
		s.t.Errorf("%s: %d %q\n%s", what, got.status, asked, got.body)
	}
}
