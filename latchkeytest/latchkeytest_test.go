package latchkeytest_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/mongodb-forks/digest"

	"github.com/latchkey/latchkey/latchkeytest"
)

// status calls the server with a key and returns the status of the answer.
func status(t *testing.T, key latchkeytest.Key, method, url, body string) int {
	t.Helper()
	client, err := digest.NewTransport(key.PublicKey, key.PrivateKey).Client()
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "application/vnd.atlas.2023-01-01+json")
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode
}

func TestNewServer(t *testing.T) {
	s, other := latchkeytest.NewServer(t), latchkeytest.NewServer(t)
	for _, base := range []string{"/api/atlas/v2", "/api/public/v1.0", "/api/atlas/v1.0"} {
		path := base + "/groups/" + s.ProjectID + "/apiKeys/" + s.Example.ID
		if got := status(t, s.Owner, http.MethodPatch, s.URL+path, `{"roles":["GROUP_OWNER"]}`); got != http.StatusOK {
			t.Errorf("%s: %d", base, got)
		}
		if got := status(t, s.Owner, http.MethodPatch, other.URL+path, `{"roles":["GROUP_OWNER"]}`); got != http.StatusUnauthorized {
			t.Errorf("%s: another server takes the key: %d", base, got)
		}
	}
}

func TestOptions(t *testing.T) {
	var log bytes.Buffer
	s := latchkeytest.NewServer(t, latchkeytest.MaxKeysPerOrg(2), latchkeytest.AtlasGranting(), latchkeytest.OfferSHA256(),
		latchkeytest.Log(slog.New(slog.NewTextHandler(&log, nil))))
	create := s.URL + "/api/atlas/v2/orgs/" + s.OrgID + "/apiKeys"
	if got := status(t, s.Owner, http.MethodPost, create, `{"desc":"a third key","roles":["ORG_MEMBER"]}`); got != http.StatusBadRequest {
		t.Errorf("a third key of two: %d", got)
	}
	if !strings.Contains(log.String(), "MAX_API_KEYS_PER_ORG_EXCEEDED") {
		t.Errorf("the log does not tell of the refusal: %s", log.String())
	}
	resp, err := http.Get(create)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	if got := len(resp.Header.Values("WWW-Authenticate")); got != 2 {
		t.Errorf("%d challenges, want one for each algorithm", got)
	}
}

func BenchmarkNewServer(b *testing.B) {
	for b.Loop() {
		latchkeytest.NewServer(b)
	}
}
