package digest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	icholy "github.com/icholy/digest"
	mongodb "github.com/mongodb-forks/digest"

	"github.com/latchkey/latchkey/internal/auth/digest"
)

const (
	user     = "abcdefgh"
	password = "9f3c1a2b-4d5e-4f60-8a7b-1c2d3e4f5061"
)

// protected is a server that knows one key and answers it with the request's
// body, put together from this package alone.
func protected(t *testing.T, offered ...digest.Algorithm) *httptest.Server {
	t.Helper()
	nonces, err := digest.NewNonces([]digest.NonceKey{{KID: 1, Key: [32]byte{1}}})
	if err != nil {
		t.Fatal(err)
	}
	right := func(r *http.Request) bool {
		got, err := digest.ParseAuthorization(r.Header.Get("Authorization"))
		if err != nil {
			return false
		}
		state, _ := nonces.Check(got.Nonce, time.Now())
		return state == digest.Fresh && got.Username == user && digest.CheckTarget(&got, r.RequestURI, offered) &&
			digest.Verify(&got, r.Method, digest.HA1(got.Algorithm, user, password))
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if right(r) {
			_, _ = io.Copy(w, r.Body)
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		for _, alg := range offered {
			w.Header().Add("WWW-Authenticate", digest.Challenge(alg, nonces.Mint(time.Now()), false))
		}
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, digest.ChallengeBody)
	}))
	t.Cleanup(server.Close)
	return server
}

func TestGoClients(t *testing.T) {
	clients := map[string]func(password string) http.RoundTripper{
		"mongodb-forks/digest": func(password string) http.RoundTripper { return mongodb.NewTransport(user, password) },
		"icholy/digest": func(password string) http.RoundTripper {
			return &icholy.Transport{Username: user, Password: password}
		},
	}
	offers := map[string][]digest.Algorithm{
		"MD5":              {digest.MD5},
		"MD5, then SHA":    {digest.MD5, digest.SHA256},
		"SHA-256 alone":    {digest.SHA256},
		"SHA-256 then MD5": {digest.SHA256, digest.MD5},
	}
	for name, client := range clients {
		for offer, offered := range offers {
			t.Run(name+"/"+offer, func(t *testing.T) {
				server := protected(t, offered...)
				for _, method := range []string{"GET", "PATCH", "DELETE"} {
					target := server.URL + "/api/atlas/v2/groups/g/accessList/10.0.0.0%2F8?x=a%20b&pretty=true&q=%22"
					request, err := http.NewRequest(method, target, strings.NewReader(`["GROUP_OWNER"]`))
					if err != nil {
						t.Fatal(err)
					}
					if status, body := send(t, client(password), request); status != 200 || body != `["GROUP_OWNER"]` {
						t.Errorf("%s: %d %s", method, status, body)
					}
				}
				request, err := http.NewRequest("GET", server.URL, nil)
				if err != nil {
					t.Fatal(err)
				}
				if status, body := send(t, client("wrong"), request); status != 401 || body != digest.ChallengeBody {
					t.Errorf("wrong password: %d %s", status, body)
				}
			})
		}
	}
}

func send(t *testing.T, transport http.RoundTripper, request *http.Request) (int, string) {
	t.Helper()
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// TestChallengeParses reads challenges with another implementation's parser
// and answers them with its calculator.
func TestChallengeParses(t *testing.T) {
	for _, alg := range []digest.Algorithm{digest.MD5, digest.SHA256} {
		for _, stale := range []bool{false, true} {
			got, err := icholy.ParseChallenge(digest.Challenge(alg, "abc", stale))
			if err != nil {
				t.Fatal(err)
			}
			if got.Realm != digest.Realm || got.Nonce != "abc" || got.Algorithm != string(alg) || got.Stale != stale ||
				!got.SupportsQOP("auth") || len(got.QOP) != 1 || got.Opaque != "" || len(got.Domain) != 0 {
				t.Errorf("%s, stale %v: %+v", alg, stale, got)
			}
			answer, err := icholy.Digest(got, icholy.Options{
				Method: "PATCH", URI: "/a?b", Username: user, Password: password, Count: 0x1f,
			})
			if err != nil {
				t.Fatal(err)
			}
			r, err := digest.ParseAuthorization(answer.String())
			if err != nil || r.NonceCount != 0x1f || r.Algorithm != alg {
				t.Errorf("%s: %+v, %v", answer, r, err)
			}
			if !digest.Verify(&r, "PATCH", digest.HA1(alg, user, password)) {
				t.Errorf("%s: wrong response", answer)
			}
		}
	}
}
