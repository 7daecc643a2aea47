package openapitest_test

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/latchkey/latchkey/internal/openapitest"
	"github.com/latchkey/latchkey/internal/wire"
)

func documents() map[string][]byte {
	docs := map[string][]byte{}
	for _, g := range wire.Generations() {
		docs[g.Name()] = wire.OpenAPI(rows(), g, publicURL, "1")
	}
	return docs
}

const (
	id1       = "65a1b2c3d4e5f60718293a4b"
	vendor    = "application/vnd.atlas.2023-01-01+json;charset=utf-8"
	key       = `{"desc":"d","id":"` + id1 + `","links":[],"privateKey":"p","publicKey":"abcdefgh","roles":[]}`
	notFound  = `{"detail":"d","error":404,"errorCode":"GROUP_NOT_FOUND","parameters":["x"],"reason":"Not Found"}`
	noRoute   = `{"detail":"d","error":404,"errorCode":"RESOURCE_NOT_FOUND","parameters":["x"],"reason":"Not Found"}`
	noMethod  = `{"detail":"d","error":405,"errorCode":"METHOD_NOT_ALLOWED","parameters":["PUT"],"reason":"Method Not Allowed"}`
	challenge = `{"error":401,"reason":"Unauthorized","detail":"d","errorCode":"UNEXPECTED_ERROR"}`
	aKey      = "/api/atlas/v2/orgs/" + id1 + "/apiKeys/" + id1
	anAccount = "/api/atlas/v2/groups/" + id1 + "/serviceAccounts/mdb_sa_id_" + id1
	projectV2 = "/api/atlas/v2/groups/" + id1 + "/apiKeys"
)

// TestValidate holds that what fits passes and each kind of fault is found.
func TestValidate(t *testing.T) {
	v, err := openapitest.FromDocuments(documents())
	if err != nil {
		t.Fatal(err)
	}
	const jsonType = "Content-Type: application/json"
	for _, c := range []struct {
		name, method, target string
		status               int
		headers              string
		body                 string
		fault                string // part of the error; "" when it fits
	}{
		{"a key", "GET", aKey, 200, "Content-Type: " + vendor, key, ""},
		{"enveloped", "GET", aKey + "?envelope=TRUE", 200, "Content-Type: " + vendor, `{"content":` + key + `,"status":200}`, ""},
		{"no envelope", "GET", aKey + "?envelope=true", 200, "Content-Type: " + vendor, key, "envelope"},
		{"envelope with another status", "GET", aKey + "?envelope=true", 200, "Content-Type: " + vendor, `{"content":` + key + `,"status":201}`, "status"},
		{"enveloped list", "GET", projectV2 + "?envelope=true", 200, "Content-Type: " + vendor, `{"links":[],"results":[` + key + `],"status":200,"totalCount":1}`, ""},
		{"list with status, not asked for", "GET", projectV2, 200, "Content-Type: " + vendor, `{"links":[],"results":[],"status":200,"totalCount":1}`, "status"},
		{"undated", "GET", aKey, 200, jsonType, key, "media type"},
		{"member missing", "GET", aKey, 200, "Content-Type: " + vendor, strings.Replace(key, `"desc":"d",`, "", 1), "desc"},
		{"member too many", "GET", aKey, 200, "Content-Type: " + vendor, strings.Replace(key, `{`, `{"color":"red",`, 1), "color"},
		{"nested member too many", "GET", aKey, 200, "Content-Type: " + vendor, strings.Replace(key, `"links":[]`, `"links":[{"href":"h","rel":"r","x":1}]`, 1), "x"},
		{"wrong type", "GET", aKey, 200, "Content-Type: " + vendor, strings.Replace(key, `"roles":[]`, `"roles":{}`, 1), "roles"},
		{"bad id", "GET", aKey, 200, "Content-Type: " + vendor, strings.Replace(key, id1, strings.ToUpper(id1), 1), "pattern"},
		{"two values", "GET", aKey, 200, "Content-Type: " + vendor, key + key, "more than one value"},
		{"other status", "GET", aKey, 201, "Content-Type: " + vendor, key, "201 is not documented"},
		{"no content", "DELETE", aKey, 204, "Content-Type: " + vendor, "", ""},
		{"content where none is", "DELETE", aKey, 204, "", "{}", "with a body"},
		{"empty object", "DELETE", "/api/atlas/v2/groups/" + id1, 202, "Content-Type: " + vendor, "{}", ""},
		{"object not empty", "DELETE", "/api/atlas/v2/groups/" + id1, 202, "Content-Type: " + vendor, `{"a":1}`, "a"},
		{"plain text", "GET", "/api/private/unauth/version", 200, "Content-Type: text/plain", "gitHash=…", ""},
		{"text as JSON", "GET", "/api/private/unauth/version", 200, jsonType, `"x"`, "media type"},
		{"challenge", "GET", aKey, 401, jsonType + "\nWww-Authenticate: Digest", challenge, ""},
		{"challenge, never enveloped", "GET", aKey + "?envelope=true", 401, jsonType + "\nWww-Authenticate: Digest", challenge, ""},
		{"challenge for tokens", "GET", aKey, 401, "\nWww-Authenticate: Bearer error=\"invalid_token\"", "", ""},
		{"challenge for tokens with a code", "GET", aKey, 401, "\nWww-Authenticate: Bearer x=y\nX-Error-Code: UNEXPECTED_ERROR", "", "media type"},
		{"challenge without a body", "GET", aKey, 401, "\nWww-Authenticate: Digest", "", "media type"},
		{"challenge with a code", "GET", aKey, 401, jsonType + "\nWww-Authenticate: Digest\nX-Error-Code: UNEXPECTED_ERROR", challenge, "challenge"},
		{"refusal", "GET", projectV2, 404, jsonType + "\nX-Error-Code: GROUP_NOT_FOUND", notFound, ""},
		{"refusal of another operation", "GET", aKey, 404, jsonType + "\nX-Error-Code: GROUP_NOT_FOUND", notFound, "GROUP_NOT_FOUND is not documented"},
		{"refusal without header", "GET", projectV2, 404, jsonType, notFound, "X-Error-Code"},
		{"refusal, other status inside", "GET", projectV2, 400, jsonType + "\nX-Error-Code: GROUP_NOT_FOUND", notFound, "404"},
		{"unknown path", "GET", "/api/atlas/v2/nothing", 404, jsonType + "\nX-Error-Code: RESOURCE_NOT_FOUND", noRoute, ""},
		{"unknown path, served", "GET", "/api/atlas/v2/nothing", 200, jsonType, "{}", "no such path"},
		{"unknown method", "PUT", aKey, 405, jsonType + "\nX-Error-Code: METHOD_NOT_ALLOWED\nAllow: GET", noMethod, ""},
		{"unknown method without Allow", "PUT", aKey, 405, jsonType + "\nX-Error-Code: METHOD_NOT_ALLOWED", noMethod, "Allow"},
		{"HEAD", "HEAD", aKey, 405, jsonType + "\nX-Error-Code: METHOD_NOT_ALLOWED\nAllow: GET", "", ""},
		{"escaped slash", "DELETE", aKey + "/accessList/10.0.0.0%2F8", 204, "", "", ""},
		{"raw slash", "DELETE", "/api/public/v1.0/orgs/" + id1 + "/apiKeys/" + id1 + "/whitelist/10.0.0.0/8", 204, "", "", ""},
		{"raw slash on v2", "DELETE", aKey + "/accessList/10.0.0.0/8", 404, jsonType + "\nX-Error-Code: RESOURCE_NOT_FOUND", noRoute, ""},
		{"bad HTTP", "GET", aKey, 400, "Content-Type: text/plain; charset=utf-8", "400 Bad Request", ""},
		{"text from a handler", "GET", aKey, 400, "Content-Type: text/plain\nX-Mongodb-Service-Version: v", "400 Bad Request", "media type"},
		{"health", "GET", "/healthz", 200, "Content-Type: text/plain", "ok", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			resp := &http.Response{StatusCode: c.status, Header: http.Header{}}
			for line := range strings.SplitSeq(c.headers, "\n") {
				if name, value, ok := strings.Cut(line, ": "); ok {
					resp.Header.Set(name, value)
				}
			}
			req := httptest.NewRequest(c.method, c.target, nil)
			check(t, v.Validate(req, resp, []byte(c.body)), c.fault)
			if c.body != "" && c.status != http.StatusNoContent {
				resp.Header.Set("Content-Encoding", "gzip")
				check(t, v.Validate(req, resp, compressed(c.body)), c.fault)
			}
		})
	}
}

func check(t *testing.T, err error, fault string) {
	t.Helper()
	switch {
	case fault == "" && err != nil:
		t.Errorf("does not fit: %v", err)
	case fault != "" && err == nil:
		t.Errorf("fits, want a fault about %q", fault)
	case fault != "" && !strings.Contains(err.Error(), fault):
		t.Errorf("fault %v, want one about %q", err, fault)
	}
}

func compressed(body string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(body)) // a bytes.Buffer takes everything
	_ = z.Close()
	return b.Bytes()
}

func TestBrokenDocumentsAreRefused(t *testing.T) {
	for _, broken := range []string{"", "{}", `{"openapi":"3.0.3"}`} {
		docs := documents()
		docs["public-v1.0"] = []byte(broken)
		if _, err := openapitest.FromDocuments(docs); err == nil {
			t.Errorf("%q is taken for a document", broken)
		}
	}
}

func TestOperation(t *testing.T) {
	v, err := openapitest.FromDocuments(documents())
	if err != nil {
		t.Fatal(err)
	}
	for target, want := range map[string]string{
		"/api/atlas/v2":                                     "getSystemStatus",
		"/api/atlas/v2/groups/byName/x%2Fy":                 "getGroupByName",
		"/api/public/v1.0/groups/" + id1:                    "getGroup",
		aKey + "/accessList/10.0.0.1":                       "getOrgApiKeyAccessListEntry",
		"/api/atlas/v1.0/orgs/" + id1 + "/apiKeys?pretty=1": "listOrgApiKeys",
		"/api/private/ipinfo":                               "getIpInfo",
		anAccount:                                           "getGroupServiceAccount",
		anAccount + ":invite":                               "", // the verb's own path, which has no GET
		"/api/atlas/v2/groups/":                             "",
		"/api/atlas/v2/groups//apiKeys":                     "",
		"/":                                                 "",
	} {
		if got := v.Operation(httptest.NewRequest(http.MethodGet, target, nil)); got != want {
			t.Errorf("%s is %q, want %q", target, got, want)
		}
	}
}
