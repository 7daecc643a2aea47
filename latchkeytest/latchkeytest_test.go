package latchkeytest_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/mongodb-forks/digest"

	"github.com/latchkey/latchkey/latchkeytest"
)

func TestPatch(t *testing.T) {
	s := latchkeytest.NewServer(t)
	client, err := digest.NewTransport(s.Owner.PublicKey, s.Owner.PrivateKey).Client()
	if err != nil {
		t.Fatal(err)
	}
	for _, base := range []string{"/api/atlas/v2", "/api/public/v1.0", "/api/atlas/v1.0"} {
		req, err := http.NewRequest(http.MethodPatch, s.URL+base+"/groups/"+s.ProjectID+"/apiKeys/"+s.Example.ID+"?pretty=true",
			strings.NewReader(`{"roles":["GROUP_OWNER","GROUP_CLUSTER_MANAGER"]}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept", "application/vnd.atlas.2023-01-01+json")
		req.Header.Set("Content-Type", "application/json")
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %s %s", base, resp.Status, body)
		}
		t.Logf("%s %v\n%s", resp.Status, resp.Header, body)
	}
}

func BenchmarkNewServer(b *testing.B) {
	for b.Loop() {
		latchkeytest.NewServer(b)
	}
}
