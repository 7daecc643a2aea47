package apitest

import (
	"bytes"
	"context"
	"encoding/base64"
	"log/slog"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/server"
	"github.com/latchkey/latchkey/internal/wire"
)

// TestToken: what a client gets, in all forms of asking and answering.
func TestToken(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, options{})
		k := w.store("robot", "org", "project", 24*time.Hour)
		inForm := "&client_id=" + url.QueryEscape(k.id) + "&client_secret=" + url.QueryEscape(k.secret)
		for name, r := range map[string]*request{
			"header":            w.request(tokenCall, askToken, "Content-Type", formType, "Authorization", basic(k.id, k.secret)),
			"header, lower":     w.request(tokenCall, askToken, "Content-Type", formType, "Authorization", "basic"+basic(k.id, k.secret)[5:]),
			"form":              w.request(tokenCall, askToken+inForm, "Content-Type", formType),
			"form with charset": w.request(tokenCall, askToken+inForm, "Content-Type", formType+"; charset=utf-8"),
			"more parameters":   w.request(tokenCall+"?x=1&client_id=x", askToken+"&scope=all&y", "Content-Type", formType, "Authorization", basic(k.id, k.secret)),
		} {
			var a answer
			w.unchanged(func() { a = w.send(r) })
			var got issued
			a.into(&got)
			want := `{"access_token":"` + got.Token + `","expires_in":3600,"token_type":"Bearer"}`
			if a.status != 200 || string(a.body) != want || a.header.Get("Content-Type") != "application/json" || a.closed {
				a.fail("%s: want 200 %s", name, want)
			}
			a.wantNotKept()
			if a.header.Get("X-Content-Type-Options") != "nosniff" || a.header.Get("X-Mongodb-Service-Version") == "" {
				a.fail("the standing headers are missing")
			}
			if strings.Count(got.Token, ".") != 2 || w.token(k) == got.Token {
				a.fail("no token of its own")
			}
		}
		a := w.ask(k, tokenCall+"?pretty=true", askToken)
		var got issued
		a.into(&got)
		if want := "{\n  \"access_token\" : \"" + got.Token + "\",\n  \"expires_in\" : 3600,\n  \"token_type\" : \"Bearer\"\n}"; string(a.body) != want {
			a.fail("want %s", want)
		}
		if a := w.ask(k, tokenCall+"?envelope=true", askToken); !strings.HasPrefix(string(a.body), `{"content":{"access_token":`) || !strings.HasSuffix(string(a.body), `},"status":200}`) {
			a.fail("want an envelope")
		}
		if a := w.ask(k, tokenCall+"?envelope=true", ""); string(a.body) != `{"content":{"error_description":"The provided credentials are not valid.","error":"invalid_request"},"status":400}` {
			a.fail("want an envelope")
		}
	})
}

// TestTokenLife: an hour, or what is left of the secret.
func TestTokenLife(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, options{})
		long, short := w.store("long", "org", "project", 8*time.Hour), w.store("short", "org", "project", 601*time.Second)
		if got := w.issue(long).Life; got != 3600 {
			t.Errorf("an hour is %d s", got)
		}
		short.token = ""
		got := w.issue(short)
		if got.Life < 595 || got.Life > 601 {
			t.Errorf("601 s are %d s", got.Life)
		}
		w.clock.advance(time.Duration(got.Life-5) * time.Second)
		short.token = got.Token
		w.ok("short", "GET /api/atlas/v2/orgs/{org}", "", 200)
		w.clock.advance(7 * time.Second)
		w.call("short", "GET /api/atlas/v2/orgs/{org}", "").wantBearer()
		w.ask(short, tokenCall, askToken).wantOAuth(401, "invalid_client")
	})
}

// TestTokenRefusals is the whole table of errors, with the credentials in the
// header and in the form, at both paths.
func TestTokenRefusals(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, options{})
		k := w.store("robot", "org", "project", 24*time.Hour)
		other, expired := w.store("other", "org", "project", 24*time.Hour), w.store("expired", "org", "project", time.Second)
		unknown := latchkey.NewClientID(time.Now())
		w.clock.advance(2 * time.Second)
		for _, call := range []string{tokenCall, revokeCall} {
			good := map[string]string{tokenCall: askToken, revokeCall: "token=a.b.c"}[call]
			both := func(name string, status int, code, id, secret string) {
				t.Helper()
				header := w.request(call, good, "Content-Type", formType, "Authorization", basic(id, secret))
				form := w.request(call, good+"&client_id="+url.QueryEscape(id)+"&client_secret="+url.QueryEscape(secret), "Content-Type", formType)
				for where, r := range map[string]*request{"header": header, "form": form} {
					t.Run(strings.ReplaceAll(name+"-"+where, " ", "-"), func(t *testing.T) {
						defer func(was *testing.T) { w.t = was }(w.t)
						w.t = t
						w.unchanged(func() { w.send(r).wantOAuth(status, code) })
					})
				}
			}
			both("wrong secret", 401, "invalid_client", k.id, latchkey.NewClientSecret().Reveal())
			both("secret of another", 401, "invalid_client", k.id, other.secret)
			both("secret of no form", 401, "invalid_client", k.id, "secret")
			both("secret cut", 401, "invalid_client", k.id, k.secret[:len(k.secret)-1])
			both("secret and more", 401, "invalid_client", k.id, k.secret+" ")
			both("expired secret", 401, "invalid_client", expired.id, expired.secret)
			both("unknown id", 401, "invalid_client", string(unknown), k.secret)
			both("upper-case id", 401, "invalid_client", "MDB"+k.id[3:], k.secret)
			both("id of no form", 401, "invalid_client", "x", k.secret)
			both("key", 401, "invalid_client", w.key("owner").public, w.key("owner").private)
			both("empty secret", 400, "invalid_request", k.id, "")
			both("empty id", 400, "invalid_request", "", k.secret)
			both("NUL", 400, "invalid_request", k.id+"\x00", k.secret)

			auth := basic(k.id, k.secret)
			for name, c := range map[string]struct {
				body   string
				header []string
			}{
				"nothing":         {"", nil},
				"no credentials":  {good, []string{"Content-Type", formType}},
				"no content type": {good, []string{"Content-Type", "", "Authorization", auth}},
				"JSON":            {`{"grant_type":"client_credentials"}`, []string{"Authorization", auth}},
				"Bearer":          {good, []string{"Content-Type", formType, "Authorization", "Bearer " + w.token(k)}},
				"Digest":          {good, []string{"Content-Type", formType, "Authorization", `Digest username="a"`}},
				"no base64":       {good, []string{"Content-Type", formType, "Authorization", "Basic !"}},
				"no colon":        {good, []string{"Content-Type", formType, "Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte("a"))}},
				"both":            {good + "&client_id=" + k.id + "&client_secret=" + k.secret, []string{"Content-Type", formType, "Authorization", auth}},
				"twice":           {good + "&" + good, []string{"Content-Type", formType, "Authorization", auth}},
				"no parameters":   {"", []string{"Content-Type", formType, "Authorization", auth}},
				"bad escape":      {good + "&x=%zz", []string{"Content-Type", formType, "Authorization", auth}},
				"without a value": {strings.SplitAfter(good, "=")[0], []string{"Content-Type", formType, "Authorization", auth}},
			} {
				a := w.send(w.request(call, c.body, c.header...))
				a.wantOAuth(400, "invalid_request")
				if t.Failed() {
					t.Fatalf("%s %s", call, name)
				}
			}
			r := w.request(call, good, "Content-Type", formType, "Authorization", auth)
			r.add("Authorization", auth)
			w.send(r).wantOAuth(400, "invalid_request")
			w.ask(k, call+"?pretty=maybe", good).wantOAuth(400, "invalid_request")

			for _, method := range []string{"GET", "PUT", "DELETE", "PATCH"} {
				_, path, _ := strings.Cut(call, " ")
				a := w.call("", method+" "+path, "")
				a.want(405, "METHOD_NOT_ALLOWED", method)
				if a.header.Get("Allow") != "POST" {
					a.fail("Allow %q", a.header.Get("Allow"))
				}
			}
			if a := w.ask(k, call, good+"&x="+strings.Repeat("x", 64<<10)); !a.closed {
				a.fail("want the connection closed")
			} else {
				a.want(413, "REQUEST_TOO_LARGE", 64<<10)
			}
			w.call("", strings.Replace(call, "/api/oauth", "/api/oauth/x", 1), "").want(404, "RESOURCE_NOT_FOUND", "{path}")
		}
		for _, grant := range []string{"authorization_code", "password", "refresh_token", "CLIENT_CREDENTIALS", "client_credentials ", "urn:ietf:params:oauth:grant-type:jwt-bearer"} {
			w.ask(k, tokenCall, "grant_type="+url.QueryEscape(grant)).wantOAuth(400, "unsupported_grant_type")
		}
	})
}

// TestUnknownClientLooksLikeWrongSecret compares whole answers.
func TestUnknownClientLooksLikeWrongSecret(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, options{})
		mine, foreign := w.store("mine", "org", "project", time.Hour), w.store("foreign", "otherOrg", "otherProject", time.Hour)
		var first string
		for _, id := range []string{mine.id, foreign.id, string(latchkey.NewClientID(time.Now())), w.key("owner").public} {
			a := w.ask(&key{id: id, secret: latchkey.NewClientSecret().Reveal()}, tokenCall, askToken)
			a.wantOAuth(401, "invalid_client")
			if first == "" {
				first = a.fingerprint()
			}
			if got := a.fingerprint(); got != first {
				t.Errorf("the answers differ:\n%s\n%s", first, got)
			}
		}
	})
}

// TestSecretUseIsCounted at issue and with each use of the token.
func TestSecretUseIsCounted(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, options{})
		k := w.enrol("robot", time.Hour)
		for range 3 {
			w.ok("robot", "GET /api/atlas/v2/orgs/{org}", "", 200)
		}
		w.ask(k, revokeCall, "token=x")
		w.srv.Maintain(context.Background())
		err := w.data.Store.View(context.Background(), func(r latchkey.Reader) error {
			uses, err := r.Uses(latchkey.OrgID(w.names["org"]), latchkey.PrincipalID(k.id))
			if len(uses) != 1 || uses[0].What != w.names["robot.secret"] || uses[0].Count != 5 || uses[0].LastAddress != netip.MustParseAddr("127.0.0.1") {
				t.Errorf("uses %+v", uses)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// TestWrongSecretsAreSlowedDown: an address that guesses waits, but a right
// secret is never refused, and other paths count together with this one.
func TestWrongSecretsAreSlowedDown(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		var log lockedBuffer
		config := server.Config{Log: slog.New(slog.NewTextHandler(&log, nil)), Proxies: wire.Proxies{netip.MustParsePrefix("127.0.0.1/32")}}
		w := newWorld(t, b, options{guard: true, config: config})
		k := w.store("robot", "org", "project", time.Hour)
		from := func(k *key) answer {
			return w.send(w.request(tokenCall, askToken, "Content-Type", formType, "Authorization", basic(k.id, k.secret), "X-Forwarded-For", "192.0.2.7"))
		}
		for range 40 {
			from(&key{id: k.id, secret: latchkey.NewClientSecret().Reveal()}).wantOAuth(401, "invalid_client")
		}
		if text := log.String(); !strings.Contains(text, "slowed down") || !strings.Contains(text, "address=192.0.2.7") || strings.Contains(text, "address=127.0.0.1") {
			t.Errorf("want 192.0.2.7 slowed down and nobody else:\n%s", text)
		}
		if a := from(k); a.status != 200 {
			a.fail("a right secret is refused")
		}
		k.token = w.token(k)
		w.ok("robot", "GET /api/atlas/v2/orgs/{org}", "", 200)
	})
}

// TestNothingLogsSecrets: whatever the level, in whatever way a request fails.
func TestNothingLogsSecrets(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		var log lockedBuffer
		w := newWorld(t, b, options{config: server.Config{Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug - 10}))}})
		k := w.enrol("robot", time.Hour)
		wrong := &key{id: k.id, secret: latchkey.NewClientSecret().Reveal()}
		w.ask(wrong, tokenCall, askToken).wantOAuth(401, "invalid_client")
		w.ask(k, tokenCall, "grant_type="+k.secret).wantOAuth(400, "unsupported_grant_type")
		w.ask(k, tokenCall, "client_secret="+k.secret).wantOAuth(400, "invalid_request")
		w.call("robot", "PATCH /api/atlas/v2/orgs/{org}", `{"name":"x"}`)
		w.ask(k, revokeCall, "token="+k.token)
		w.call("robot", "GET /api/atlas/v2/orgs/{org}", "").wantBearer()
		w.send(w.request("GET /api/atlas/v2/orgs", "", "Authorization", "Bearer "+k.token+"x")).wantBearer()
		text := log.String()
		if strings.Count(text, "refused") < 5 {
			t.Fatalf("the refusals are not in the log: the test proves nothing\n%s", text)
		}
		for _, secret := range []string{k.secret, wrong.secret, k.token, strings.Split(k.token, ".")[2], basic(k.id, k.secret)} {
			if strings.Contains(text, secret) || strings.Contains(text, strconv.Quote(secret)) {
				t.Errorf("%.20s… is in the log:\n%s", secret, text)
			}
		}
	})
}

// lockedBuffer is a buffer that several goroutines write.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
