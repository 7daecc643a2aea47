package reference_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/mongodb-forks/digest"

	"github.com/latchkey/latchkey/internal/openapitest"
	"github.com/latchkey/latchkey/internal/reference"
	"github.com/latchkey/latchkey/internal/server"
	"github.com/latchkey/latchkey/internal/wire"
	"github.com/latchkey/latchkey/latchkeytest"
)

// updateCaptures is the environment variable that makes TestCaptures write
// what it sees, instead of comparing it.
const updateCaptures = "LATCHKEY_UPDATE_CAPTURES"

func rows() []wire.Row { return server.Rows(server.Build{}) }

// TestCaptures runs every operation on every generation through a real server
// and compares requests and answers with those that the pages show.
func TestCaptures(t *testing.T) {
	var fresh []reference.Capture
	for _, g := range wire.Generations() {
		fresh = append(fresh, captureAll(t, g)...)
	}
	if os.Getenv(updateCaptures) != "" {
		var text bytes.Buffer
		enc := json.NewEncoder(&text)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", " ")
		if err := enc.Encode(fresh); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(reference.CapturesFile, text.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		t.Log("wrote the captures; now run: go run ./cmd/latchkey docs")
		return
	}
	kept, err := reference.Captures()
	if err != nil {
		t.Fatal(err)
	}
	if len(kept) != len(fresh) {
		t.Errorf("%d captures are kept, a run makes %d", len(kept), len(fresh))
	}
	for i := range min(len(kept), len(fresh)) {
		if !reflect.DeepEqual(kept[i], fresh[i]) {
			t.Errorf("%s on %s: the server answers\n%+v\nkept is\n%+v", fresh[i].Operation, fresh[i].Generation, fresh[i], kept[i])
		}
	}
	if t.Failed() {
		t.Logf("%s=1 keeps what the server does now", updateCaptures)
	}
}

// TestEveryOperationHasACapture holds that no page lacks its examples.
func TestEveryOperationHasACapture(t *testing.T) {
	kept, err := reference.Captures()
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]int{}
	for _, c := range kept {
		have[c.Operation+" on "+c.Generation]++
	}
	want := map[string]bool{}
	for _, row := range rows() {
		for _, g := range row.Generations {
			at := row.Op.Name + " on " + g.Name()
			if want[at] = true; have[at] != 1 {
				t.Errorf("%s has %d captures, want 1", at, have[at])
			}
		}
	}
	for at := range have {
		if !want[at] {
			t.Errorf("%s has a capture and no row", at)
		}
	}
}

// captureAll runs every step that the generation has a row for.
func captureAll(t *testing.T, g wire.Generation) []reference.Capture {
	s := latchkeytest.NewServer(t)
	last := &lastExchange{}
	validator := openapitest.New(t, s.URL)
	signer := digest.NewTransport(s.Owner.PublicKey, s.Owner.PrivateKey)
	signer.Transport = validator.Transport(last, func(x openapitest.Exchange) {
		if x.Err != nil {
			t.Errorf("%s: %s %s: %v", g, x.Method, x.Target, x.Err)
		}
	})
	client := &http.Client{Transport: signer}
	stable := newNormaliser(s.URL)
	values := map[string]string{"orgId": s.OrgID, "groupId": s.ProjectID, "apiUserId": s.Example.ID}
	var all []reference.Capture
	for _, step := range steps {
		row, ok := rowOf(step.operation, g)
		if !ok {
			continue
		}
		path := row.Paths(g)[0]
		for name, value := range values {
			path = strings.ReplaceAll(path, "{"+name+"}", value)
		}
		path += step.query
		body := strings.ReplaceAll(step.body, "{orgId}", s.OrgID)
		req, err := http.NewRequest(row.Method, s.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if body != "" {
			req.Header.Set("Content-Type", "application/json")
		}
		if g.Versioned() {
			req.Header.Set("Accept", "application/vnd.atlas."+string(row.Versions[0])+"+json")
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != row.Status {
			t.Fatalf("%s on %s: %s: %s (%v)", step.operation, g, resp.Status, answer, err)
		}
		all = append(all, reference.Capture{
			Operation: step.operation, Generation: g.Name(),
			Request:  stable.lines(row.Method+" "+path+" HTTP/1.1", last.req.Header, "Authorization", "Accept", "Content-Type"),
			Sent:     stable.text(body),
			Answer:   stable.lines("HTTP/1.1 "+resp.Status, resp.Header, "Content-Type", "Location"),
			Received: stable.text(inOrder(t, string(answer))),
		})
		if step.keep != "" {
			values[step.keep] = idIn(t, answer)
		}
		for name, value := range step.values {
			values[name] = value
		}
	}
	return all
}

// idIn returns the id of what an answer shows, or shows first.
func idIn(t *testing.T, answer []byte) string {
	t.Helper()
	type thing struct{ ID, ClientID string }
	var made struct {
		thing
		Results []thing
	}
	if err := json.Unmarshal(answer, &made); err != nil {
		t.Fatal(err)
	}
	if len(made.Results) > 0 {
		made.thing = made.Results[0]
	}
	if made.ClientID != "" {
		return made.ClientID
	}
	return made.ID
}

// rowOf returns the first row of an operation on a generation.
func rowOf(operation string, g wire.Generation) (*wire.Row, bool) {
	all := rows()
	for i := range all {
		if all[i].Op.Name == operation && slices.Contains(all[i].Generations, g) {
			return &all[i], true
		}
	}
	return nil, false
}

// lastExchange keeps the request that was sent last: after a challenge, that
// is the one with credentials.
type lastExchange struct{ req *http.Request }

func (l *lastExchange) RoundTrip(req *http.Request) (*http.Response, error) {
	l.req = req
	return http.DefaultTransport.RoundTrip(req)
}
