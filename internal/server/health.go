package server

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/wire"
)

// plainHandlers is the short list of paths that are no operations: health, the
// OpenAPI documents, and OAuth 2. Everything else goes to the API.
func (s *Server) plainHandlers(api *wire.Server, publicURL string) http.Handler {
	documents := s.documents(publicURL)
	endpoint := &tokenEndpoint{service: s.Service, auth: s.auth, limit: newAttemptLimit(s.config.RateLimits, s.config.Clock, s.metrics), metrics: s.metrics}
	issue := api.Plain("issueToken", http.MethodPost, endpoint.issue)
	revoke := api.Plain("revokeToken", http.MethodPost, endpoint.revoke)
	health := api.Aside("health", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { plain(w, r, http.StatusOK, "ok\n") }))
	ready := api.Aside("ready", http.HandlerFunc(s.answerReady))
	document := api.Aside("openapi", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		_, _ = w.Write(documents[r.URL.Path]()) // the caller went away: nobody to tell
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/healthz", "/livez":
			health.ServeHTTP(w, r)
		case tokenPath:
			issue.ServeHTTP(w, r)
		case revokePath:
			revoke.ServeHTTP(w, r)
		case "/readyz":
			ready.ServeHTTP(w, r)
		default:
			if documents[r.URL.Path] != nil && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
				document.ServeHTTP(w, r)
				return
			}
			api.ServeHTTP(w, r)
		}
	})
}

func (s *Server) answerReady(w http.ResponseWriter, r *http.Request) {
	if s.Ready(r.Context()) {
		plain(w, r, http.StatusOK, "ready\n")
	} else {
		plain(w, r, http.StatusServiceUnavailable, "not ready\n")
	}
}

func plain(w http.ResponseWriter, r *http.Request, status int, text string) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", strings.Join([]string{http.MethodGet, http.MethodHead}, ", "))
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // the caller went away: nobody to tell
}

// readyTimeout is how long a readiness check waits for the data.
const readyTimeout = 2 * time.Second

// Ready reports whether requests can be answered: the data is readable.
func (s *Server) Ready(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	err := s.data.Store.View(ctx, func(r latchkey.Reader) error {
		_, err := r.WrappedKeys()
		return err
	})
	return err == nil
}

// documents returns what makes the OpenAPI document of each generation, by its
// path; each is made once, when it is first asked for.
func (s *Server) documents(publicURL string) map[string]func() []byte {
	docs := make(map[string]func() []byte)
	for _, g := range wire.Generations() {
		docs["/openapi/"+g.Name()+".json"] = sync.OnceValue(func() []byte {
			return wire.OpenAPI(s.rows, g, publicURL, s.build.Version)
		})
	}
	return docs
}
