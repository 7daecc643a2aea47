package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/latchkey/latchkey/internal/metrics"
	"github.com/latchkey/latchkey/internal/store/sqlstore"
)

// watch has the metrics read and be told of what they count beside requests.
func (s *Server) watch() {
	m, store := s.metrics, s.data.Store
	store.OnFlush(func(f sqlstore.Flush) { m.Flushed(f.Callers, f.Took, f.Err != nil) })
	lane := func(name string, of func(sqlstore.Stats) sqlstore.LaneStats) metrics.Lane {
		return metrics.Lane{
			Name:    name,
			Waiting: func() int { return of(store.Stats()).Waiting },
			Refused: func() int64 { return of(store.Stats()).Refused },
		}
	}
	sources := metrics.Sources{
		Views: func() int64 { return store.Stats().Views }, Updates: func() int64 { return store.Stats().Callers },
		Lanes: []metrics.Lane{
			lane("first", func(st sqlstore.Stats) sqlstore.LaneStats { return st.First }),
			lane("ordinary", func(st sqlstore.Stats) sqlstore.LaneStats { return st.Ordinary }),
		},
		Events: s.Service.Recorded, Signed: s.Service.Signed, SecretEnds: s.secretEnds,
	}
	if s.guard != nil {
		sources.Paced, sources.Suspects = s.guard.Paced, s.guard.Suspects
	}
	m.Watch(sources)
}

// Bounds of looking for secrets that expire soon.
const (
	maxSecretAccounts = 10_000 // service accounts; with more nothing is told
	secretEndsTimeout = 2 * time.Second
)

// secretEnds returns when live secrets expire, or false when there is no cheap
// way to tell.
func (s *Server) secretEnds() ([]time.Time, bool) {
	ctx, cancel := context.WithTimeout(context.Background(), secretEndsTimeout)
	defer cancel()
	ends, err := s.data.Store.SecretEnds(ctx, maxSecretAccounts)
	if err != nil && !errors.Is(err, sqlstore.ErrTooMany) {
		s.config.Log.Warn("secrets that expire soon could not be counted", slog.Any("error", err))
	}
	return ends, err == nil
}

// metricsPath is the only path of the listener for metrics.
const metricsPath = "/metrics"

// Metrics answers those who read the metrics of a server.
type Metrics struct {
	server http.Server
	ended  chan error
}

// OpenMetrics answers GET /metrics on the listener, until Close. The server
// must have been made with Config.Metrics. Nobody is asked for credentials.
func (s *Server) OpenMetrics(ln net.Listener) *Metrics {
	m := &Metrics{ended: make(chan error, 1), server: http.Server{
		Handler:           metricsHandler(s.metrics.Handler(s.config.Log)),
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       requestTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(s.config.Log.Handler(), slog.LevelDebug),
	}}
	go func() { m.ended <- m.server.Serve(ln) }()
	return m
}

// Close ends what is being read and closes the listener. It returns why the
// listener ended before, if it did.
func (m *Metrics) Close() error {
	err := m.server.Close()
	if ended := <-m.ended; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(ended, err)
	}
	return err
}

// metricsHandler lets through what asks for the metrics.
func metricsHandler(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path != metricsPath:
			http.Error(w, "not found", http.StatusNotFound)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", strings.Join([]string{http.MethodGet, http.MethodHead}, ", "))
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		default:
			h.ServeHTTP(w, r)
		}
	})
}
