package wire

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/go-chi/chi/v5"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/metrics"
	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/ratelimit"
)

// Config is what a Server needs; every field is required but Guard, Limits,
// Proxies, Metrics and AccessLog.
type Config struct {
	Service        *op.Service
	Auth           Authenticator
	Guard          Guard            // nil slows nobody down
	Limits         ratelimit.Limits // nil limits nothing
	Rows           []Row
	PublicURL      string // without a slash at its end
	ServiceVersion string // the value of X-MongoDB-Service-Version
	Proxies        Proxies
	Log            *slog.Logger
	Metrics        *metrics.Metrics // nil counts nothing
	AccessLog      bool             // whether each answer is a line of the log
}

// Server routes requests to rows. It is an http.Handler for everything below
// /api.
type Server struct {
	service       *op.Service
	auth          Authenticator
	guard         Guard
	publicURL     string
	bases         [generationCount]string
	versionHeader []string
	proxies       Proxies
	log           *slog.Logger
	metrics       *metrics.Metrics
	accessLog     bool
	observes      bool // whether anybody asks what became of a request
	unrouted      [generationCount]*metrics.Operation
	routes        *chi.Mux // finds the pattern of a path; it never serves
	handlers      map[route]handler
	methods       []string
	contexts      sync.Pool    // of *chi.Context
	unavailable   atomic.Int64 // the last second in which a request was, for the log
	limited       atomic.Int64 // likewise
}

// route is what a handler is found by.
type route struct{ method, pattern string }

// handler serves a row on one generation.
type handler struct {
	gen     Generation
	row     *Row
	limiter *limiter // nil when nothing limits the row
	series  *metrics.Operation
}

// NewServer returns a server of the rows. It panics when two rows claim the
// same method and path, which is a fault of the program.
func NewServer(c Config) *Server {
	s := &Server{
		service: c.Service, auth: c.Auth, guard: c.Guard, publicURL: c.PublicURL,
		versionHeader: []string{c.ServiceVersion}, proxies: c.Proxies, log: c.Log,
		metrics: c.Metrics, accessLog: c.AccessLog, observes: c.Metrics != nil || c.AccessLog,
		routes: chi.NewMux(), handlers: make(map[route]handler),
		contexts: sync.Pool{New: func() any { return chi.NewRouteContext() }},
	}
	if s.guard == nil {
		s.guard = noGuard{}
	}
	for _, g := range Generations() {
		s.bases[g] = c.PublicURL + g.Base()
		s.unrouted[g] = c.Metrics.Operation(unknownOperation, g.Name())
	}
	limits := limiters(c.Limits, c.Metrics)
	for i := range c.Rows {
		row := &c.Rows[i]
		set, _ := row.EndpointSet()
		for _, gen := range row.Generations {
			series := c.Metrics.Operation(row.Op.Name, row.generationName(gen))
			for _, path := range row.Paths(gen) {
				s.handle(route{row.Method, path}, handler{gen, row, limits[set.ID], series})
			}
		}
	}
	slices.Sort(s.methods)
	return s
}

func (s *Server) handle(at route, h handler) {
	if _, taken := s.handlers[at]; taken {
		panic(fmt.Sprintf("two rows serve %s %s", at.method, at.pattern))
	}
	s.handlers[at] = h
	s.routes.MethodFunc(at.method, at.pattern, func(http.ResponseWriter, *http.Request) {})
	if !slices.Contains(s.methods, at.method) {
		s.methods = append(s.methods, at.method)
	}
}

// Paths returns the full patterns under which the generation serves the row.
func (row *Row) Paths(gen Generation) []string {
	paths := make([]string, 0, len(row.Patterns))
	for _, p := range row.Patterns {
		if !row.Absolute {
			p = gen.Base() + p
		}
		paths = append(paths, p)
	}
	return paths
}

// ServeHTTP routes on the path as it was sent: what a client escaped stays in
// one segment, and is unescaped once, when a row reads it.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	found := s.contexts.Get().(*chi.Context)
	defer s.contexts.Put(found)
	found.Reset()
	h, ok := s.handlers[route{r.Method, s.find(found, r.Method, r.URL.EscapedPath())}]
	if !ok {
		s.unknown(w, r)
		return
	}
	x := s.begin(w, r, h.gen, h.row, h.series)
	defer x.end()
	if !x.open() {
		return
	}
	x.params, x.limiter = &found.URLParams, h.limiter
	defer x.survive()
	h.row.serve(s, x)
}

// find returns the pattern that serves the method and path, or "". A path with
// an empty segment names nothing: the router alone would take that segment for
// an empty id.
func (s *Server) find(found *chi.Context, method, path string) string {
	if strings.Contains(path, "//") {
		return ""
	}
	return s.routes.Find(found, method, path)
}

// survive turns a panic into an internal fault of this one request.
func (x *exchange) survive() {
	fault := recover()
	if fault == nil {
		return
	}
	if fault == http.ErrAbortHandler {
		panic(fault)
	}
	x.s.log.Error("panic", slog.String("requestId", x.id[0]), slog.String("operation", x.operation()), slog.Any("fault", fault), slog.String("stack", string(debug.Stack())))
	x.refuse(latchkey.Refuse(latchkey.CodeInternal))
}

// unknown answers what no row serves: 405 when the path is served for another
// method, else 404.
func (s *Server) unknown(w http.ResponseWriter, r *http.Request) {
	gen := generationOf(r.URL.Path)
	x := s.begin(w, r, gen, &Row{}, s.unrouted[gen])
	defer x.end()
	if !x.open() {
		return
	}
	x.drain()
	path := r.URL.EscapedPath()
	var allowed []string
	for _, method := range s.methods {
		if s.find(chi.NewRouteContext(), method, path) != "" {
			allowed = append(allowed, method)
		}
	}
	if allowed == nil {
		x.refuse(latchkey.Refuse(latchkey.CodeRouteNotFound, path))
		return
	}
	w.Header()["Allow"] = []string{strings.Join(allowed, ", ")}
	x.refuse(latchkey.Refuse(latchkey.CodeMethodNotAllowed, r.Method))
}

// generationOf returns the generation whose way of saying errors a path gets.
func generationOf(path string) Generation {
	for _, g := range Generations() {
		if strings.HasPrefix(path, g.Base()+"/") || path == g.Base() {
			return g
		}
	}
	return AtlasV2
}
