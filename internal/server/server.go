package server

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/latchkey/latchkey/internal/atlasv2"
	"github.com/latchkey/latchkey/internal/auth"
	"github.com/latchkey/latchkey/internal/auth/digest"
	"github.com/latchkey/latchkey/internal/metrics"
	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/opsmanagerv1"
	"github.com/latchkey/latchkey/internal/policy"
	"github.com/latchkey/latchkey/internal/ratelimit"
	"github.com/latchkey/latchkey/internal/wire"
)

// Config says how to serve. The zero value of every field is usable.
type Config struct {
	PublicURL        string // "" is that of the listener, set by Serve
	Granting         policy.Granting
	MaxKeysPerOrg    int  // 0 is DefaultMaxKeysPerOrg
	OfferSHA256      bool // whether a second challenge offers SHA-256
	Proxies          wire.Proxies
	Log              *slog.Logger     // nil logs nothing
	Clock            func() time.Time // of nonces; nil is time.Now
	MaintenanceEvery time.Duration    // 0 is a minute
	RateLimits       ratelimit.Limits // nil limits nothing
	NoFailureGuard   bool             // whether addresses that send wrong credentials are not slowed down
	Metrics          bool             // whether anybody may read metrics: see OpenMetrics
	AccessLog        bool             // whether each answer is a line of the log
}

// DefaultMaxKeysPerOrg is how many keys an organization may have (published).
const DefaultMaxKeysPerOrg = 500

// Server serves one data directory.
type Server struct {
	Service *op.Service

	data    *Data
	config  Config
	auth    *auth.Authenticator
	guard   *auth.Guard // nil when no address is slowed down
	build   Build
	rows    []wire.Row
	metrics *metrics.Metrics // nil when nobody reads them
}

// New returns a server on the data. It does not listen yet.
func New(data *Data, c Config) (*Server, error) {
	if c.MaxKeysPerOrg == 0 {
		c.MaxKeysPerOrg = DefaultMaxKeysPerOrg
	}
	if c.Log == nil {
		c.Log = slog.New(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.Level(127)}))
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.MaintenanceEvery == 0 {
		c.MaintenanceEvery = time.Minute
	}
	offered := []digest.Algorithm{digest.MD5}
	if c.OfferSHA256 {
		offered = append(offered, digest.SHA256)
	}
	authenticator, err := auth.New(data.Keys, offered, c.Clock)
	if err != nil {
		return nil, err
	}
	service := op.Config{Store: data.Store, Seal: authenticator.Seal, HashSecret: authenticator.HashSecret, Sign: signer(data.Keys), IsSigned: isSigned(data.Keys), Granting: c.Granting, MaxKeysPerOrg: c.MaxKeysPerOrg}
	build := ReadBuild()
	rows := Rows(build)
	service.EndpointSets = wire.EndpointSets(rows, c.RateLimits, ratelimit.Endpoint{Method: http.MethodPost, Path: tokenPath})
	s := &Server{
		Service: op.NewService(service),
		data:    data, config: c, auth: authenticator, build: build, rows: rows,
	}
	if !c.NoFailureGuard {
		s.guard = auth.NewGuard(time.Now, c.Log)
	}
	if c.Metrics {
		s.metrics = metrics.New(metrics.Build{Version: build.Version, Commit: build.Hash, Go: build.Go})
		s.watch()
	}
	return s, nil
}

// Rows returns every row of every generation.
func Rows(b Build) []wire.Row {
	return slices.Concat(atlasv2.Rows(b.Hash), opsmanagerv1.Rows(b.Hash))
}

// Handler returns what answers requests: the API, the health checks and the
// OpenAPI documents. publicURL is the source of all links.
func (s *Server) Handler(publicURL string) http.Handler {
	c := wire.Config{
		Service: s.Service, Auth: s.auth, Limits: s.config.RateLimits, Rows: slices.Concat(s.rows, s.ownRows()), PublicURL: publicURL,
		ServiceVersion: s.build.Header(), Proxies: s.config.Proxies, Log: s.config.Log, Metrics: s.metrics, AccessLog: s.config.AccessLog,
	}
	if s.guard != nil {
		c.Guard = s.guard
	}
	api := wire.NewServer(c)
	return s.plainHandlers(api, publicURL)
}

// Limits of connections.
const (
	headerTimeout  = 5 * time.Second
	requestTimeout = 10 * time.Second
	writeTimeout   = 30 * time.Second
	idleTimeout    = 60 * time.Second
	drainTimeout   = 10 * time.Second
	// maxHeaderBytes and the 4 KiB that net/http adds to it make 16 KiB.
	maxHeaderBytes = 12 << 10
)

// Serve answers on the listener until the context ends, then drains: it stops
// listening, finishes the requests it has, and writes what is pending. It
// returns nil after a complete drain.
func (s *Server) Serve(ctx context.Context, ln net.Listener, tlsConfig *tls.Config) error {
	publicURL := s.config.PublicURL
	if publicURL == "" {
		publicURL = "http://" + ln.Addr().String()
		if tlsConfig != nil {
			publicURL = "https://" + ln.Addr().String()
		}
	}
	srv := &http.Server{
		Handler:           s.Handler(publicURL),
		TLSConfig:         tlsConfig,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       requestTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(s.config.Log.Handler(), slog.LevelDebug),
	}
	work, stopWork := context.WithCancel(context.Background())
	defer stopWork()
	maintained := make(chan struct{})
	go func() {
		defer close(maintained)
		s.maintain(work)
	}()
	served := make(chan error, 1)
	go func() {
		if tlsConfig != nil {
			served <- srv.ServeTLS(ln, "", "")
		} else {
			served <- srv.Serve(ln)
		}
	}()
	var err error
	select {
	case err = <-served:
	case <-ctx.Done():
		drain, cancel := context.WithTimeout(context.Background(), drainTimeout)
		defer cancel()
		err = srv.Shutdown(drain)
		if errors.Is(err, context.DeadlineExceeded) {
			err = errors.Join(errors.New("some requests did not end within 10 s and were cut off"), srv.Close())
		}
	}
	stopWork()
	<-maintained
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
