package apitest

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/server"
	"github.com/latchkey/latchkey/internal/wire"
)

// bodyFor returns a body that the operation would accept.
func bodyFor(row *wire.Row) string {
	if row.Body == nil {
		return ""
	}
	switch row.Op.Name {
	case "addGroupApiKey":
		return `[{"roles":["GROUP_READ_ONLY"]}]`
	case "createOrgApiKeyAccessListEntry", "createOrgServiceAccountAccessList", "createGroupServiceAccountAccessList":
		return `[{"ipAddress":"192.0.2.200"}]`
	case "createOrgServiceAccount":
		return newAccountBody("x", 8, "ORG_MEMBER")
	case "createGroupServiceAccount":
		return newAccountBody("x", 8, "GROUP_READ_ONLY")
	case "createOrgServiceAccountSecret", "createGroupServiceAccountSecret":
		return `{"secretExpiresAfterHours":8}`
	case "inviteGroupServiceAccount":
		return `{"roles":["GROUP_READ_ONLY"]}`
	case "updateOrgServiceAccount", "updateGroupServiceAccount":
		return `{"name":"x"}`
	case "createOrgApiKey":
		return `{"desc":"x","roles":["ORG_MEMBER"]}`
	case "createGroupApiKey":
		return `{"desc":"x","roles":["GROUP_READ_ONLY"]}`
	case "updateOrgSettings":
		return `{"multiFactorAuthRequired":true}`
	case "updateOrg", "updateGroup":
		return `{"name":"x"}`
	}
	return `{"desc":"x"}`
}

// foreignIDs are, by the parameter of a path, ids that belong to others or
// elsewhere: each must be answered like one that never existed. Below a project
// all that is not in the project is as foreign.
var foreignIDs = map[string][]string{
	"{orgId}":     {"{otherOrg}"},
	"{groupId}":   {"{otherProject}", "{gone}"},
	"{apiUserId}": {"{otherTarget}", "{account.digits}"},
	"{clientId}":  {"{otherAccount}", latchkey.ClientIDPrefix + "{target}"},
	"{secretId}":  {"{otherAccount.secret}", "{strongAccount.secret}"},
	"{eventId}":   {"{otherEvent}"},
	"{ipAddress}": {"192.0.2.201", "192.0.2.202"}, // listed by an account of {otherOrg} and by {strongAccount}
}

// unknownID is what never existed.
func unknownID(param string) string {
	switch param {
	case "{clientId}":
		return latchkey.ClientIDPrefix + "{unknown}"
	case "{ipAddress}":
		return "192.0.2.203"
	}
	return "{unknown}"
}

// named are the parameters that are no ids of anybody's; what a name of a
// project tells is asked below.
var named = []string{"{groupName}", "{bits}", "{endpointSetId}"}

var pathParam = regexp.MustCompile(`\{[A-Za-z]+\}`)

// peer makes what is foreign and the callers that bear tokens.
func (w *world) peer(t *testing.T) {
	for account, address := range map[string]string{"otherAccount": "192.0.2.201", "strongAccount": "192.0.2.202", "account": "192.0.2.200"} {
		by, org := "owner", "{org}"
		if account == "otherAccount" {
			by, org = "otherOwner", "{otherOrg}"
		}
		if a := w.call(by, "POST /api/atlas/v2/orgs/"+org+"/serviceAccounts/{"+account+"}/accessList", `[{"ipAddress":"`+address+`"}]`); a.status != 200 && a.status != 409 {
			t.Fatal(a)
		}
	}
	for _, e := range w.events("org", 0) {
		w.names["event"] = string(e.ID)
	}
	for _, e := range w.events("otherOrg", 0) {
		w.names["otherEvent"] = string(e.ID)
	}
	w.names["account.digits"] = strings.TrimPrefix(w.names["account"], latchkey.ClientIDPrefix)
	w.enrol("bearingOwner", 24*time.Hour, latchkey.OrgOwner)
	w.enrol("bearingManager", 24*time.Hour, latchkey.GroupOwner)
}

// TestOpacity: for every operation and every id in its path, the id of
// another organization is answered like one that never existed, byte for byte.
func TestOpacity(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		w.peer(t)
		own := strings.NewReplacer("{orgId}", "{org}", "{groupId}", "{project}", "{apiUserId}", "{target}",
			"{clientId}", "{account}", "{secretId}", "{account.secret}", "{eventId}", "{event}", "{endpointSetId}", "none",
			"{ipAddress}", "192.0.2.200", "{bits}", "32", "{groupName}", "x")
		compared := map[string]int{}
		for _, row := range server.Rows(server.ReadBuild()) {
			for _, pattern := range row.Paths(wireGeneration(g)) {
				if row.Absolute || !publishes(&row, g) {
					continue
				}
				w.unchanged(func() {
					for _, param := range pathParam.FindAllString(pattern, -1) {
						if slices.Contains(named, param) {
							continue
						}
						if foreignIDs[param] == nil {
							t.Errorf("%s %s: nothing is known that is foreign to %s", row.Method, pattern, param)
						}
						path := func(id string) string { return own.Replace(strings.Replace(pattern, param, id, 1)) }
						for _, id := range foreignIDs[param] {
							for _, by := range []string{"owner", "loose", "manager", "bearingOwner", "bearingManager"} {
								w.alike(by, &row, path(id), path(unknownID(param)), id, unknownID(param))
								compared[param]++
							}
						}
					}
				})
			}
		}
		// Ids and names that are not in a path.
		w.ok("otherOwner", "PATCH /api/public/v1.0/groups/{otherProject}", `{"name":"Foreign project"}`, 200)
		for _, c := range []struct{ call, foreign, unknown, body string }{
			{"POST /groups", "{otherOrg}", "{unknown}", `{"name":"x","orgId":"ID"}`},
			{"POST /groups?projectOwnerId=ID", "{otherOwner}", "{unknown}", `{"name":"x","orgId":"{org}"}`},
			{"GET /groups/byName/ID", "Foreign%20project", "Unknown%20project", ""},
			{"GET /rateLimits?groupId=ID", "{otherProject}", "{unknown}", ""},
			{"GET /rateLimits?orgId=ID", "{otherOrg}", "{unknown}", ""},
			{"GET /rateLimits?userId=ID", "{otherOwner}", "{unknown}", ""},
			{"GET /rateLimits?userId=ID", "{target}", "{unknown}", ""},
		} {
			for _, by := range []string{"owner", "bearingOwner"} {
				var answers []string
				for _, id := range []string{c.foreign, c.unknown} {
					a := w.call(by, g.at(strings.Replace(c.call, "ID", id, 1)), strings.Replace(c.body, "ID", id, 1))
					text := strings.ReplaceAll(a.fingerprint(), w.expand(id), "ID")
					answers = append(answers, strings.ReplaceAll(text, unescape(w.expand(id)), "ID"))
				}
				if answers[0] != answers[1] || strings.HasPrefix(answers[0], "406") {
					t.Errorf("%s:\n%s\n%s", c.call, answers[0], answers[1])
				}
			}
		}
		t.Logf("pairs compared by parameter: %v", compared)
		for param := range foreignIDs {
			if compared[param] == 0 {
				t.Errorf("no foreign %s was asked for", param)
			}
		}
	})
}

// alike sends a row's request to a path with an id that is foreign and to one
// with an id that never existed, and compares the answers.
func (w *world) alike(by string, row *wire.Row, foreignPath, unknownPath, foreign, unknown string) {
	w.t.Helper()
	ask := func(path, id string) string {
		a := w.call(by, row.Method+" "+path, bodyFor(row))
		if a.status < 400 || a.status == 406 {
			w.t.Errorf("%s %s by %s: %s", row.Method, path, by, a)
		}
		return strings.ReplaceAll(a.fingerprint(), w.expand(id), "ID")
	}
	if f, u := ask(foreignPath, foreign), ask(unknownPath, unknown); f != u {
		w.t.Errorf("%s %s by %s tells a foreign id from an unknown one:\n%s\n%s", row.Method, foreignPath, by, f, u)
	}
}

// TestOpacityOfLogins: who offers the login of somebody else cannot tell whether
// there is anybody of that login, by any way of offering one.
func TestOpacityOfLogins(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, options{})
		w.cast()
		w.peer(t)
		short := w.store("short", "org", "project", 8*time.Hour)
		w.clock.advance(9 * time.Hour)
		secret := latchkey.NewClientSecret().Reveal() // of nobody
		same := func(what string, answers map[string]answer) {
			first, how := "", ""
			for name, a := range answers {
				is := a.fingerprint()
				if first == "" {
					first, how = is, name
				}
				if is != first || a.status != 401 {
					t.Errorf("%s: %s and %s are told apart:\n%s\n%s", what, how, name, first, is)
				}
			}
		}
		for _, call := range []string{tokenCall, revokeCall} {
			answers := map[string]answer{}
			ask := func(id, secret string, inForm bool) answer {
				form := askToken + "&token=x"
				if inForm {
					return w.send(w.request(call, form+"&client_id="+id+"&client_secret="+secret, "Content-Type", formType))
				}
				return w.send(w.request(call, form, "Content-Type", formType, "Authorization", basic(id, secret)))
			}
			for name, c := range map[string][2]string{
				"an unknown client":              {latchkey.ClientIDPrefix + w.names["unknown"], secret},
				"a wrong secret":                 {w.names["account"], secret},
				"no secret":                      {w.names["account"], "x"},
				"another account's secret":       {w.names["account"], w.names["looseAccount.clear"]},
				"a foreign account, wrong":       {w.names["otherAccount"], secret},
				"an expired secret":              {short.id, short.secret},
				"no client id":                   {"x", secret},
				"a key":                          {w.keys["owner"].public, w.keys["owner"].private},
				"a key with a secret":            {w.keys["owner"].public, secret},
				"a key's id":                     {w.keys["owner"].id, secret},
				"another account's right secret": {w.names["otherAccount"], w.names["account.clear"]},
			} {
				answers[name+", in the header"] = ask(c[0], c[1], false)
				answers[name+", in the form"] = ask(c[0], c[1], true)
			}
			same(call, answers)
		}
		for _, call := range []string{"GET /api/atlas/v2/orgs", "POST /api/public/v1.0/groups"} {
			answers := map[string]answer{}
			for name, k := range map[string]*key{
				"an unknown key":       {public: "abcdefgh", private: "x"},
				"a wrong private key":  {public: w.keys["owner"].public, private: "x"},
				"a foreign key":        {public: w.keys["otherOwner"].public, private: "x"},
				"an unknown client id": {public: latchkey.ClientIDPrefix + w.names["unknown"], private: "x"},
				"an account":           {public: w.names["account"], private: "x"},
				"an account's secret":  {public: w.names["account"], private: w.names["account.clear"]},
				"no private key":       {public: w.names["account"], private: ""},
			} {
				answers[name] = w.as(k, w.request(call, ""))
			}
			same(call, answers)
		}
	})
}

func publishes(row *wire.Row, g generation) bool {
	for _, have := range row.Generations {
		if have == wireGeneration(g) {
			return true
		}
	}
	return false
}
