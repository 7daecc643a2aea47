package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/latchkey/latchkey/internal/policy"
	"github.com/latchkey/latchkey/internal/ratelimit"
)

// loadAll loads the settings of a command that has all of them.
func loadAll(t *testing.T, args, vars []string, files map[string]string) (config, []string, error) {
	t.Helper()
	cmd := &cobra.Command{Use: "test"}
	var names []string
	for _, s := range settings() {
		names = append(names, s.name)
	}
	addSettings(cmd, names...)
	if err := cmd.ParseFlags(args); err != nil {
		t.Fatal(err)
	}
	env := environment{vars, func(name string) ([]byte, error) {
		if text, ok := files[name]; ok {
			return []byte(text), nil
		}
		return nil, fs.ErrNotExist
	}}
	return env.load(cmd)
}

func TestDefaults(t *testing.T) {
	c, warnings, err := loadAll(t, nil, nil, nil)
	if err != nil || warnings != nil {
		t.Fatal(err, warnings)
	}
	want := config{listen: "127.0.0.1:8080", data: "./latchkey-data", maxKeys: 500, rateLimits: ratelimit.Default()}
	if got := fmt.Sprintf("%+v", c); got != fmt.Sprintf("%+v", want) {
		t.Errorf("got %s\nwant %+v", got, want)
	}
}

func TestPrecedence(t *testing.T) {
	file := map[string]string{"f": "data = file\nmax-keys-per-org = 7"}
	for _, test := range []struct {
		name       string
		args, vars []string
		data       string
		keys       int
	}{
		{"default", nil, nil, "./latchkey-data", 500},
		{"file", []string{"--config", "f"}, nil, "file", 7},
		{"file named by the environment", nil, []string{"LATCHKEY_CONFIG=f"}, "file", 7},
		{"environment", []string{"--config", "f"}, []string{"LATCHKEY_DATA=env"}, "env", 7},
		{"flag", []string{"--config", "f", "--data", "flag"}, []string{"LATCHKEY_DATA=env", "LATCHKEY_MAX_KEYS_PER_ORG=8"}, "flag", 8},
		{"empty variable", []string{"--config", "f"}, []string{"LATCHKEY_DATA="}, "file", 7},
		{"flag over the environment's file", []string{"--config", ""}, []string{"LATCHKEY_CONFIG=f"}, "./latchkey-data", 500},
		{"last flag", []string{"--data", "a", "--data", "b"}, nil, "b", 500},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, _, err := loadAll(t, test.args, test.vars, file)
			if err != nil {
				t.Fatal(err)
			}
			if c.data != test.data || c.maxKeys != test.keys {
				t.Errorf("data %q, keys %d; want %q, %d", c.data, c.maxKeys, test.data, test.keys)
			}
		})
	}
}

func TestValues(t *testing.T) {
	for _, test := range []struct {
		args string
		got  func(c config) any
		want any
	}{
		{"--role-grant atlas", func(c config) any { return c.granting }, policy.AtlasGranting},
		{"--role-grant strict", func(c config) any { return c.granting }, policy.Strict},
		{"--digest-algorithms md5,sha-256", func(c config) any { return c.offerSHA256 }, true},
		{"--digest-algorithms MD5,SHA-256", func(c config) any { return c.offerSHA256 }, true},
		{"--log-format json", func(c config) any { return c.logJSON }, true},
		{"--log-level warn", func(c config) any { return c.logLevel }, slog.LevelWarn},
		{"--no-example", func(c config) any { return c.noExample }, true},
		{"--no-example=0", func(c config) any { return c.noExample }, false},
		{"--public-url https://a.example//", func(c config) any { return c.publicURL }, "https://a.example"},
		{"--public-url http://[::1]:8080/base/", func(c config) any { return c.publicURL }, "http://[::1]:8080/base"},
		{"--listen [::1]:0", func(c config) any { return c.listen }, "[::1]:0"},
		{"--listen LOCALHOST:0", func(c config) any { return c.listen }, "LOCALHOST:0"},
		{"--listen :8080 --insecure-http --public-url http://a.example", func(c config) any { return c.listen }, ":8080"},
		{"--listen 192.0.2.1:443 --tls-cert c --tls-key k", func(c config) any { return c.scheme() }, "https"},
		{"--trusted-proxies 10.0.0.0/8,::1", func(c config) any { return len(c.proxies) }, 2},
		{"--max-keys-per-org 1", func(c config) any { return c.maxKeys }, 1},
		{"--access-log", func(c config) any { return c.accessLog }, true},
		{"--data x", func(c config) any { return c.metricsListen }, ""},
		{"--metrics-listen :9464", func(c config) any { return c.metricsListen }, "127.0.0.1:9464"},
		{"--metrics-listen 0.0.0.0:9464", func(c config) any { return c.metricsListen }, "0.0.0.0:9464"},
		{"--metrics-listen [::1]:0", func(c config) any { return c.metricsListen }, "[::1]:0"},
	} {
		t.Run(test.args, func(t *testing.T) {
			c, _, err := loadAll(t, strings.Fields(test.args), nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := test.got(c); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestFaults(t *testing.T) {
	for _, test := range []struct {
		args  string
		where string
		what  string
	}{
		{"--listen 8080", "--listen", "no address and port"},
		{"--metrics-listen 9464", "--metrics-listen", "no address and port; write it like 127.0.0.1:9464, [::1]:9464 or :9464"},
		{"--metrics-listen http://x:1", "--metrics-listen", "no address and port"},
		{"--metrics-listen a/b:1", "--metrics-listen", "no host that can be listened on"},
		{"--metrics-listen 127.0.0.1:8080", "--metrics-listen", "127.0.0.1:8080 is also --listen"},
		{"--listen localhost", "--listen", "no address and port"},
		{"--listen 127.0.0.1:http", "--listen", "no address and port"},
		{"--listen 127.0.0.1:65536", "--listen", "no address and port"},
		{"--listen 127.0.0.1:-1", "--listen", "no address and port"},
		{"--listen ::1:8080", "--listen", "no address and port"},
		{"--listen http://127.0.0.1:80", "--listen", "no address and port"},
		{"--listen [fe80::1%eth0]:80", "--listen", "no host"},
		{"--listen 192.0.2.1:80", "--listen", "is not loopback"},
		{"--listen example.org:80", "--listen", "is not loopback"},
		{"--listen 0.0.0.0:80 --insecure-http", "--public-url", "is missing"},
		{"--listen [::]:80 --insecure-http", "--public-url", "is missing"},
		{"--listen [::ffff:0.0.0.0]:80 --insecure-http", "--public-url", "is missing"},
		{"--listen :80 --tls-cert c --tls-key k", "--public-url", "example --public-url https://"},
		{"--data=", "--data", "is empty"},
		{"--public-url keys.example.org", "--public-url", "no absolute"},
		{"--public-url //keys.example.org", "--public-url", "no absolute"},
		{"--public-url https:keys.example.org", "--public-url", "no absolute"},
		{"--public-url https://", "--public-url", "no absolute"},
		{"--public-url https://:80", "--public-url", "no absolute"},
		{"--public-url https://a.example/?", "--public-url", "query or a fragment"},
		{"--public-url https://a.example/#", "--public-url", "query or a fragment"},
		{"--public-url https://a:b@c.example", "--public-url", "user name"},
		{"--public-url https://a.example/\"x", "--public-url", "escaping"},
		{"--public-url https://ä.example/", "--public-url", "escaping"},
		{"--tls-cert c", "--tls-key", "is missing"},
		{"--tls-key k", "--tls-cert", "is missing"},
		{"--max-keys-per-org 0", "--max-keys-per-org", "at least 1"},
		{"--max-keys-per-org -1", "--max-keys-per-org", "at least 1"},
		{"--max-keys-per-org 99999999999999999999", "--max-keys-per-org", "at least 1"},
		{"--digest-algorithms sha-256", "--digest-algorithms", `"md5", "md5,sha-256"`},
		{"--digest-algorithms sha-256,md5", "--digest-algorithms", "none of"},
		{"--role-grant Strict", "--role-grant", "none of"},
		{"--log-format xml", "--log-format", "none of"},
		{"--log-level trace", "--log-level", "none of"},
		{"--no-example=maybe", "--no-example", "none of"},
		{"--trusted-proxies 0.0.0.0/0", "--trusted-proxies", "choose its address"},
		{"--config gone", "--config", "cannot be read"},
	} {
		t.Run(test.args, func(t *testing.T) {
			_, _, err := loadAll(t, strings.Fields(test.args), nil, nil)
			var faults configError
			if !errors.As(err, &faults) || len(faults) != 1 {
				t.Fatalf("got %v, want one fault", err)
			}
			if faults[0].where != test.where || !strings.Contains(faults[0].what, test.what) {
				t.Errorf("got %q, want %s: …%s…", faults[0], test.where, test.what)
			}
		})
	}
}

// TestEverySettingHasThreeNames sets each one in each of its places to a value
// that no setting has.
func TestEverySettingHasThreeNames(t *testing.T) {
	const nonsense = "\x01"
	for _, s := range settings() {
		if err := s.set(new(config), nonsense); err == nil {
			continue // names of files can be anything
		}
		for where, load := range map[string]func() error{
			"--" + s.name: func() error { _, _, err := loadAll(t, []string{"--" + s.name + "=" + nonsense}, nil, nil); return err },
			s.env():       func() error { _, _, err := loadAll(t, nil, []string{s.env() + "=" + nonsense}, nil); return err },
			"f:2": func() error {
				_, _, err := loadAll(t, []string{"--config=f"}, nil, map[string]string{"f": "\n" + s.name + ` = "\x01"`})
				return err
			},
		} {
			var faults configError
			if err := load(); !errors.As(err, &faults) || faults[0].where != where {
				t.Errorf("%s: got %v, want a fault there", where, err)
			}
		}
	}
}

func TestUnknownVariables(t *testing.T) {
	_, warnings, err := loadAll(t, nil, []string{"LATCHKEY_X=1", "LATCHKEY_DATTA=1", "LATCHKEY_TEST_X=1", "LATCHKEY_EMPTY=", "LATCH=1"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(warnings) != 2 || !strings.HasSuffix(warnings[0], "LATCHKEY_DATTA means nothing to Latchkey; did you mean LATCHKEY_DATA?") || !strings.Contains(warnings[1], "LATCHKEY_X ") {
		t.Errorf("%q", warnings)
	}
}

// TestRateLimits reads the two settings together, from everywhere.
func TestRateLimits(t *testing.T) {
	published := ratelimit.Published()
	small := ratelimit.Limit{Capacity: 3, Refill: 2}
	failures := ratelimit.Limit{Capacity: 50, Refill: 50}
	for _, test := range []struct {
		name       string
		args, vars []string
		file       string
		want       ratelimit.Limits
		faults     string // where and what, separated by |
	}{
		{"off", nil, nil, "", ratelimit.Limits{"oauthToken_ip": failures}, ""},
		{"off by its name", []string{"--rate-limits=off"}, nil, "", ratelimit.Limits{"oauthToken_ip": failures}, ""},
		{"none at all", nil, nil, "rate-limit = oauthToken_ip off", nil, ""},
		{"failures by other values", nil, nil, "rate-limit = oauthToken_ip 3/2", ratelimit.Limits{"oauthToken_ip": small}, ""},
		{"atlas", []string{"--rate-limits=atlas"}, nil, "", published, ""},
		{"one alone", nil, nil, "rate-limit = events_group 3/2", ratelimit.Limits{"oauthToken_ip": failures, "events_group": small}, ""},
		{"on top of atlas", nil, nil, "rate-limit = events_group 3/2 # comment\nrate-limits = atlas\nrate-limit = root_ip off",
			published.With(ratelimit.Rule{Set: "events_group", Limit: small}, ratelimit.Rule{Set: "root_ip"}), ""},
		{"in one line", nil, nil, "rate-limit = events_group 3/2, root_ip 3/2", ratelimit.Limits{"oauthToken_ip": failures, "events_group": small, "root_ip": small}, ""},
		{"in two flags", []string{"--rate-limit", "events_group 3/2", "--rate-limit=root_ip 3/2"}, nil, "", ratelimit.Limits{"oauthToken_ip": failures, "events_group": small, "root_ip": small}, ""},
		{"in the environment", nil, []string{"LATCHKEY_RATE_LIMIT=events_group 3/2", "LATCHKEY_RATE_LIMITS=off"}, "", ratelimit.Limits{"oauthToken_ip": failures, "events_group": small}, ""},
		{"flags before the file", []string{"--rate-limit=root_ip 3/2"}, nil, "rate-limit = events_group 3/2\nrate-limit = nonsense", ratelimit.Limits{"oauthToken_ip": failures, "root_ip": small}, ""},
		{"faults", nil, nil, "rate-limits = on\nrate-limit = events_group 3/2\nrate-limit = events_group 1/1\nrate-limit = x 1/1, events_user 0/1", nil,
			`f:1: "on" is none of|f:3: the limit of events_group was given already|f:4: there is no endpoint set "x"|f:4: the capacity "0"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			args := test.args
			if test.file != "" {
				args = append(args, "--config=f")
			}
			c, _, err := loadAll(t, args, test.vars, map[string]string{"f": test.file})
			if test.faults == "" {
				if err != nil || fmt.Sprint(c.rateLimits) != fmt.Sprint(test.want) {
					t.Errorf("got %v, %v; want %v", c.rateLimits, err, test.want)
				}
				return
			}
			var faults configError
			errors.As(err, &faults)
			want := strings.Split(test.faults, "|")
			if len(faults) != len(want) {
				t.Fatalf("got %v, want %q", err, want)
			}
			for i, f := range faults {
				if got := f.where + ": " + f.what; !strings.HasPrefix(got, want[i]) {
					t.Errorf("got %q, want %q", got, want[i])
				}
			}
		})
	}
}
