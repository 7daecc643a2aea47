package server

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// seriesName is the name of a series in an expression. Those of the Go runtime
// and of the process have their own prefixes.
var seriesName = regexp.MustCompile(`\b(latchkey|go|process)_[a-z0-9_]+`)

func deployFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "deploy", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestDeployNamesSeries: every series that the dashboard and the rules are made
// of is served, and each of ours is in the dashboard.
func TestDeployNamesSeries(t *testing.T) {
	r := newRigWith(t, Config{Metrics: true, RateLimits: nil})
	c := r.caller(r.owner)
	c.do(http.MethodGet, "/api/atlas/v2/orgs", "", 200)
	r.server.metrics.RateLimitRefusals("events_group") // as with a limit
	served := make(map[string]bool)
	for name := range r.scrape() {
		name, _, _ = strings.Cut(name, "{")
		served[name] = true
	}
	dashboard, rules := deployFile(t, "grafana.json"), deployFile(t, "alerts.yml")
	for file, text := range map[string]string{"grafana.json": dashboard, "alerts.yml": rules} {
		names := seriesName.FindAllString(text, -1)
		if len(names) < 5 {
			t.Errorf("%s names only %q", file, names)
		}
		for _, name := range names {
			if !served[name] {
				t.Errorf("%s names %s, which is not served", file, name)
			}
		}
	}
	for name := range served {
		base := regexp.MustCompile(`_(bucket|count|sum)$`).ReplaceAllString(name, "")
		if strings.HasPrefix(name, "latchkey_") && !strings.Contains(dashboard, base) {
			t.Errorf("the dashboard does not show %s", base)
		}
	}
	if !json.Valid([]byte(dashboard)) {
		t.Error("grafana.json is no JSON")
	}
}

// TestRulesAreValid asks Prometheus itself.
func TestRulesAreValid(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		if os.Getenv("LATCHKEY_TEST_REQUIRE_ALL") == "1" {
			t.Fatalf("promtool is not installed (Debian: prometheus): %v", err)
		}
		t.Skipf("promtool is not installed (Debian: prometheus): %v", err)
	}
	out, err := exec.Command(promtool, "check", "rules", filepath.Join("..", "..", "deploy", "alerts.yml")).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
