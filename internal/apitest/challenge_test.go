package apitest

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/latchkey/latchkey/internal/server"
)

// TestChallenge: whatever is wrong with the credentials, the answer is one
// and the same, and it never says that something is merely stale.
func TestChallenge(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		k, other := w.key("owner"), w.key("projectOwner")
		bend := func(change func(*proof)) func(r *request) {
			return func(r *request) {
				a := answerTo(k, r, w.challenge(), 1)
				change(&a)
				if a.response == "" {
					a = a.sign(k, r.method)
				}
				r.set("Authorization", a.String())
			}
		}
		edit := func(old, new string) func(r *request) {
			return func(r *request) {
				text := answerTo(k, r, w.challenge(), 1).sign(k, r.method).String()
				if !strings.Contains(text, old) {
					t.Fatalf("%s has no %s", text, old)
				}
				r.set("Authorization", strings.Replace(text, old, new, 1))
			}
		}
		always := func(value string) func(r *request) {
			return func(r *request) { r.set("Authorization", value) }
		}
		for name, spoil := range map[string]func(r *request){
			"none":                  func(*request) {},
			"empty":                 func(r *request) { r.header = append(r.header, "Authorization", "") },
			"Basic":                 always("Basic " + base64.StdEncoding.EncodeToString([]byte(k.public+":"+k.private))),
			"Digest":                always("Digest"),
			"Digest ":               always("Digest "),
			"garbage":               always("Digest \xff,,,=\"\\"),
			"long":                  always("Digest " + strings.Repeat("a=b, ", 2000)),
			"unknown public key":    bend(func(a *proof) { a.username = "abcdefgh" }),
			"another's public key":  bend(func(a *proof) { a.username = other.public }),
			"upper-case public key": bend(func(a *proof) { a.username = strings.ToUpper(k.public) }),
			"public key with colon": bend(func(a *proof) { a.username = k.public[:6] + ":x" }),
			"wrong response":        bend(func(a *proof) { a.response = strings.Repeat("0", 32) }),
			"short response":        bend(func(a *proof) { a.response = "0" }),
			"right response cut": func(r *request) {
				a := answerTo(k, r, w.challenge(), 1).sign(k, r.method)
				a.response = a.response[:31]
				r.set("Authorization", a.String())
			},
			"wrong realm":         bend(func(a *proof) { a.realm = "mms public api" }),
			"wrong uri":           bend(func(a *proof) { a.uri = strings.Replace(a.uri, "{", "", 1) + "/" }),
			"uri of another key":  bend(func(a *proof) { a.uri = strings.Replace(a.uri, w.names["target"], w.names["strong"], 1) }),
			"uri without query":   bend(func(a *proof) { a.uri, _, _ = strings.Cut(a.uri, "?") }),
			"absolute uri":        bend(func(a *proof) { a.uri = w.url + a.uri }),
			"other method":        func(r *request) { r.set("Authorization", answerTo(k, r, w.challenge(), 1).sign(k, "GET").String()) },
			"other qop":           bend(func(a *proof) { a.qop = "auth-int" }),
			"nc of zero":          bend(func(a *proof) { a.nc = "00000000" }),
			"nc of seven digits":  bend(func(a *proof) { a.nc = "0000001" }),
			"foreign nonce":       bend(func(a *proof) { a.nonce = "669gyxpgL6MGDuSZvQ80Spv3k+Jc99ed" }),
			"altered nonce":       bend(func(a *proof) { a.nonce = a.nonce[:50] + string("-0"[b2i(a.nonce[50] == '-')]) }),
			"longer nonce":        bend(func(a *proof) { a.nonce += "-" }),
			"SHA-256 not offered": bend(func(a *proof) { a.algorithm = "SHA-256" }),
			"MD5-sess":            edit("algorithm=MD5", "algorithm=MD5-sess"),
			"username twice":      edit("username=", `username="`+k.public+`", username=`),
			"realm twice":         edit("realm=", `realm="MMS Public API", Realm=`),
			"response twice":      edit("response=", `response="x", response=`),
			"unknown part twice":  edit("qop=", `x=1, X=2, qop=`),
			"no username":         edit("username=", "nousername="),
			"no realm":            edit("realm=", "norealm="),
			"no nonce":            edit(" nonce=", " nononce="),
			"no uri":              edit("uri=", "nouri="),
			"no response":         edit("response=", "noresponse="),
			"no qop":              edit("qop=", "noqop="),
			"no nc":               edit("nc=", "nonc="),
			"no cnonce":           edit("cnonce=", "nocnonce="),
			"empty cnonce":        edit(`cnonce="0a4f113b"`, `cnonce=""`),
			"unterminated":        edit(`cnonce="0a4f113b"`, `cnonce="0a4f113b`),
			"two headers": func(r *request) {
				good := answerTo(k, r, w.challenge(), 1).sign(k, r.method).String()
				r.add("Authorization", good)
				r.add("Authorization", good)
			},
		} {
			for _, call := range []string{
				"PATCH /groups/{project}/apiKeys/{target}?pretty=true&envelope=true",
				"PATCH /groups/{unknown}/apiKeys/{target}?pageNum=x",
			} {
				r := w.request(g.at(call), `{"roles":["GROUP_OWNER"]}`, "Accept", "nonsense", "Content-Type", "text/plain")
				spoil(r)
				w.unchanged(func() {
					t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
						defer func(was *testing.T) { w.t = was }(w.t)
						w.t = t
						w.send(r).wantChallenge(false)
					})
				})
			}
		}
	})
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestUnknownKeyLooksLikeWrongKey compares the two answers header by header.
func TestUnknownKeyLooksLikeWrongKey(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, options{})
		answers := make([]string, 0, 3)
		for _, public := range []string{w.key("owner").public, w.key("otherOwner").public, "zzzzzzzz"} {
			r := w.request("GET /api/atlas/v2/orgs/{org}", "")
			k := &key{public: public, private: "00000000-0000-4000-8000-000000000000"}
			r.set("Authorization", answerTo(k, r, w.challenge(), 1).sign(k, r.method).String())
			a := w.send(r)
			a.wantChallenge(false)
			answers = append(answers, a.fingerprint())
		}
		for _, a := range answers[1:] {
			if a != answers[0] {
				t.Errorf("the answers differ:\n%s\n%s", answers[0], a)
			}
		}
	})
}

// TestOffersSHA256: the second challenge comes only when asked for, after
// MD5, and works.
func TestOffersSHA256(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, options{config: server.Config{OfferSHA256: true}})
		r := w.request("GET /api/atlas/v2/orgs/{org}", "")
		a := w.send(r)
		lines := a.header["Www-Authenticate"]
		if len(lines) != 2 || !strings.Contains(lines[0], "algorithm=MD5,") || !strings.Contains(lines[1], "algorithm=SHA-256,") {
			t.Fatalf("challenges %q", lines)
		}
		for _, algorithm := range []string{"MD5", "SHA-256"} {
			k := w.key("owner")
			p := answerTo(k, r, nonceOf(a.header), 1)
			p.algorithm = algorithm
			r.set("Authorization", p.sign(k, r.method).String())
			if got := w.send(r); got.status != 200 {
				t.Errorf("%s: %s", algorithm, got)
			}
		}
		plain := newWorld(t, b, options{})
		if got := plain.send(plain.request("GET /api/atlas/v2", "")).header["Www-Authenticate"]; len(got) != 1 {
			t.Errorf("without the option: %q", got)
		}
	})
}
