package server

import (
	"context"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/latchkey/latchkey/internal/ratelimit"
	"github.com/latchkey/latchkey/internal/wire"
)

// observedRig is a rig whose answers are counted.
func observedRig(tb testing.TB) *rig {
	return newRigWith(tb, Config{Metrics: true, NoFailureGuard: true})
}

// scrape reads all series of the server: name and labels, and the value.
func (r *rig) scrape() map[string]float64 {
	r.tb.Helper()
	out := httptest.NewRecorder()
	metricsHandler(r.server.metrics.Handler(r.server.config.Log)).ServeHTTP(out, httptest.NewRequest(http.MethodGet, metricsPath, nil))
	if out.Code != http.StatusOK {
		r.tb.Fatalf("%d %s", out.Code, out.Body)
	}
	all := make(map[string]float64)
	for line := range strings.Lines(out.Body.String()) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "} ")
		if !strings.Contains(line, "}") {
			name, value, _ = strings.Cut(strings.TrimSpace(line), " ")
		} else {
			name += "}"
		}
		if strings.HasPrefix(line, "#") {
			continue
		}
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			r.tb.Fatalf("%q: %v", line, err)
		}
		all[name] = v
	}
	return all
}

// own are the series that are ours and not those of a library.
func own(all map[string]float64) map[string]float64 {
	maps.DeleteFunc(all, func(name string, _ float64) bool { return !strings.HasPrefix(name, "latchkey_") })
	return all
}

// grown returns what the counters grew by, those that did not left out.
func grown(before, after map[string]float64, prefix string) map[string]float64 {
	delta := make(map[string]float64)
	for name, v := range after {
		if strings.HasPrefix(name, prefix) && v != before[name] {
			delta[name] = v - before[name]
		}
	}
	return delta
}

const requestsTotal = "latchkey_requests_total"

func seriesOf(operation, generation, status, code string) string {
	return requestsTotal + `{error_code="` + code + `",generation="` + generation + `",operation="` + operation + `",status="` + status + `"}`
}

// TestEachAnswerIsCountedOnce: under its operation, its generation, what it is
// and what it is called; its time is observed once, too.
func TestEachAnswerIsCountedOnce(t *testing.T) {
	r := newRigWith(t, Config{Metrics: true, NoFailureGuard: true, RateLimits: ratelimit.Limits{"organizations_user": {Capacity: 1, Refill: 1}, ratelimit.TokenSet: {Capacity: 1, Refill: 1}}})
	wrong := r.owner
	wrong.private = "00000000-0000-0000-0000-000000000000"
	group := "/groups/" + string(r.setup.Project.ID)
	form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Authorization": {"Basic bWRiX3NhX2lkXzA6eA=="}}
	signed := func(key credential, method, target, body string) func() {
		c := r.caller(key)
		c.renew()
		return func() { c.send(method, target, body) }
	}
	bare := func(method, target, body string, header http.Header) func() {
		return func() {
			out := sink{header: make(http.Header)}
			r.handler.ServeHTTP(&out, request(method, target, body, header))
		}
	}
	const challenged, plainCode = "UNEXPECTED_ERROR", ""
	for _, c := range []struct {
		name   string
		do     func()
		want   string
		failed string // the reason of a failed authentication
	}{
		{"success", signed(r.owner, http.MethodGet, "/api/atlas/v2"+group, ""), seriesOf("getGroup", "atlas-v2", "200", plainCode), ""},
		{"another generation", signed(r.owner, http.MethodGet, "/api/public/v1.0"+group, ""), seriesOf("getGroup", "public-v1.0", "200", plainCode), ""},
		{"its twin", signed(r.owner, http.MethodGet, "/api/atlas/v1.0"+group, ""), seriesOf("getGroup", "atlas-v1.0", "200", plainCode), ""},
		{"no content", signed(r.owner, http.MethodDelete, "/api/atlas/v2"+group+"/apiKeys/"+string(r.setup.Example.Key.ID), ""), seriesOf("removeGroupApiKey", "atlas-v2", "204", plainCode), ""},
		{"a refusal", signed(r.owner, http.MethodGet, "/api/atlas/v2/groups/0123456789abcdef01234567", ""), seriesOf("getGroup", "atlas-v2", "404", "GROUP_NOT_FOUND"), ""},
		{"a bad body", signed(r.owner, http.MethodPatch, "/api/atlas/v2"+group, "{"), seriesOf("updateGroup", "atlas-v2", "400", "MALFORMED_JSON"), ""},
		{"a challenge", bare(http.MethodGet, "/api/atlas/v2"+group, "", nil), seriesOf("getGroup", "atlas-v2", "401", challenged), ""},
		{"nonsense", bare(http.MethodGet, "/api/atlas/v2"+group, "", http.Header{"Authorization": {"Nonsense"}}), seriesOf("getGroup", "atlas-v2", "401", challenged), "unreadable"},
		{"a wrong digest", signed(wrong, http.MethodGet, "/api/atlas/v2"+group, ""), seriesOf("getGroup", "atlas-v2", "401", challenged), "wrong_response"},
		{"an unknown path", bare(http.MethodGet, "/api/atlas/v2/nowhere", "", nil), seriesOf("unknown", "atlas-v2", "404", "RESOURCE_NOT_FOUND"), ""},
		{"an unknown method", bare("BREW", "/api/public/v1.0"+group, "", nil), seriesOf("unknown", "public-v1.0", "405", "METHOD_NOT_ALLOWED"), ""},
		{"without credentials", bare(http.MethodGet, "/api/private/unauth/version", "", nil), seriesOf("getServiceVersion", "none", "200", plainCode), ""},
		{"a request let through", signed(r.owner, http.MethodGet, "/api/atlas/v2/orgs", ""), seriesOf("listOrgs", "atlas-v2", "200", plainCode), ""},
		{"a request too many", signed(r.owner, http.MethodGet, "/api/atlas/v2/orgs", ""), seriesOf("listOrgs", "atlas-v2", "429", "RATE_LIMITED_TOKEN_BUCKET"), ""},
		{"no token", bare(http.MethodPost, "/api/oauth/token", "grant_type=password", form), seriesOf("issueToken", "none", "400", "unsupported_grant_type"), ""},
		{"a wrong secret", bare(http.MethodPost, "/api/oauth/token", "grant_type=client_credentials", form), seriesOf("issueToken", "none", "401", "invalid_client"), "wrong_secret"},
		{"a wrong secret too many", bare(http.MethodPost, "/api/oauth/token", "grant_type=client_credentials", form), seriesOf("issueToken", "none", "429", "RATE_LIMITED"), "wrong_secret"},
		{"health", bare(http.MethodGet, "/healthz", "", nil), seriesOf("health", "none", "200", plainCode), ""},
		{"readiness", bare(http.MethodGet, "/readyz", "", nil), seriesOf("ready", "none", "200", plainCode), ""},
		{"a document", bare(http.MethodGet, "/openapi/atlas-v2.json", "", nil), seriesOf("openapi", "none", "200", plainCode), ""},
	} {
		before := r.scrape()
		c.do()
		after := r.scrape()
		if got := grown(before, after, requestsTotal); len(got) != 1 || got[c.want] != 1 {
			t.Errorf("%s: %v, want one of %s", c.name, got, c.want)
		}
		observed := 0.0
		for name, n := range grown(before, after, "latchkey_request_duration_seconds_count") {
			observed += n
			if operation := regexp.MustCompile(`operation="[^"]+"`).FindString(c.want); !strings.Contains(name, operation) {
				t.Errorf("%s: observed as %s", c.name, name)
			}
		}
		if observed != 1 {
			t.Errorf("%s: observed %v times", c.name, observed)
		}
		failed := grown(before, after, "latchkey_authentication_failures_total")
		if want := `latchkey_authentication_failures_total{reason="` + c.failed + `"}`; c.failed == "" && len(failed) > 0 || c.failed != "" && (len(failed) != 1 || failed[want] != 1) {
			t.Errorf("%s: failures %v, want %q", c.name, failed, c.failed)
		}
	}
	all := r.scrape()
	for _, set := range []string{"organizations_user", ratelimit.TokenSet} {
		if n := all[`latchkey_rate_limit_refusals_total{endpoint_set="`+set+`"}`]; n != 1 {
			t.Errorf("%v refusals by %s", n, set)
		}
	}
}

// TestOtherSeries: what is counted beside requests.
func TestOtherSeries(t *testing.T) {
	r := newRigWith(t, Config{Metrics: true})
	before := r.scrape()
	c := r.caller(r.owner)
	c.do(http.MethodPatch, keyTarget("/api/atlas/v2", r.setup.Project.ID, r.setup.Example.Key.ID), patchBody[1], 200)
	c.do(http.MethodPatch, keyTarget("/api/atlas/v2", r.setup.Project.ID, r.setup.Example.Key.ID), patchBody[1], 200) // which changes nothing
	r.account()
	r.server.Maintain(t.Context())
	after := r.scrape()
	for name, want := range map[string]float64{
		"latchkey_audit_events_total": 1, "latchkey_commit_failures_total": 0,
		"latchkey_tokens_issued_total": 0, "latchkey_paced_requests_total": 0,
	} {
		if got := after[name] - before[name]; got != want {
			t.Errorf("%s grew by %v, want %v", name, got, want)
		}
	}
	for _, name := range []string{
		`latchkey_transactions_total{kind="view"}`, `latchkey_transactions_total{kind="update"}`,
		"latchkey_commit_callers_count", "latchkey_commit_duration_seconds_count", "latchkey_audit_signed_timestamp_seconds",
	} {
		if after[name] <= before[name] {
			t.Errorf("%s: %v, then %v", name, before[name], after[name])
		}
	}
	for _, name := range []string{
		`latchkey_queue_length{lane="first"}`, `latchkey_queue_length{lane="ordinary"}`, `latchkey_queue_refusals_total{lane="first"}`,
		"latchkey_suspect_addresses", `latchkey_secrets_expiring{within="1d"}`, "go_goroutines", "process_open_fds",
	} {
		if _, ok := after[name]; !ok {
			t.Errorf("there is no %s", name)
		}
	}
	if !slices.ContainsFunc(slices.Collect(maps.Keys(after)), func(name string) bool {
		return strings.HasPrefix(name, "latchkey_build_info{") && strings.Contains(name, `version="`+ReadBuild().Version+`"`)
	}) {
		t.Error("there is no latchkey_build_info")
	}
}

// hostile makes a request that is meant to leave a trace in labels.
func hostile(rnd *rand.Rand) *http.Request {
	junk := func() string {
		b := make([]byte, 1+rnd.IntN(40))
		for i := range b {
			b[i] = byte(33 + rnd.IntN(94))
		}
		return strings.NewReplacer("?", "x", "#", "x", "%", "x").Replace(string(b))
	}
	id := func() string { return strconv.FormatUint(rnd.Uint64(), 16) + strconv.FormatUint(rnd.Uint64(), 16) }
	targets := []string{
		"/" + junk(), "/api/atlas/v2/" + junk(), "/api/public/v1.0/groups/" + id(), "/api/atlas/v1.0/orgs/" + junk() + "/apiKeys",
		"/api/atlas/v2/groups/" + id() + "/apiKeys/" + id(), "/api/atlas/v2/orgs?pageNum=" + id(), "/api/oauth/token", "/api/oauth/revoke",
		"/api/oauth/introspect", "/healthz", "/readyz", "/openapi/" + junk(), "/api/latchkey/v1/check?role=" + id(), "/metrics", "/api/atlas/v2//" + id(),
	}
	methods := []string{"GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS", "X" + strings.ToUpper(id()[:3])}
	header := http.Header{
		"X-Request-Id": {junk()}, "User-Agent": {junk()}, "Accept": {"application/vnd.atlas." + junk() + "+json"},
		"Content-Type": {junk()}, "X-Original-Method": {junk()}, "X-Original-Uri": {"/" + junk()},
	}
	switch rnd.IntN(4) {
	case 0:
		header["Authorization"] = []string{"Digest " + junk()}
	case 1:
		header["Authorization"] = []string{"Bearer " + junk()}
	case 2:
		header["Authorization"] = []string{authorization(credential{junk(), junk()}, "GET", "/", junk(), 1)}
	}
	target := targets[rnd.IntN(len(targets))]
	req := request(methods[rnd.IntN(len(methods))], "/", junk(), header)
	u, err := req.URL.Parse("http://host" + target)
	if err != nil {
		u = req.URL
	}
	u.Scheme, u.Host = "", ""
	req.URL, req.RequestURI, req.Host = u, target, junk()
	return req
}

// TestNobodyMakesSeries: after every kind of request that proves nothing was
// seen, 10,000 more of them with other paths, methods and headers add no series,
// and no label says anything that is not in a table.
func TestNobodyMakesSeries(t *testing.T) {
	r := observedRig(t)
	send := func(rnd *rand.Rand, n int) {
		for range n {
			r.handler.ServeHTTP(&sink{header: make(http.Header)}, hostile(rnd))
		}
	}
	send(rand.New(rand.NewPCG(1, 1)), 10_000)
	before := own(r.scrape())
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	send(rand.New(rand.NewPCG(seed, 2)), 10_000)
	after := own(r.scrape())
	for name := range after {
		if _, ok := before[name]; !ok {
			t.Errorf("a request made the series %s", name)
		}
	}
	answered := 0.0
	for _, n := range grown(before, after, requestsTotal) {
		answered += n
	}
	if answered != 10_000 {
		t.Errorf("%v requests were counted", answered)
	}
	allowed := labelValues(r)
	label := regexp.MustCompile(`([a-z_]+)="([^"]*)"`)
	for name := range after {
		if !strings.HasPrefix(name, requestsTotal) {
			continue
		}
		for _, m := range label.FindAllStringSubmatch(name, -1) {
			if !slices.Contains(allowed[m[1]], m[2]) {
				t.Errorf("%s: %q is in no table", name, m[2])
			}
		}
	}
}

// labelValues returns what each label of requests may say.
func labelValues(r *rig) map[string][]string {
	allowed := map[string][]string{
		"operation":  {"unknown", "health", "ready", "openapi", "issueToken", "revokeToken"},
		"generation": {"none"},
		"status":     {"200", "204"},
		"error_code": {"", "invalid_request", "invalid_client", "unsupported_grant_type"},
	}
	for _, row := range slices.Concat(r.server.rows, r.server.ownRows()) {
		allowed["operation"] = append(allowed["operation"], row.Op.Name)
	}
	for _, g := range wire.Generations() {
		allowed["generation"] = append(allowed["generation"], g.Name())
		for _, d := range wire.Describe(g) {
			allowed["error_code"] = append(allowed["error_code"], d.ErrorCode)
			allowed["status"] = append(allowed["status"], strconv.Itoa(d.Status))
		}
	}
	return allowed
}

// TestMetricsListener: it answers GET /metrics and nothing else, and ends.
func TestMetricsListener(t *testing.T) {
	r := observedRig(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := r.server.OpenMetrics(ln)
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/metrics", 200}, {"HEAD", "/metrics", 200}, {"POST", "/metrics", 405}, {"GET", "/", 404}, {"GET", "/metrics/", 404}, {"GET", "/api/atlas/v2", 404},
	} {
		req, err := http.NewRequestWithContext(context.Background(), c.method, "http://"+ln.Addr().String()+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.Body.Close() != nil || resp.StatusCode != c.status || c.method == "GET" && c.status == 200 && !strings.Contains(string(body), "latchkey_build_info") {
			t.Errorf("%s %s: %d %v %.200s", c.method, c.path, resp.StatusCode, err, body)
		}
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	if conn, err := net.Dial("tcp", ln.Addr().String()); err == nil {
		t.Error("somebody still listens", conn.Close())
	}
}
