package openapitest_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/mongodb-forks/digest"

	"github.com/latchkey/latchkey/internal/openapitest"
	"github.com/latchkey/latchkey/latchkeytest"
)

// TestProxyWithRealClients sends a digest client through the relay: its
// response covers the target, so a changed byte would be a 401.
func TestProxyWithRealClients(t *testing.T) {
	s := latchkeytest.NewServer(t)
	proxy, exchanges := openapitest.Proxy(t, s.URL)
	client, err := digest.NewTransport(s.Owner.PublicKey, s.Owner.PrivateKey).Client()
	if err != nil {
		t.Fatal(err)
	}
	entries := "/api/atlas/v2/orgs/" + s.OrgID + "/apiKeys/" + s.Example.ID + "/accessList"
	for _, c := range []struct {
		method, target, body string
		status               int
	}{
		{"GET", "/api/atlas/v2?envelope=true&pretty=true", "", 200},
		{"PATCH", "/api/atlas/v2/groups/" + s.ProjectID + "/apiKeys/" + s.Example.ID, `{"roles":["GROUP_OWNER"]}`, 200},
		{"POST", entries, `[{"cidrBlock":"10.0.0.0/8"}]`, 200},
		{"GET", entries + "/10.0.0.0%2F8", "", 200},
		{"GET", entries + "/10.0.0.0%2f8?envelope=true", "", 200},
		{"DELETE", entries + "/10.0.0.0%2F8", "", 204},
		{"GET", entries + "/10.0.0.0%2F8", "", 404},
		{"GET", "/api/atlas/v2/nothing", "", 404},
		{"PUT", entries, "", 405},
		{"GET", "/healthz", "", 200},
	} {
		req, err := http.NewRequest(c.method, proxy+c.target, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept", "application/vnd.atlas.2023-01-01+json")
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != c.status {
			t.Errorf("%s %s: %s, want %d: %s (%v)", c.method, c.target, resp.Status, c.status, body, err)
		}
		last := exchanges()[len(exchanges())-1]
		if last.Method != c.method || last.Target != c.target || last.Status != c.status {
			t.Errorf("noted %+v, want %s %s %d", last, c.method, c.target, c.status)
		}
	}
	challenges := 0
	for _, x := range exchanges() {
		if x.Status == http.StatusUnauthorized {
			challenges++
		}
	}
	if challenges == 0 {
		t.Error("no challenge was noted")
	}
}

// faulty is a server that publishes the documents and answers everything else
// with what no document has, and keeps the requests as it got them.
func faulty(t *testing.T) (*httptest.Server, func() []string) {
	docs := documents()
	var mu sync.Mutex
	var got []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/openapi/"), ".json")
		if doc, ok := docs[name]; ok {
			_, _ = w.Write(doc) // the client went away: nobody to tell
			return
		}
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		got = append(got, fmt.Sprintf("%s %s %s %q", r.Method, r.RequestURI, r.Host, body))
		mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, "{}")
	}))
	t.Cleanup(s.Close)
	return s, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return append([]string(nil), got...)
	}
}

// reporter is a test that keeps what it is told.
type reporter struct {
	testing.TB
	cleanups []func()
	errors   []string
}

func (r *reporter) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }
func (r *reporter) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

// TestProxyPassesEveryByte sends pipelined requests with targets and hosts
// that an HTTP client would tidy, and one that is no HTTP at all.
func TestProxyPassesEveryByte(t *testing.T) {
	s, got := faulty(t)
	r := &reporter{TB: t}
	proxy, exchanges := openapitest.Proxy(r, s.URL)
	conn, err := net.Dial("tcp", strings.TrimPrefix(proxy, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, err = io.WriteString(conn, "GET /api/atlas/v2/a%2fb//c/../d?x=%zz&y#z HTTP/1.1\r\nHost: EXAMPLE.com:99\r\n\r\n"+
		"HEAD //api HTTP/1.1\r\nHost: h\r\n\r\n"+
		"POST /api/atlas/v2? HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"+
		"nonsense\r\n\r\n")
	if err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	for _, want := range []struct {
		method string
		status int
	}{{"GET", 418}, {"HEAD", 418}, {"POST", 418}, {"GET", 400}} {
		resp, err := http.ReadResponse(in, &http.Request{Method: want.method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != want.status {
			t.Errorf("%s: %s, want %d (%v)", want.method, resp.Status, want.status, err)
		}
	}
	if _, err := in.ReadByte(); err != io.EOF {
		t.Errorf("after the last answer: %v, want the end", err)
	}
	want := []string{
		`GET /api/atlas/v2/a%2fb//c/../d?x=%zz&y#z EXAMPLE.com:99 ""`,
		`HEAD //api h ""`,
		`POST /api/atlas/v2? h "abc"`,
	}
	if lines := got(); strings.Join(lines, "\n") != strings.Join(want, "\n") {
		t.Errorf("the server got\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
	for i, x := range exchanges() {
		if x.Status != http.StatusTeapot || strings.HasPrefix(x.Target, "/api") && x.Err == nil {
			t.Errorf("exchange %d: %+v", i, x)
		}
	}
	for _, f := range r.cleanups {
		f()
	}
	if len(r.errors) == 0 {
		t.Error("answers that do not fit did not fail the test")
	}
}

func TestTransportJudgesEachAnswer(t *testing.T) {
	s, _ := faulty(t)
	v := openapitest.New(t, s.URL)
	var judged []openapitest.Exchange
	client := &http.Client{Transport: v.Transport(nil, func(x openapitest.Exchange) { judged = append(judged, x) })}
	resp, err := client.Get(s.URL + "/api/atlas/v2")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || string(body) != "{}" {
		t.Errorf("the client got %q, %v", body, err)
	}
	if len(judged) != 1 || judged[0].Operation != "getSystemStatus" || judged[0].Err == nil {
		t.Errorf("judged %+v", judged)
	}
}
