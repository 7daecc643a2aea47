package e2e

import "testing"

// TestBothAlgorithms shows that no client is put off by a second challenge:
// each makes a change on a server that offers SHA-256 beside MD5.
func TestBothAlgorithms(t *testing.T) {
	t.Parallel()
	dir, keys := setUp(t)
	server := serve(t, dir, "--digest-algorithms=md5,sha-256")
	for _, c := range httpClients() {
		t.Run(c.name, func(t *testing.T) {
			s := &session{t: t, gen: atlasV2(), keys: keys, url: server.URL, sender: c.start(t)(keys.owner(), false)}
			key := "/groups/" + keys.ProjectID + "/apiKeys/" + keys.Example.APIKeyID
			for _, role := range []string{"GROUP_OWNER", "GROUP_READ_ONLY"} {
				got := s.call(200, "PATCH", key, `{"roles":["`+role+`"]}`)
				s.same("roles", got.roles(), keys.OrgID+":ORG_MEMBER", keys.ProjectID+":"+role)
			}
		})
	}
}
