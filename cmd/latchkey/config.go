package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/latchkey/latchkey/internal/policy"
	"github.com/latchkey/latchkey/internal/ratelimit"
	"github.com/latchkey/latchkey/internal/server"
	"github.com/latchkey/latchkey/internal/wire"
)

// config is what the settings say, checked.
type config struct {
	listen        string
	data          string
	publicURL     string // without a slash at its end; "" is that of the listener
	tlsCert       string
	tlsKey        string
	insecureHTTP  bool
	proxies       wire.Proxies
	granting      policy.Granting
	maxKeys       int
	offerSHA256   bool
	rateLimits    ratelimit.Limits
	ownLimits     map[string]bool // the sets whose limits were given one by one
	logJSON       bool
	logLevel      slog.Level
	accessLog     bool
	metricsListen string // "" serves no metrics
	masterKeyFile string
	noExample     bool
}

// setting declares one thing that can be configured, once: the name of its
// flag, from which those of its environment variable and of its line in the
// configuration file follow, and how its text is read.
type setting struct {
	name     string
	kind     string // of value, for the help; "" for a switch
	fallback string // the text when nobody sets it
	usage    string
	set      func(c *config, text string) error // says what is wrong and what helps
}

// env returns the name of the setting's environment variable.
func (s *setting) env() string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(s.name, "-", "_"))
}

// kindMany is the kind of a setting whose value is a list, and which can be
// given several times as a flag and in the file, each time adding to the list.
const kindMany = "limits"

const envPrefix = "LATCHKEY_"

// settings lists everything that can be configured, in the order of the help.
func settings() []setting {
	return []setting{
		{"listen", "address", "127.0.0.1:8080", "address and port to listen on; port 0 takes a free one", setListen},
		{"data", "directory", "./latchkey-data", "directory that holds the data", func(c *config, text string) error {
			c.data = text
			return notEmpty(text)
		}},
		{"public-url", "url", "", "URL that clients reach the server under, the only source of links in answers (default: the listen address)", setPublicURL},
		{"tls-cert", "file", "", "file of the TLS certificate with its chain (PEM), read again when it changes", text(func(c *config) *string { return &c.tlsCert })},
		{"tls-key", "file", "", "file of the certificate's private key (PEM)", text(func(c *config) *string { return &c.tlsKey })},
		{"insecure-http", "", "false", "serve plain HTTP on other addresses than loopback", truth(func(c *config) *bool { return &c.insecureHTTP })},
		{"trusted-proxies", "list", "", "addresses and CIDR blocks of the proxies whose X-Forwarded-For is believed, separated by commas", func(c *config, text string) (err error) {
			c.proxies, err = wire.ParseProxies(text)
			return err
		}},
		{"role-grant", "strict|atlas", "strict", "strict: a caller grants only what its own roles imply; atlas: only the operation's own role is asked for", func(c *config, text string) error {
			return choose(text, &c.granting, map[string]policy.Granting{"strict": policy.Strict, "atlas": policy.AtlasGranting})
		}},
		{"max-keys-per-org", "number", strconv.Itoa(server.DefaultMaxKeysPerOrg), "how many API keys an organization may have", setMaxKeys},
		{"digest-algorithms", "md5|md5,sha-256", "md5", "digest algorithms to offer", func(c *config, text string) error {
			return choose(strings.ReplaceAll(strings.ToLower(text), " ", ""), &c.offerSHA256, map[string]bool{"md5": false, "md5,sha-256": true})
		}},
		{"rate-limits", "off|atlas", "off", "off: only wrong credentials at the token endpoint are limited, callers may call as often as they like; atlas: the published limits of each endpoint set, counted by this process alone", func(c *config, text string) error {
			return choose(text, &c.rateLimits, map[string]ratelimit.Limits{"off": ratelimit.Default(), "atlas": ratelimit.Published()})
		}},
		{"rate-limit", kindMany, "", "limit of one endpoint set, on top of --rate-limits: \"events_group 300/100\" lets 300 requests through at once and 100 a minute, \"events_group off\" all; several are separated by commas or given one by one", setRateLimit},
		{"log-format", "text|json", "text", "format of the log, which goes to standard error", func(c *config, text string) error {
			return choose(text, &c.logJSON, map[string]bool{"text": false, "json": true})
		}},
		{"log-level", "debug|info|warn|error", "info", "least severe messages to log", func(c *config, text string) error {
			return choose(text, &c.logLevel, map[string]slog.Level{
				"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
			})
		}},
		{"access-log", "", "false", "log a line for each answer, whatever --log-level says", truth(func(c *config) *bool { return &c.accessLog })},
		{"metrics-listen", "address", "", "address and port to serve Prometheus metrics on, at /metrics, by plain HTTP and without credentials; without a host it is loopback (default: nowhere)", setMetricsListen},
		{"master-key-file", "file", "", "file of the master key (default: " + server.MasterKeyFile + " in the data directory)", text(func(c *config) *string { return &c.masterKeyFile })},
		{"no-example", "", "false", "leave the example key out of the first set-up", truth(func(c *config) *bool { return &c.noExample })},
	}
}

func text(field func(*config) *string) func(*config, string) error {
	return func(c *config, text string) error {
		*field(c) = text
		return nil
	}
}

func truth(field func(*config) *bool) func(*config, string) error {
	return func(c *config, text string) error {
		return choose(text, field(c), map[string]bool{"true": true, "1": true, "false": false, "0": false})
	}
}

func notEmpty(text string) error {
	if text == "" {
		return fmt.Errorf("is empty; give a value or leave the setting out")
	}
	return nil
}

// choose sets the value that the text stands for.
func choose[V any](text string, to *V, values map[string]V) error {
	v, ok := values[text]
	if !ok {
		return fmt.Errorf("%q is none of %s", text, quotedList(values))
	}
	*to = v
	return nil
}

func setListen(c *config, text string) error {
	_, _, err := hostPort(text, "8080")
	c.listen = text
	return err
}

// setMetricsListen takes an address without a host for loopback: what everybody
// can read must be asked for.
func setMetricsListen(c *config, text string) error {
	if text == "" {
		return nil
	}
	host, port, err := hostPort(text, "9464")
	if host == "" {
		host = "127.0.0.1"
	}
	c.metricsListen = net.JoinHostPort(host, port)
	return err
}

// hostPort splits an address to listen on; example is a port that the error shows.
func hostPort(text, example string) (host, port string, err error) {
	host, port, err = net.SplitHostPort(text)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return "", "", fmt.Errorf("%q is no address and port; write it like 127.0.0.1:%s, [::1]:%[2]s or :%[2]s", text, example)
	}
	if strings.ContainsAny(host, " /%") {
		return "", "", fmt.Errorf("%q has no host that can be listened on; write it like 127.0.0.1:%s", text, example)
	}
	return host, port, nil
}

func setMaxKeys(c *config, text string) error {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return fmt.Errorf("%q is no number of at least 1", text)
	}
	c.maxKeys = n
	return nil
}

func setRateLimit(c *config, text string) error {
	if text == "" {
		return nil
	}
	var faults []error
	for item := range strings.SplitSeq(text, ",") {
		r, err := ratelimit.ParseRule(item)
		switch {
		case err != nil:
			faults = append(faults, err)
		case c.ownLimits[r.Set]:
			faults = append(faults, fmt.Errorf("the limit of %s was given already; keep one of them", r.Set))
		default:
			c.rateLimits = c.rateLimits.With(r)
			if c.ownLimits == nil {
				c.ownLimits = make(map[string]bool)
			}
			c.ownLimits[r.Set] = true
		}
	}
	return errors.Join(faults...)
}

func setPublicURL(c *config, text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Host == "", u.Hostname() == "", u.Opaque != "":
		return fmt.Errorf("%q is no absolute http or https URL; write it like https://keys.example.org", text)
	case u.User != nil:
		return fmt.Errorf("the URL has a user name in it; leave out everything before and with the @")
	case strings.ContainsAny(text, "?#"):
		return fmt.Errorf("%q has a query or a fragment; end it after the path", text)
	case strings.ContainsAny(text, "\"<>\\ ") || !printable(text):
		return fmt.Errorf("%q has characters that need escaping in a URL", text)
	}
	c.publicURL = strings.TrimRight(text, "/")
	return nil
}

func printable(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) < 0
}

// check finds what is wrong between the settings that were read well, which
// are those not in bad.
func (c *config) check(bad map[string]bool) []fault {
	var faults []fault
	if (c.tlsCert == "") != (c.tlsKey == "") {
		have, lack := "tls-cert", "tls-key"
		if c.tlsCert == "" {
			have, lack = lack, have
		}
		faults = append(faults, fault{"--" + lack, "is missing, and --" + have + " is given; give both or none"})
	}
	if bad["listen"] {
		return faults
	}
	if c.metricsListen == c.listen && !strings.HasSuffix(c.listen, ":0") {
		faults = append(faults, fault{"--metrics-listen", c.listen + " is also --listen; give metrics a port of their own"})
	}
	if c.publicURL == "" && !bad["public-url"] && c.unspecified() {
		faults = append(faults, fault{"--public-url", fmt.Sprintf("is missing; with --listen %s nobody knows the URL that clients use; give it, for example --public-url %s://keys.example.org", c.listen, c.scheme())})
	}
	if c.scheme() == "http" && !c.insecureHTTP && !bad["insecure-http"] && !c.loopback() {
		faults = append(faults, fault{"--listen", c.listen + " is not loopback, and without TLS everybody on the way reads along; give --tls-cert and --tls-key, or --insecure-http behind a proxy that speaks TLS"})
	}
	return faults
}

func (c *config) scheme() string {
	if c.tlsCert != "" || c.tlsKey != "" {
		return "https"
	}
	return "http"
}

// host returns the host of the listen address.
func (c *config) host() string {
	host, _, err := net.SplitHostPort(c.listen)
	if err != nil {
		return ""
	}
	return host
}

func (c *config) unspecified() bool {
	addr, err := netip.ParseAddr(c.host())
	return c.host() == "" || err == nil && addr.Unmap().IsUnspecified()
}

func (c *config) loopback() bool {
	addr, err := netip.ParseAddr(c.host())
	return strings.EqualFold(c.host(), "localhost") || err == nil && addr.Unmap().IsLoopback()
}
