package e2e

import (
	"strings"
	"testing"
)

// TestPretty holds ?pretty=true to the form of the published examples, byte
// for byte, on every generation.
func TestPretty(t *testing.T) {
	t.Parallel()
	dir, keys := setUp(t)
	server := serve(t, dir)
	for _, g := range []generation{atlasV2(), publicV1(), atlasV1()} {
		t.Run(g.name, func(t *testing.T) {
			s := &session{t: t, gen: g, keys: keys, url: server.URL, sender: startForks(t)(keys.owner(), false)}
			group := "/groups/" + keys.ProjectID
			made := s.call(200, "POST", group+"/apiKeys", `{"desc":"test","roles":["GROUP_READ_ONLY"]}`)
			fill := strings.NewReplacer(
				"{base}", server.URL+g.base, "{org}", keys.OrgID, "{group}", keys.ProjectID,
				"{key}", made.text("id"), "{public}", made.text("publicKey"), "{tail}", made.text("privateKey")[24:])
			org := "/orgs/" + keys.OrgID + "/apiKeys/" + made.text("id")
			for _, c := range []struct{ method, path, body, want string }{
				{"GET", org, "", prettyKey},
				{"PATCH", group + "/apiKeys/" + made.text("id"), `{"roles":["GROUP_READ_ONLY"]}`, prettyKey},
				{"GET", org + "/accessList", "", prettyEmptyList},
				{"GET", org[:len(org)-1] + "x", "", ""},
			} {
				got := s.try(c.method, c.path+"?pretty=true", c.body)
				if want := fill.Replace(c.want); c.want != "" && string(got.body) != want {
					t.Errorf("%s %s:\n%s\nwant\n%s", c.method, c.path, got.body, want)
				}
				if c.want == "" && !strings.HasPrefix(string(got.body), "{\n  \"detail\" : \"") {
					t.Errorf("a refusal is not pretty: %s", got.body)
				}
			}
		})
	}
}

const prettyKey = `{
  "desc" : "test",
  "id" : "{key}",
  "links" : [ {
    "href" : "{base}/orgs/{org}/apiKeys/{key}",
    "rel" : "self"
  } ],
  "privateKey" : "********-****-****-{tail}",
  "publicKey" : "{public}",
  "roles" : [ {
    "orgId" : "{org}",
    "roleName" : "ORG_MEMBER"
  }, {
    "groupId" : "{group}",
    "roleName" : "GROUP_READ_ONLY"
  } ]
}`

const prettyEmptyList = `{
  "links" : [ {
    "href" : "{base}/orgs/{org}/apiKeys/{key}/accessList?pretty=true&pageNum=1&itemsPerPage=100",
    "rel" : "self"
  } ],
  "results" : [ ],
  "totalCount" : 0
}`
