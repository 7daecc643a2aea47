package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/latchkey/latchkey/internal/policy"
	"github.com/latchkey/latchkey/internal/server"
)

func newServeCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the API",
		Long: `Serve answers the Atlas Administration API v2 under /api/atlas/v2, the Ops
Manager Public API under /api/public/v1.0 and its twin under /api/atlas/v1.0.

An empty data directory is set up first, with one organization, one project, an
owner key and an example key. Their private keys are shown once: on a terminal
they are printed, with commands to try them; otherwise they are written to
` + server.FirstKeysFile + ` in the data directory.

Every flag can also be given as an environment variable (LATCHKEY_LISTEN for
--listen) and as a line of the file that --config names (listen = 127.0.0.1:8080).
A flag goes before the environment, and that before the file. Paths are relative
to where latchkey is started.

SIGTERM and SIGINT end it after the requests it has; a second one at once.`,
		Example: `  # On http://127.0.0.1:8080 with the data in ./latchkey-data
  latchkey serve

  # For everybody, with TLS
  latchkey serve --listen :443 --public-url https://keys.example.org \
    --tls-cert cert.pem --tls-key key.pem

  # Behind a proxy on the same host that speaks TLS
  latchkey serve --public-url https://keys.example.org --trusted-proxies 127.0.0.1

  # Configured by the environment
  LATCHKEY_DATA=/var/lib/latchkey LATCHKEY_LOG_FORMAT=json latchkey serve`,
		Args: cobra.NoArgs,
	}
	var all []string
	for _, s := range settings() {
		all = append(all, s.name)
	}
	addSettings(cmd, all...)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		surviveClosedOutput()
		c, err := p.load(cmd)
		if err != nil {
			return err
		}
		ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		return p.serve(ctx, stop, c)
	}
	return cmd
}

// gcPercent is how far the heap grows between collections, in percent of what
// lives. Little lives here and much is made for each request: the default
// would collect after every few answers that list many roles.
const gcPercent = 400

// serve answers requests until the context ends because a signal came; stop
// gives the next signal its default effect again, which is to end the process.
func (p *program) serve(ctx context.Context, stop func(), c config) (err error) {
	log := newLog(p.stderr, c)
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	context.AfterFunc(ctx, func() {
		stop()
		log.Info("draining; a second signal ends at once")
	})
	var tlsConfig *tls.Config
	if c.tlsCert != "" {
		certificate, err := server.LoadCertificate(c.tlsCert, c.tlsKey, log)
		if err != nil {
			return err
		}
		tlsConfig = certificate.Config()
	}
	data, err := server.OpenData(ctx, c.data, c.masterKeyFile)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, data.Close()) }()
	if data.OtherCheckpointKeys {
		log.Warn("the public keys of audit checkpoints in the data directory were not those of the master key, and were written anew: who verified with them was misled", slog.String("file", server.CheckpointKeyFile))
	}
	s, err := server.New(data, server.Config{
		PublicURL: c.publicURL, Granting: c.granting, MaxKeysPerOrg: c.maxKeys,
		OfferSHA256: c.offerSHA256, Proxies: c.proxies, RateLimits: c.rateLimits, Log: log,
		Metrics: c.metricsListen != "", AccessLog: c.accessLog,
	})
	if err != nil {
		return err
	}
	// The port is taken before anything is created: nobody shall look for keys
	// of a server that never ran.
	ln, err := listen(ctx, c)
	if err != nil {
		return err
	}
	defer ln.Close()
	address := c.scheme() + "://" + ln.Addr().String()
	closeMetrics, err := openMetrics(ctx, s, c, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeMetrics()) }()
	// Commands come after the first set-up, which theirs must not be taken for,
	// and before anybody is told that the server is there.
	first, err := p.greet(ctx, data, c, address)
	if err != nil {
		return err
	}
	admin, err := s.OpenAdmin()
	if err != nil {
		return first.hand(p, data, err)
	}
	defer func() { err = errors.Join(err, admin.Close()) }()
	_, err = io.WriteString(p.stdout, first.text)
	if err = first.hand(p, data, err); err != nil {
		return err
	}
	if c.granting == policy.AtlasGranting {
		log.Warn("ROLE GRANTING IS NOT STRICT: with --role-grant=atlas a caller may grant roles that it does not hold itself, project ownership included")
	}
	if !p.onTerminal() { // where the line above says it
		log.Info("serving", slog.String("address", address), slog.String("data", c.data), slog.String("version", server.ReadBuild().Version))
	}
	err = s.Serve(ctx, ln, tlsConfig)
	log.Info("stopped")
	return err
}

func listen(ctx context.Context, c config) (net.Listener, error) {
	ln, err := listenOn(ctx, c.listen, "--listen")
	if err != nil {
		return nil, err
	}
	// A name such as localhost means what the system says it means.
	if addr, ok := ln.Addr().(*net.TCPAddr); ok && c.scheme() == "http" && !c.insecureHTTP && !addr.IP.IsLoopback() {
		return nil, errors.Join(fmt.Errorf("%s is %s here, which is not loopback; give --tls-cert and --tls-key, or --insecure-http behind a proxy that speaks TLS", c.listen, addr), ln.Close())
	}
	return ln, nil
}

// openMetrics serves metrics, if anybody asked for them, until what it returns
// is called.
func openMetrics(ctx context.Context, s *server.Server, c config, log *slog.Logger) (closeAll func() error, err error) {
	if c.metricsListen == "" {
		return func() error { return nil }, nil
	}
	ln, err := listenOn(ctx, c.metricsListen, "--metrics-listen")
	if err != nil {
		return nil, err
	}
	if addr, ok := ln.Addr().(*net.TCPAddr); ok && !addr.IP.IsLoopback() {
		log.Warn("metrics are served beyond this machine, to whoever asks", slog.String("address", addr.String()))
	}
	log.Info("serving metrics", slog.String("address", "http://"+ln.Addr().String()+"/metrics"))
	return s.OpenMetrics(ln).Close, nil
}

// listenOn listens on the address, which the flag gave.
func listenOn(ctx context.Context, address, flag string) (net.Listener, error) {
	var config net.ListenConfig
	ln, err := config.Listen(ctx, "tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s is taken: another program listens there; stop it or choose another %s: %w", address, flag, err)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w", address, err)
	}
	return ln, nil
}

// surviveClosedOutput makes writing to a closed pipe an error instead of the
// end of the process: keys that cannot be shown must not be lost.
func surviveClosedOutput() { signal.Ignore(syscall.SIGPIPE) }

func newLog(w io.Writer, c config) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.logLevel}
	if c.logJSON {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// greeting is what serve prints when it starts.
type greeting struct {
	text string
	keys *server.FirstKeys // what nobody has but the text; nil when there is nothing of the kind
}

// hand returns the error. If there is one, the keys that could not be shown
// are left in a file first.
func (g greeting) hand(p *program, data *server.Data, err error) error {
	if g.keys == nil {
		return err
	}
	return p.hand(data, *g.keys, err)
}

// greet sets the data up at the first start and returns what to print: where
// the server is, and on a terminal the keys. Without one they are in a file.
func (p *program) greet(ctx context.Context, data *server.Data, c config, address string) (greeting, error) {
	g := greeting{text: "Latchkey is serving on " + address + "\n"}
	path, err := data.FinishSetUp(ctx)
	if err != nil {
		return g, err
	}
	done, err := data.IsSetUp(ctx)
	switch {
	case err != nil:
		return g, err
	case !done && p.onTerminal():
		keys, err := data.SetUp(ctx, !c.noExample)
		g.text += firstStart(keys, curlURL(c, address))
		g.keys = &keys
		return g, err
	case !done:
		if path, err = data.SetUpToFile(ctx, !c.noExample); err != nil {
			return g, err
		}
	}
	if path != "" {
		g.text += "The keys of this first start are in " + path + ": take them from there and delete the file.\n"
	}
	return g, nil
}

// onTerminal reports whether somebody can be expected to read standard output
// now. The null device looks like a terminal and is none.
func (p *program) onTerminal() bool { return isTerminal(p.stdout) }

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	out, err := f.Stat()
	if err != nil || out.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err == nil && !os.SameFile(out, null)
}
