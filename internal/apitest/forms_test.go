package apitest

import (
	"bytes"
	"compress/gzip"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/latchkey/latchkey/internal/server"
)

// TestEnvelope: single objects and errors are wrapped, lists gain a member,
// and the status stays what it is.
func TestEnvelope(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		for _, c := range []struct {
			call   string
			status int
			list   bool
		}{
			{"GET /orgs/{org}", 200, false}, {"GET ", 200, false}, {"GET /groups/{unknown}", 404, false}, {"GET /nope", 404, false},
			{"PUT /orgs", 405, false}, {"GET /orgs/{org}/apiKeys?pageNum=0", 400, false}, {"GET /orgs/{org}/apiKeys", 200, true}, {"GET /orgs", 200, true},
		} {
			sep := map[bool]string{true: "&", false: "?"}[strings.Contains(c.call, "?")]
			plain := w.call("owner", g.at(c.call), "")
			a := w.call("owner", g.at(c.call+sep+"envelope=true"), "")
			if a.status != c.status || plain.status != c.status {
				a.fail("want %d", c.status)
			}
			want := `{"content":` + string(plain.body) + `,"status":` + strconv.Itoa(c.status) + `}`
			if c.list {
				want = strings.Replace(string(plain.body), `],"totalCount"`, `],"status":200,"totalCount"`, 1)
				want = strings.Replace(want, "?pageNum=1", "?envelope=true&pageNum=1", 1)
			}
			if c.call == "GET /nope" || strings.Contains(c.call, "pageNum=0") {
				want = strings.ReplaceAll(want, "?envelope=true", "")
			}
			if string(a.body) != want {
				t.Errorf("want %s\ngot  %s", want, a.body)
			}
			if got, want := a.header.Get("X-Error-Code"), plain.header.Get("X-Error-Code"); got != want {
				t.Errorf("X-Error-Code %q, without the envelope %q", got, want)
			}
		}
		a := w.ok("owner", g.at("GET /orgs/{org}/apiKeys?envelope=true&includeCount=false"), "", 200)
		if !slices.Equal(a.members(), []string{"links", "results", "status"}) {
			t.Errorf("members %v", a.members())
		}
		w.hire("leaver-"+g.name, "GROUP_READ_ONLY")
		w.ok("owner", g.at("DELETE /groups/{project}/apiKeys/{leaver-"+g.name+"}?envelope=true"), "", 204)
	})
}

// TestPretty is the published form, byte for byte.
func TestPretty(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		w.ok("owner", g.at("PATCH /groups/{project}/apiKeys/{target}"), `{"desc":"test","roles":["GROUP_READ_ONLY"]}`, 200)
		const key = `{
  "desc" : "test",
  "id" : "{target}",
  "links" : [ {
    "href" : "{base}/orgs/{org}/apiKeys/{target}",
    "rel" : "self"
  } ],
  "privateKey" : "********-****-****-{tail}",
  "publicKey" : "{target.public}",
  "roles" : [ {
    "orgId" : "{org}",
    "roleName" : "ORG_MEMBER"
  }, {
    "groupId" : "{project}",
    "roleName" : "GROUP_READ_ONLY"
  } ]
}`
		w.names["tail"], w.names["base"] = w.key("target").private[24:], w.url+g.base
		const missing = `{
  "detail" : "No group with ID {unknown} exists.",
  "error" : 404,
  "errorCode" : "GROUP_NOT_FOUND",
  "parameters" : [ "{unknown}" ],
  "reason" : "Not Found"
}`
		const weak = `{
  "detail" : "Current user is not authorized to perform this action.",
  "error" : 401,
  "errorCode" : "USER_UNAUTHORIZED",
  "parameters" : [ ],
  "reason" : "Unauthorized"
}`
		const empty = `{
  "links" : [ {
    "href" : "{base}/orgs?name=zzz&pretty=true&pageNum=1&itemsPerPage=100",
    "rel" : "self"
  } ],
  "results" : [ ],
  "totalCount" : 0
}`
		for _, c := range []struct{ by, call, want string }{
			{"owner", "GET /orgs/{org}/apiKeys/{target}?pretty=true", key},
			{"owner", "GET /groups/{unknown}?pretty=true", missing},
			{"reader", "DELETE /groups/{project}?pretty=true", weak},
			{"owner", "GET /orgs?name=zzz&pretty=true", empty},
			{"owner", "GET /orgs/{org}/apiKeys/{target}?pretty=true&envelope=true", "{\n  \"content\" : " + strings.ReplaceAll(key, "\n", "\n  ") + ",\n  \"status\" : 200\n}"},
		} {
			if got := string(w.call(c.by, g.at(c.call), "").body); got != w.expand(c.want) {
				t.Errorf("%s\nwant %s\ngot  %s", c.call, w.expand(c.want), got)
			}
		}
	})
}

// TestGzip: long answers are compressed for those who ask, and say the same.
func TestGzip(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		call := g.at("GET /orgs/{org}/apiKeys")
		plain := w.ok("owner", call, "", 200)
		if plain.header.Get("Content-Encoding") != "" {
			t.Errorf("compressed without being asked: %s", plain)
		}
		for accept, want := range map[string]bool{"gzip": true, "br, gzip;q=0.5": true, "GZIP": true, "gzip;q=0": false, "br": false, "": false} {
			a := w.ok("owner", call, "", 200, "Accept-Encoding", accept)
			if got := a.header.Get("Content-Encoding") == "gzip"; got != want {
				t.Errorf("Accept-Encoding %q: Content-Encoding %q", accept, a.header.Get("Content-Encoding"))
				continue
			}
			if !want {
				continue
			}
			z, err := gzip.NewReader(bytes.NewReader(a.body))
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(z)
			if err != nil || !bytes.Equal(text, plain.body) {
				t.Errorf("decompressed (%v) it differs: %s", err, text)
			}
			if a.header.Get("Content-Length") != strconv.Itoa(len(a.body)) || a.header.Get("Vary") != "Accept-Encoding" {
				t.Errorf("headers %v", a.header)
			}
		}
		w.send(w.request(call, "", "Accept-Encoding", "gzip")).wantChallenge(false)
	})
}

// TestVersions: the newest version that is not newer than what is asked.
func TestVersions(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, options{})
		const first, control = "GET /api/atlas/v2/orgs/{org}", "GET /api/atlas/v2/unauth/controlPlaneIPAddresses"
		for _, c := range []struct{ call, accept, version string }{
			{first, "2023-01-01", "2023-01-01"}, {first, "2023-02-01", "2023-01-01"}, {first, "2023-10-01", "2023-01-01"}, {first, "2023-11-15", "2023-01-01"},
			{first, "2024-05-30", "2023-01-01"}, {first, "2024-08-05", "2023-01-01"}, {first, "2024-10-23", "2023-01-01"}, {first, "2024-11-13", "2023-01-01"},
			{first, "2025-02-19", "2023-01-01"}, {first, "2025-03-12", "2023-01-01"},
			{first, "2025-03-13", ""}, {first, "2022-01-01", ""}, {first, "2024-01-17", ""}, {first, "preview", ""}, {first, "2023-1-1", ""}, {first, "", ""},
			{control, "2023-01-01", ""}, {control, "2023-10-01", ""}, {control, "2023-11-15", "2023-11-15"}, {control, "2025-03-12", "2023-11-15"}, {control, "preview", ""},
		} {
			by := "owner"
			if c.call == control {
				by = ""
			}
			a := w.call(by, c.call, "", "Accept", "application/vnd.atlas."+c.accept+"+json")
			if c.version == "" {
				a.want(406, "INVALID_VERSION_DATE")
				if want := `{"detail":"Invalid accept header or version date.","error":406,"errorCode":"INVALID_VERSION_DATE","parameters":[],"reason":"Not Acceptable"}`; string(a.body) != want {
					t.Errorf("want %s\ngot  %s", want, a.body)
				}
			} else if got := a.header.Get("Content-Type"); a.status != 200 || got != "application/vnd.atlas."+c.version+"+json;charset=utf-8" {
				t.Errorf("%s of %s: %s", c.accept, c.call, a)
			}
		}
		for _, accept := range []string{"text/html, application/vnd.atlas.2023-01-01+json", "*/*, application/vnd.atlas.2024-08-05+json;q=0.1", "APPLICATION/VND.ATLAS.2023-01-01+JSON"} {
			w.ok("owner", first, "", 200, "Accept", accept)
		}
		for _, base := range []string{"/api/public/v1.0", "/api/atlas/v1.0"} {
			for _, accept := range []string{"", "*/*", "application/json", "text/html", "application/vnd.atlas.9999-99-99+json", "\"", strings.Repeat("x", 8<<10)} {
				if got := w.ok("owner", "GET "+base+"/orgs/{org}", "", 200, "Accept", accept).header.Get("Content-Type"); got != "application/json" {
					t.Errorf("%s with Accept %.40q: Content-Type %q", base, accept, got)
				}
			}
		}
	})
}

// TestAllow: a path that is served for other methods says for which.
func TestAllow(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		key := "DELETE, PATCH"
		if g.bit == v2 {
			key = "DELETE, PATCH, POST"
		}
		for _, c := range []struct{ path, allow string }{
			{"", "GET"}, {"/orgs", "GET"}, {"/orgs/{org}", "GET, PATCH"}, {"/groups", "GET, POST"}, {"/groups/x", "DELETE, GET, PATCH"}, {"/groups/byName/x", "GET"},
			{"/groups/{unknown}/apiKeys", "GET, POST"}, {"/groups/{project}/apiKeys/{target}", key}, {"/orgs/{org}/apiKeys/{target}", "DELETE, GET, PATCH"},
			{"/orgs/{org}/apiKeys/{target}/accessList", "GET, POST"}, {"/orgs/{org}/apiKeys/{target}/accessList/192.0.2.0%2F24", "DELETE, GET"}, {"/orgs/{org}/settings", "GET, PATCH"},
		} {
			for _, method := range []string{"PUT", "HEAD", "OPTIONS"} {
				a := w.call("", g.at(method+" "+c.path), "")
				if got := a.header["Allow"]; a.status != 405 || !slices.Equal(got, []string{c.allow}) {
					t.Errorf("%s %s: %d, Allow %q, want %q", method, c.path, a.status, got, c.allow)
				}
			}
		}
		w.call("", g.at("PUT /orgs"), "").want(405, "METHOD_NOT_ALLOWED", "PUT")
	})
}

// TestHeaders: every kind of answer has the standing headers, and none has
// those that would tell too much.
func TestHeaders(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		w.hire("leaver-"+g.name, "GROUP_READ_ONLY")
		for _, c := range []struct {
			by, call, body string
			status         int
		}{
			{"owner", "GET /orgs", "", 200}, {"owner", "DELETE /groups/{project}/apiKeys/{leaver-" + g.name + "}", "", 204}, {"owner", "POST /groups", `{"name":"` + g.name + `","orgId":"{org}"}`, 201},
			{"", "GET /orgs", "", 401}, {"reader", "DELETE /groups/{project}", "", 401}, {"owner", "GET /groups/{unknown}", "", 404}, {"", "GET /nope", "", 404}, {"", "PUT /orgs", "", 405},
			{"listed", "GET /orgs", "", 403},
		} {
			a := w.call(c.by, g.at(c.call), c.body)
			if a.status != c.status {
				a.fail("want %d", c.status)
			}
			for name, want := range map[string]string{
				"Referrer-Policy": "strict-origin-when-cross-origin", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
				"X-Permitted-Cross-Domain-Policies": "none", "X-Mongodb-Service-Version": server.ReadBuild().Header(),
			} {
				if got := a.header[name]; !slices.Equal(got, []string{want}) {
					a.fail("%s is %q", name, got)
				}
			}
			for name := range a.header {
				switch name {
				case "Server", "X-Powered-By", "Strict-Transport-Security", "Set-Cookie", "Access-Control-Allow-Origin":
					a.fail("has %s", name)
				}
				if strings.HasPrefix(name, "X-Java-") {
					a.fail("has %s", name)
				}
			}
			if (c.status < 400) != (a.header.Get("X-Error-Code") == "") && c.by != "" {
				a.fail("X-Error-Code")
			}
			if c.status == 204 && (len(a.body) > 0 || a.header.Get("Content-Type") == "") {
				a.fail("204 has a Content-Type and no body")
			}
			if got := a.header.Get("X-Latchkey-Reason"); (got != "") != (c.by == "reader") {
				a.fail("X-Latchkey-Reason %q", got)
			}
		}
	})
}

// TestPublicURL: links, and Location, begin with what is configured.
func TestPublicURL(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, options{config: server.Config{PublicURL: "https://keys.example.org:8443"}})
		for _, g := range generations() {
			a := w.ok("owner", g.at("POST /groups"), `{"name":"`+g.name+`","orgId":"{org}"}`, 201)
			var made struct{ ID string }
			a.into(&made)
			if got, want := a.header.Get("Location"), w.url+"/api/atlas/v2/groups/"+made.ID; got != want {
				t.Errorf("Location %s, want %s", got, want)
			}
			if !strings.Contains(string(a.body), `"href":"`+w.url+g.base+"/groups/"+made.ID+`"`) || strings.Contains(string(a.body), w.addr) {
				t.Errorf("links: %s", a)
			}
			for _, path := range []string{"/orgs", "/orgs/{org}", "/groups", "/orgs/{org}/apiKeys", ""} {
				a := w.ok("owner", g.at("GET "+path), "", 200, "Host", "evil.example")
				if strings.Count(string(a.body), `"href":"`) != strings.Count(string(a.body), `"href":"`+w.url+g.base) {
					t.Errorf("links: %s", a)
				}
			}
		}
	})
}
