package e2e

import (
	"slices"
	"strings"
	"testing"
)

// spoofing sends what only the proxy may say.
func (s *site) spoofing(t *testing.T) {
	lies := []string{
		"--header", "X-Latchkey-Principal: spoofed", "--header", "X-Latchkey-Roles: ORG_OWNER", "--header", "X-Latchkey-Public-Key: spoofed",
		"--header", "X-Latchkey-Kind: spoofed", "--header", "X-Latchkey-Organization: spoofed",
		"--header", "X-Original-Method: HEAD", "--header", "X-Original-URI: /other", "--header", "X-Forwarded-Method: HEAD",
		"--header", "X-Forwarded-Uri: /other", "--header", "X-Forwarded-For: 192.0.2.1",
	}
	// What many services take for the same names.
	for _, name := range append(slices.Clone(told), "X-Forwarded-For", "X-Forwarded-Uri", "X-Original-Method") {
		for _, alike := range []string{
			strings.ReplaceAll(name, "-", "_"), strings.ReplaceAll(name, "-", "."), strings.Replace(name, "-", "_", 1),
			strings.ToLower(strings.Replace(name, "-", ".", 1)), strings.ToUpper(name[:2] + strings.ReplaceAll(name[2:], "-", "_")),
			strings.ToLower(strings.ReplaceAll(name, "-", "_")),
		} {
			lies = append(lies, "--header", alike+": spoofed")
		}
	}
	s.wantTold(t, s.passes(t, s.keys.example(), s.keys.Example.APIKeyID, "/orders?page=2", lies...))
	s.stops(t, 401, credentials{}, "/", lies...)
	// Nor do headers of the proxy go because a client says that they are its own connection's.
	connection := "Connection: X-Forwarded-For, X-Forwarded-Method, X-Forwarded-Uri, X-Original-Method, X-Original-Uri, " + strings.Join(told, ", ")
	s.wantTold(t, s.passes(t, s.keys.example(), s.keys.Example.APIKeyID, "/orders?page=2", "--header", connection))
	s.wantTold(t, s.passes(t, s.keys.example(), s.keys.Example.APIKeyID, "/orders?page=2", append(lies, "--header", connection)...))
	// A digest for one request opens no other one, whatever the client says of it.
	proof := s.proof(t, "GET", "/other")
	for _, lie := range [][]string{
		{"--header", "X-Original-URI: /other"}, {"--header", "X-Forwarded-Uri: /other"},
		{"--header", "X-Original-URI: /other", "--header", "X-Forwarded-Uri: /other"},
	} {
		s.stops(t, 401, credentials{}, "/orders", append(lie, "--header", proof)...)
	}
	proof = s.proof(t, "GET", "/orders")
	s.stops(t, 401, credentials{}, "/orders", "--request", "DELETE", "--header", proof,
		"--header", "X-Original-Method: GET", "--header", "X-Forwarded-Method: GET")
	s.passes(t, credentials{}, s.keys.APIKeyID, "/orders", "--header", proof)
	// The inner location of nginx is nobody's to ask; elsewhere it is a path of the service.
	if status, _, body := s.curl(t, credentials{}, "/_latchkey"); status == 200 || status == 204 {
		t.Errorf("the check itself is open to clients: %d %s", status, body)
	}
}

// told are the headers in which the service is told who called.
var told = []string{"X-Latchkey-Principal", "X-Latchkey-Kind", "X-Latchkey-Public-Key", "X-Latchkey-Organization", "X-Latchkey-Roles"}

// wantTold holds that the service is told by the proxy who the example is, and
// nothing of the kind by the client under any name.
func (s *site) wantTold(t *testing.T, got seen) {
	t.Helper()
	want := map[string]string{
		"X-Latchkey-Principal": s.keys.Example.APIKeyID, "X-Latchkey-Kind": "apiKey", "X-Latchkey-Public-Key": s.keys.Example.PublicKey,
		"X-Latchkey-Organization": s.keys.OrgID, "X-Forwarded-For": "127.0.0.1",
	}
	for name, value := range want {
		if lines := got.Header[name]; len(lines) != 1 || lines[0] != value {
			t.Errorf("the service saw %s: %q, want %q", name, lines, value)
		}
	}
	if lines := got.Header["X-Latchkey-Roles"]; len(lines) != 1 || !strings.HasPrefix(lines[0], "GROUP_") {
		t.Errorf("the service saw the roles %q", lines)
	}
	for name, lines := range got.Header {
		alike := strings.NewReplacer("_", "-", ".", "-").Replace(strings.ToLower(name))
		if strings.Contains(alike, "latchkey") && !slices.Contains(told, name) || strings.Contains(alike, "original") ||
			slices.Contains([]string{"x-forwarded-uri", "x-forwarded-method"}, alike) || slices.Contains(lines, "spoofed") {
			t.Errorf("the service saw %s: %q", name, lines)
		}
	}
}
