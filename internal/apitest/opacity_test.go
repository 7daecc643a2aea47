package apitest

import (
	"strings"
	"testing"

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
	case "createOrgApiKeyAccessListEntry":
		return `[{"ipAddress":"192.0.2.200"}]`
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

// TestOpacity: for every operation and every id in its path, the id of
// another organization is answered like one that never existed, byte for byte.
func TestOpacity(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		foreign := map[string]string{"{orgId}": "{otherOrg}", "{groupId}": "{otherProject}", "{apiUserId}": "{otherTarget}"}
		own := strings.NewReplacer("{orgId}", "{org}", "{groupId}", "{project}", "{apiUserId}", "{target}", "{ipAddress}", "192.0.2.200", "{bits}", "32", "{groupName}", "x")
		compared := 0
		for _, row := range server.Rows(server.ReadBuild()) {
			for _, pattern := range row.Paths(wireGeneration(g)) {
				if row.Absolute || !publishes(&row, g) {
					continue
				}
				for param, id := range foreign {
					if !strings.Contains(pattern, param) {
						continue
					}
					for _, by := range []string{"owner", "loose", "manager"} {
						var answers []string
						w.unchanged(func() {
							for _, id := range []string{id, "{unknown}"} {
								call := row.Method + " " + own.Replace(strings.Replace(pattern, param, id, 1))
								a := w.call(by, call, bodyFor(&row))
								if a.status < 400 {
									t.Errorf("%s by %s: %s", call, by, a)
								}
								answers = append(answers, strings.ReplaceAll(a.fingerprint(), w.expand(id), "ID"))
							}
						})
						if answers[0] != answers[1] {
							t.Errorf("%s %s by %s tells a foreign %s from an unknown one:\n%s\n%s", row.Method, pattern, by, param, answers[0], answers[1])
						}
						compared++
					}
				}
			}
		}
		// Ids and names that are not in a path.
		for _, c := range []struct{ call, foreign, unknown, body string }{
			{"POST /groups", "{otherOrg}", "{unknown}", `{"name":"x","orgId":"ID"}`},
			{"POST /groups?projectOwnerId=ID", "{otherOwner}", "{unknown}", `{"name":"x","orgId":"{org}"}`},
			{"GET /groups/byName/ID", "Foreign%20project", "Unknown%20project", ""},
		} {
			w.ok("otherOwner", "PATCH /api/public/v1.0/groups/{otherProject}", `{"name":"Foreign project"}`, 200)
			var answers []string
			for _, id := range []string{c.foreign, c.unknown} {
				a := w.call("owner", g.at(strings.Replace(c.call, "ID", id, 1)), strings.Replace(c.body, "ID", id, 1))
				text := strings.ReplaceAll(a.fingerprint(), w.expand(id), "ID")
				answers = append(answers, strings.ReplaceAll(text, unescape(w.expand(id)), "ID"))
			}
			if answers[0] != answers[1] {
				t.Errorf("%s:\n%s\n%s", c.call, answers[0], answers[1])
			}
		}
		if compared < 60 {
			t.Errorf("only %d pairs were compared", compared)
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
