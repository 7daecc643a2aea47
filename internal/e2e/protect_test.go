package e2e

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestProtect puts real proxies, with the configurations of the document,
// between clients and a service, and asks Latchkey about every request.
func TestProtect(t *testing.T) {
	for _, p := range []struct {
		program, language string
		start             func(t *testing.T, program, config string) *exec.Cmd
	}{
		{"nginx", "nginx", nginx},
		{"caddy", "caddyfile", caddy},
	} {
		t.Run(p.program, func(t *testing.T) {
			t.Parallel()
			program, err := exec.LookPath(p.program)
			if err != nil {
				program, err = exec.LookPath("/usr/sbin/" + p.program) // not in everybody's path
			}
			if err != nil {
				skipUnlessRequired(t, "%s is not installed", p.program)
			}
			if _, err := exec.LookPath("curl"); err != nil {
				skipUnlessRequired(t, "curl is not installed")
			}
			dir, keys := setUp(t)
			s := &site{t: t, latchkey: serve(t, dir, "--trusted-proxies", "127.0.0.1"), keys: keys}
			s.service = httptest.NewServer(http.HandlerFunc(s.answer))
			t.Cleanup(s.service.Close)
			s.addr = freeAddress(t)
			config := documented(t, p.language,
				"127.0.0.1:8080", strings.TrimPrefix(s.latchkey.URL, "http://"),
				"127.0.0.1:9000", strings.TrimPrefix(s.service.URL, "http://"),
				"127.0.0.1:8081", s.addr, "PROJECT_ID", keys.ProjectID)
			listen(t, p.start(t, program, config), s.addr)
			t.Run("digest", s.digest)
			t.Run("spoofing", s.spoofing)
			t.Run("addresses", s.addresses)
			t.Run("replay", s.replay)
			t.Run("revocation", s.revocation)
			t.Run("tokens", s.tokens)
		})
	}
}

// documented returns the first block in that language of the document, with
// the words it has for addresses and ids, each of which must be there, replaced.
func documented(t *testing.T, language string, words ...string) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/protect-your-service.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(page), "```"+language+"\n")
	config, _, closed := strings.Cut(rest, "```")
	if !found || !closed {
		t.Fatalf("the document has no block in %s", language)
	}
	for i := 0; i < len(words); i += 2 {
		if !strings.Contains(config, words[i]) {
			t.Fatalf("the documented configuration lacks %s", words[i])
		}
	}
	return strings.NewReplacer(words...).Replace(config)
}

// nginx returns nginx with the server, in the foreground and with all its files in a
// directory of its own.
func nginx(t *testing.T, program, config string) *exec.Cmd {
	dir := t.TempDir()
	whole := "daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n"
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		whole += kind + "_temp_path " + dir + "/" + kind + ";\n"
	}
	file := write(t, dir, "nginx.conf", whole+config+"}\n")
	return exec.Command(program, "-p", dir, "-e", "stderr", "-c", file)
}

// caddy returns Caddy with the site, without its admin socket.
func caddy(t *testing.T, program, config string) *exec.Cmd {
	dir := t.TempDir()
	file := write(t, dir, "Caddyfile", "{\n\tadmin off\n\tauto_https off\n}\n"+config)
	cmd := exec.Command(program, "run", "--adapter", "caddyfile", "--config", file)
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir)
	return cmd
}

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// freeAddress returns an address that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// listen starts the program, which ends with the test, and waits until it
// listens.
func listen(t *testing.T, cmd *exec.Cmd, addr string) {
	t.Helper()
	out := newOutput()
	cmd.Stdout, cmd.Stderr = out, out
	exited := make(chan struct{})
	if err := startBound(cmd, func(error) { close(exited) }); err != nil {
		t.Fatalf("starting %s: %v", cmd.Path, err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-exited })
	for deadline := time.Now().Add(startTimeout); ; time.Sleep(20 * time.Millisecond) {
		if conn, err := net.Dial("tcp", addr); err == nil {
			conn.Close()
			return
		}
		select {
		case <-exited:
			t.Fatalf("%s ended at its start\n%s", cmd.Path, out)
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s does not listen\n%s", cmd.Path, out)
		}
	}
}

// site is a service behind a proxy that asks a Latchkey.
type site struct {
	t        *testing.T
	latchkey *instance
	keys     firstKeys
	service  *httptest.Server
	addr     string // of the proxy
	served   atomic.Int64
}

// seen is what the service saw of a request.
type seen struct {
	Method, URI, Body string
	Header            http.Header
}

func (s *site) answer(w http.ResponseWriter, r *http.Request) {
	s.served.Add(1)
	var body strings.Builder
	if r.Body != nil {
		buf := make([]byte, 512)
		n, _ := r.Body.Read(buf) // what the tests send is shorter
		body.Write(buf[:n])
	}
	_ = json.NewEncoder(w).Encode(seen{r.Method, r.RequestURI, body.String(), r.Header}) // the proxy went away: nobody to tell
}

// curl asks the proxy for the target as curl does.
func (s *site) curl(t *testing.T, k credentials, target string, args ...string) (status int, header string, body []byte) {
	t.Helper()
	if k.public != "" {
		args = append([]string{"--digest", "--user", k.public + ":" + k.private}, args...)
	}
	return curlTo(t, "http://"+s.addr+target, args...)
}

func curlTo(t *testing.T, url string, args ...string) (status int, header string, body []byte) {
	t.Helper()
	dir := t.TempDir()
	args = append(args, "--silent", "--show-error", "--max-time", "30", "--path-as-is",
		"--dump-header", filepath.Join(dir, "header"), "--output", filepath.Join(dir, "body"), "--write-out", "%{http_code}", url)
	out, err := exec.Command("curl", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("curl %s: %v\n%s", url, err, out)
	}
	if _, err := fmt.Sscan(string(out), &status); err != nil {
		t.Fatalf("curl %s printed %s", url, out)
	}
	rawHeader, _ := os.ReadFile(filepath.Join(dir, "header"))
	body, _ = os.ReadFile(filepath.Join(dir, "body")) // none without a body
	return status, string(rawHeader), body
}

// passes is a request that the service must see, as that caller's.
func (s *site) passes(t *testing.T, k credentials, principal, target string, args ...string) seen {
	t.Helper()
	before := s.served.Load()
	status, header, body := s.curl(t, k, target, args...)
	var got seen
	if err := json.Unmarshal(body, &got); status != 200 || err != nil {
		t.Fatalf("%s: %d %v\n%s%s", target, status, err, header, body)
	}
	if n := s.served.Load() - before; n != 1 {
		t.Errorf("%s: the service saw %d requests", target, n)
	}
	if got.URI != target || strings.Join(got.Header["X-Latchkey-Principal"], "|") != principal {
		t.Errorf("the service saw %+v, want %s by %s", got, target, principal)
	}
	if got.Header["Authorization"] != nil {
		t.Error("the credentials reached the service")
	}
	return got
}

// stops is a request that the service must not see; it returns the headers.
func (s *site) stops(t *testing.T, status int, k credentials, target string, args ...string) string {
	t.Helper()
	before := s.served.Load()
	got, header, body := s.curl(t, k, target, args...)
	if got != status {
		t.Errorf("%s: %d, want %d\n%s%s", target, got, status, header, body)
	}
	if n := s.served.Load() - before; n != 0 {
		t.Errorf("%s: the service saw %d requests", target, n)
	}
	return header
}

// api calls Latchkey itself as the owner.
func (s *site) api(t *testing.T, method, path, body string, status int) object {
	t.Helper()
	media := atlasV2().media
	if strings.Contains(path, "/serviceAccounts") {
		media = "application/vnd.atlas.2024-08-05+json"
	}
	header := map[string]string{"Accept": media, "Content-Type": media}
	got, err := startForks(t)(s.keys.owner(), false).send(method, s.latchkey.URL+"/api/atlas/v2"+s.expand(path), header, body)
	if err != nil || got.status != status {
		t.Fatalf("%s %s: %d %v, want %d\n%s", method, path, got.status, err, status, got.body)
	}
	var o object
	if len(got.body) > 0 {
		if err := json.Unmarshal(got.body, &o); err != nil {
			t.Fatalf("%s %s: %v\n%s", method, path, err, got.body)
		}
	}
	return o
}

func (s *site) expand(text string) string {
	return strings.NewReplacer("{org}", s.keys.OrgID, "{project}", s.keys.ProjectID).Replace(text)
}

// hire makes a key of the organization with that description.
func (s *site) hire(t *testing.T, desc string) (id string, k credentials) {
	t.Helper()
	made := s.api(t, "POST", "/orgs/{org}/apiKeys", `{"desc":"`+desc+`","roles":["ORG_MEMBER"]}`, 200)
	return made.text("id"), credentials{made.text("publicKey"), made.text("privateKey")}
}

func (s *site) digest(t *testing.T) {
	for _, target := range []string{"/", "/orders?page=2&q=a%2Fb+c", "/a%2Fb/%C3%A9", "/a//b/./c?x=1&x=2"} {
		got := s.passes(t, s.keys.example(), s.keys.Example.APIKeyID, target)
		for name, want := range map[string]string{
			"X-Latchkey-Kind": "apiKey", "X-Latchkey-Public-Key": s.keys.Example.PublicKey, "X-Latchkey-Organization": s.keys.OrgID,
		} {
			if value := strings.Join(got.Header[name], "|"); value != want {
				t.Errorf("%s: %q, want %q", name, value, want)
			}
		}
		if roles := strings.Split(got.Header.Get("X-Latchkey-Roles"), ","); len(roles) == 0 || !strings.HasPrefix(roles[0], "GROUP_") {
			t.Errorf("roles %q", roles)
		}
	}
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
		got := s.passes(t, s.keys.owner(), s.keys.APIKeyID, "/orders/1", "--request", method, "--data", "body of "+method)
		if got.Method != method || got.Body != "body of "+method {
			t.Errorf("the service saw %+v", got)
		}
	}
	if header := s.stops(t, 401, credentials{}, "/"); !strings.Contains(strings.ToLower(header), `www-authenticate: digest realm="mms public api", domain="", nonce="`) {
		t.Errorf("no challenge reached the client: %s", header)
	}
	s.stops(t, 401, credentials{s.keys.PublicKey, "00000000-0000-4000-8000-000000000000"}, "/")
	s.stops(t, 401, credentials{}, "/", "--header", `Authorization: Digest username="x"`)
	_, weak := s.hire(t, "in no project")
	s.stops(t, 403, weak, "/")
	s.stops(t, 403, weak, "/orders", "--data", "x")
}

// addresses: the access list is compared with the client's address, whatever
// the client says it is.
func (s *site) addresses(t *testing.T) {
	id, k := s.hire(t, "listed")
	s.api(t, "POST", "/groups/{project}/apiKeys/"+id, `[{"roles":["GROUP_READ_ONLY"]}]`, 204)
	s.api(t, "POST", "/orgs/{org}/apiKeys/"+id+"/accessList", `[{"ipAddress":"127.0.0.2"}]`, 200)
	s.passes(t, k, id, "/", "--interface", "127.0.0.2")
	s.passes(t, k, id, "/", "--interface", "127.0.0.2", "--header", "X-Forwarded-For: 127.0.0.3")
	s.stops(t, 403, k, "/", "--header", "X-Forwarded-For: 127.0.0.2", "--header", "Connection: X-Forwarded-For")
	s.stops(t, 403, k, "/")
	s.stops(t, 403, k, "/", "--header", "X-Forwarded-For: 127.0.0.2")
	s.stops(t, 403, k, "/", "--interface", "127.0.0.3", "--header", "X-Forwarded-For: 127.0.0.2")
}

// replay sends recorded requests again.
func (s *site) replay(t *testing.T) {
	read := s.proof(t, "GET", "/orders")
	for range 2 {
		s.passes(t, credentials{}, s.keys.APIKeyID, "/orders", "--header", read)
	}
	change := s.proof(t, "POST", "/orders")
	s.passes(t, credentials{}, s.keys.APIKeyID, "/orders", "--header", change, "--data", "one")
	header := s.stops(t, 401, credentials{}, "/orders", "--header", change, "--data", "one")
	if !strings.Contains(header, "stale=true") {
		t.Errorf("a replayed change: %s", header)
	}
}

// revocation: the request after the answer to the revocation is refused.
func (s *site) revocation(t *testing.T) {
	id, k := s.hire(t, "revoked")
	s.api(t, "POST", "/groups/{project}/apiKeys/"+id, `[{"roles":["GROUP_READ_ONLY"]}]`, 204)
	s.passes(t, k, id, "/")
	s.api(t, "DELETE", "/groups/{project}/apiKeys/"+id, "", 204)
	s.stops(t, 403, k, "/")
	s.api(t, "POST", "/groups/{project}/apiKeys/"+id, `[{"roles":["GROUP_OWNER"]}]`, 204)
	s.passes(t, k, id, "/")
	s.api(t, "DELETE", "/orgs/{org}/apiKeys/"+id, "", 204)
	s.stops(t, 401, k, "/")
}
