// Command bench measures Latchkey by a yardstick of four operations, side by
// side with systems that people would pick instead and with what the machine
// itself allows. It builds what it needs, runs everything on loopback with the
// client on the same processors, and prints one table.
//
//	go run . --quick      a tenth of the data, short runs: under two minutes
//	go run .              the whole yardstick
//	go run . --only latchkey,limits
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// options are what a run can be told.
type options struct {
	quick  bool
	only   []string
	conns  []int
	rounds int
	length time.Duration
	out    string
	chart  string
	seed   uint64
}

func main() {
	if len(os.Args) == 4 && os.Args[1] == "limit-server" {
		fail(limitServer(os.Args[2], os.Args[3]))
		return
	}
	o, err := parseOptions(os.Args[1:])
	if err == flag.ErrHelp {
		return
	}
	fail(err)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	fail(run(ctx, o))
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func parseOptions(args []string) (options, error) {
	var o options
	var only, conns string
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.BoolVar(&o.quick, "quick", false, "a tenth of the data, one short round, without OpenFGA (whose build takes minutes)")
	f.StringVar(&only, "only", "", "the targets to measure, separated by commas: "+strings.Join(targetKinds(), ", "))
	f.StringVar(&conns, "connections", "1,16,64", "how many keep-alive connections, separated by commas")
	f.IntVar(&o.rounds, "rounds", 3, "how often everything is measured; the table has medians")
	f.DurationVar(&o.length, "length", 2*time.Second, "how long each operation is measured at each number of connections")
	f.StringVar(&o.out, "out", "", "file to write the table to besides standard output (Markdown)")
	f.StringVar(&o.chart, "chart", "", "file to write a chart of the rates at the most connections to (SVG)")
	f.Uint64Var(&o.seed, "seed", 1, "of everything that is drawn")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	if o.quick {
		o.rounds, o.length = 1, 500*time.Millisecond
	}
	for text := range strings.SplitSeq(conns, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return o, fmt.Errorf("--connections: %q is no number of connections", text)
		}
		o.conns = append(o.conns, n)
	}
	if o.rounds < 1 || o.length <= 0 {
		return o, fmt.Errorf("--rounds and --length must be positive")
	}
	o.only = targetKinds()
	if o.quick {
		o.only = slices.DeleteFunc(o.only, func(kind string) bool { return kind == "openfga" })
	}
	if only != "" {
		o.only = strings.Split(only, ",")
	}
	for _, kind := range o.only {
		if !slices.Contains(targetKinds(), kind) {
			return o, fmt.Errorf("--only: there is no target %q; there are %s", kind, strings.Join(targetKinds(), ", "))
		}
	}
	return o, nil
}

// targetKinds are the names that --only takes.
func targetKinds() []string {
	return []string{"latchkey", "latchkey-fresh", "latchkey-100", "openfga", "pocketbase", "etcd", "limits"}
}

// place is where a target is measured: its data and what it logs.
type place struct {
	target
	dir   string
	shape shape
}

func run(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "latchkey-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	p := newProgress()
	log, err := os.Create(filepath.Join(dir, "children.log"))
	if err != nil {
		return err
	}
	defer log.Close()
	places, err := makePlaces(ctx, o, dir, log, p)
	if err != nil {
		return err
	}
	for _, at := range places {
		if err := os.Mkdir(at.dir, 0o700); err != nil {
			return err
		}
		if err := at.prepare(ctx, at.dir, at.shape); err != nil {
			return explain(err, log.Name())
		}
	}
	r := newResults(o)
	if r.flushes, err = flushLimit(dir, o.length); err != nil {
		return err
	}
	for round := range o.rounds {
		for _, at := range places {
			p.say("round %d of %d: %s", round+1, o.rounds, at.name())
			if err := measureAll(ctx, at, o, r, p, round); err != nil {
				return explain(err, log.Name())
			}
		}
	}
	p.end()
	table := r.table()
	fmt.Print(table)
	if o.out != "" {
		if err := os.WriteFile(o.out, []byte(table), 0o644); err != nil {
			return err
		}
	}
	if o.chart != "" {
		return os.WriteFile(o.chart, []byte(r.chart()), 0o644)
	}
	return nil
}

// explain adds what the children said last.
func explain(err error, log string) error {
	text, readErr := os.ReadFile(log)
	if readErr != nil || len(text) == 0 {
		return err
	}
	return fmt.Errorf("%w; the servers said last:\n%s", err, text[max(0, len(text)-2000):])
}

// measureAll measures every operation of a target at every number of
// connections, and how much memory it took in the end.
func measureAll(ctx context.Context, at place, o options, r *results, p *progress, round int) error {
	pid, err := at.start(ctx)
	if err != nil {
		return err
	}
	defer at.stop()
	for _, op := range operations() {
		for _, conns := range o.conns {
			p.say("round %d of %d: %s, %s at %d connections", round+1, o.rounds, at.name(), op, conns)
			s, err := measure(ctx, at.target, pid, op, conns, o.length, o.seed+uint64(round))
			if err == errNone {
				continue
			}
			if err != nil {
				return err
			}
			r.add(at.name(), op, conns, s)
		}
	}
	used, err := memory(pid)
	r.remember(at.name(), used)
	return err
}

// makePlaces builds what is to be measured.
func makePlaces(ctx context.Context, o options, dir string, log io.Writer, p *progress) ([]place, error) {
	s := fullShape()
	if o.quick {
		s = quickShape()
	}
	spread := s
	spread.Orgs = 10
	if !o.quick {
		spread.Orgs = 100
	}
	bin := func(name string) string { return filepath.Join(dir, name) }
	built := make(map[string]bool)
	make := func(name, module, pkg string) error {
		if built[name] {
			return nil
		}
		built[name] = true
		p.say("building %s", name)
		return build(ctx, module, pkg, bin(name))
	}
	var places []place
	add := func(t target, s shape) {
		places = append(places, place{t, filepath.Join(dir, fmt.Sprint("at-", len(places))), s})
	}
	for _, kind := range o.only {
		var err error
		switch kind {
		case "latchkey", "latchkey-fresh", "latchkey-100":
			err = make("latchkey", "..", "./cmd/latchkey")
			t := &latchkeyTarget{label: "Latchkey", binary: bin("latchkey"), log: log, say: p.say}
			switch kind {
			case "latchkey-fresh":
				t.label, t.fresh = "Latchkey, a fresh challenge each time", true
			case "latchkey-100":
				t.label = fmt.Sprintf("Latchkey, %d organizations", spread.Orgs)
				add(t, spread)
				continue
			}
			add(t, s)
		case "openfga":
			err = make("openfga", "rivals/openfga", "github.com/openfga/openfga/cmd/openfga")
			add(&openfgaTarget{label: "OpenFGA, SQLite", engine: "sqlite", binary: bin("openfga"), log: log, say: p.say}, s)
		case "pocketbase":
			err = make("pocketbase", "rivals/pocketbase", ".")
			add(&pocketbaseTarget{binary: bin("pocketbase"), log: log, say: p.say}, s)
		case "etcd":
			err = make("etcd", "rivals/etcd", ".")
			add(&etcdTarget{binary: bin("etcd"), log: log, say: p.say}, s)
		case "limits":
			add(&limitTarget{label: "limit: net/http, digest, reused nonce", kind: "digest", log: log}, s)
			add(&limitTarget{label: "limit: net/http, digest, fresh challenge", kind: "digest", fresh: true, log: log}, s)
			add(&limitTarget{label: "limit: bare net/http", kind: "bare", log: log}, s)
		}
		if err != nil {
			return nil, err
		}
	}
	return places, nil
}
