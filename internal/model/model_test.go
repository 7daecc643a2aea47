package model

import (
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// defaultSteps is how many calls the default run makes in all.
const defaultSteps = 6000

// TestMain chooses the seed, so that a run that passes can be repeated too.
func TestMain(m *testing.M) {
	flag.Parse()
	if seed := flag.Lookup("rapid.seed"); seed.Value.String() == "0" {
		if err := seed.Value.Set(strconv.FormatInt(time.Now().UnixNano(), 10)); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// world is a server and the reference, side by side.
type world struct {
	server *instance
	client *client
	ref    *reference
	replay *replay
	tally  *tally

	home, abroad string       // the organization that calls are about, and another
	gone         []credential // of keys that were deleted
	before       facts        // what was stored after the last step
	last         *call        // the last change that succeeded, and how it was sent
	lastSent     answer
	lastAt       time.Time
}

func TestModel(t *testing.T) {
	steps := defaultSteps
	if text := os.Getenv("LATCHKEY_MODEL_STEPS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			t.Fatalf("LATCHKEY_MODEL_STEPS is %q; want a number", text)
		}
		steps = n
	}
	checks, err := strconv.Atoi(flag.Lookup("rapid.checks").Value.String())
	if err != nil {
		t.Fatal(err)
	}
	each := max(20, (steps+checks-1)/checks)
	tally := newTally()
	started := time.Now()
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t, tally)
		for range each {
			w.step(t)
		}
		if err := w.server.verified(); err != nil {
			t.Fatal(err)
		}
	})
	t.Logf("seed %s, %s\n%s", flag.Lookup("rapid.seed").Value, time.Since(started).Round(time.Millisecond), tally)
	if flag.Lookup("rapid.failfile").Value.String() == "" && !t.Failed() {
		tally.judge(t)
	}
}

// newWorld sets up two organizations with keys of many kinds.
func newWorld(t *rapid.T, tally *tally) *world {
	const maxKeys = 12 // so small that it is reached
	w := &world{ref: newReference(time.Now().UTC().Truncate(time.Millisecond), maxKeys), replay: newReplay(), tally: newTally()}
	var err error
	if w.server, err = start(func() time.Time { return w.ref.now }, maxKeys); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.server.stop(); err != nil {
			t.Error(err)
		}
	})
	w.client = w.server.client()
	w.home = w.found(t, "Home A")
	w.abroad = w.found(t, "Abroad")
	owner := w.ref.keysOf(w.home)[0]
	by := shown(owner)
	first := slices.Collect(maps.Keys(w.ref.orgs[w.home].projects))[0]
	for _, roles := range []string{"ORG_OWNER", "ORG_GROUP_CREATOR", "ORG_READ_ONLY"} {
		w.do(t, &call{op: "createOrgApiKey", gen: v2, caller: by, address: usualAddress, org: w.home, body: body{desc: &roles, roles: []string{roles}, hasList: true}})
	}
	for _, roles := range []string{"GROUP_OWNER", "GROUP_ACCESS_MANAGER", "GROUP_READ_ONLY"} {
		w.do(t, &call{op: "createGroupApiKey", gen: v2, caller: by, address: usualAddress, project: first, body: body{desc: &roles, roles: []string{roles}, hasList: true}})
	}
	hours := mostSecretHours / 2
	for _, at := range []struct {
		gen     generation
		org     string
		project string
		roles   string
	}{
		{v2, w.home, "", "ORG_OWNER"}, {v2, w.home, "", "ORG_READ_ONLY"}, {v2, "", first, "GROUP_OWNER"}, {v2, "", first, "GROUP_ACCESS_MANAGER"},
		{v2, w.abroad, "", "ORG_OWNER"},
	} {
		op, who := "createOrgServiceAccount", by
		if at.project != "" {
			op = "createGroupServiceAccount"
		}
		if at.org == w.abroad {
			who = shown(w.ref.keysOf(w.abroad)[0])
		}
		w.do(t, &call{op: op, gen: at.gen, caller: who, address: usualAddress, org: at.org, project: at.project,
			body: body{name: &at.roles, desc: &at.roles, roles: []string{at.roles}, hasList: true, hours: &hours}})
	}
	// Some have lists, so that there is something to take away.
	for _, list := range [][]*principal{w.ref.keysOf(w.home)[1:], w.ref.of(w.home, true)} {
		for _, k := range list {
			op := map[bool]string{false: "createOrgApiKeyAccessListEntry", true: "createOrgServiceAccountAccessList"}[k.account()]
			w.do(t, &call{op: op, gen: v2, caller: by, address: usualAddress, org: w.home, key: k.id, body: body{entries: entries[1:3]}})
		}
	}
	name := "project A"
	w.do(t, &call{op: "createGroup", gen: v2, caller: by, address: usualAddress, body: body{name: &name, orgID: &w.home}})
	w.tally = tally // the set-up does not count
	return w
}

// found sets up an organization by command, in both.
func (w *world) found(t *rapid.T, name string) string {
	f, err := w.server.organization(name)
	if err != nil {
		t.Fatal(err)
	}
	w.ref.orgs[f.org] = &org{id: f.org, name: name, deleted: make(map[string]deletion),
		projects: map[string]*project{f.project: {born: w.ref.birth(), id: f.project, name: "first", alerts: true}}}
	w.ref.principals[f.owner.id] = &principal{born: w.ref.birth(), id: f.owner.id, org: f.org, public: f.owner.public, private: f.owner.private, desc: "Owner",
		roles: setOf("ORG_OWNER"), projects: make(map[string]names)}
	w.compare(t, "the set-up")
	return f.org
}

// step is one step of a sequence.
func (w *world) step(t *rapid.T) {
	switch weighted(t, "step", "call", 92, "time", 5, "restart", 1, "again", 4) {
	case "call":
		w.do(t, w.draw(t))
	case "time":
		d := pick(t, "passes", time.Second, 31*time.Second, 5*time.Minute, 599*time.Second, 601*time.Second,
			time.Hour-time.Millisecond, time.Hour, 7*time.Hour, 9*time.Hour, 3*24*time.Hour, 8*24*time.Hour)
		w.pass(d)
	case "restart":
		if err := w.server.restart(); err != nil {
			t.Fatalf("restart: %v", err)
		}
		w.tally.other["restart"]++
		w.compare(t, "the restart")
	case "again":
		if w.last != nil {
			w.again(t)
		}
	}
}

// pass lets time pass, and counts what it ends.
func (w *world) pass(d time.Duration) {
	alive := func() (secrets, tokens int) {
		for _, k := range w.ref.principals {
			for i := range k.secrets {
				if k.secrets[i].live(w.ref.now) {
					secrets++
				}
			}
		}
		for text := range w.ref.tokens {
			if w.ref.bearer(text) != nil {
				tokens++
			}
		}
		return secrets, tokens
	}
	secrets, tokens := alive()
	w.ref.now = w.ref.now.Add(d)
	left, leftTokens := alive()
	w.tally.other["time passes"]++
	w.tally.other["secrets that expired"] += secrets - left
	w.tally.other["tokens that died of time"] += tokens - leftTokens
}

// do makes a call on both and compares.
func (w *world) do(t *rapid.T, c *call) {
	w.ref.now = w.ref.now.Add(time.Millisecond)
	want := w.ref.predict(c)
	w.tally.count(w.ref, c, want)
	got := w.client.call(c)
	line := fmt.Sprintf("%s %s %s by %s from %s", c.method(), c.target(), c.text(), w.describe(c.caller), c.address)
	t.Logf("%s: %d %s", line, got.status, got.code)
	w.same(t, line, got, want)
	if want.status >= 300 {
		w.countSecrets(c, want)
		w.compare(t, line)
		return
	}
	made, err := got.parse()
	if err != nil {
		t.Fatalf("%s: %v in the answer %s", line, err, got.body)
	}
	if k := w.ref.principals[c.key]; k != nil && (c.op == "deleteOrgApiKey" || c.op == "deleteOrgServiceAccount") {
		gone := shown(k)
		if had := w.ref.tokensOf(k.id); len(had) > 0 {
			gone.token = had[len(had)-1]
		}
		if k.account() && len(k.secrets) > 0 {
			gone.private = k.secrets[0].text
		}
		w.gone = append(w.gone, gone)
	}
	w.countSecrets(c, want)
	w.ref.apply(c, made)
	w.checkBody(t, line, c, made)
	was := w.before
	w.compare(t, line)
	if c.project != "" && c.op != "deleteGroup" {
		if err := untouched(was, w.before, c.project); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
	if c.method() != http.MethodGet && !c.atEndpoint() && c.caller.token == "" {
		w.last, w.lastSent, w.lastAt = c, got, w.client.minted
	}
}

// countSecrets counts what came of secrets that would be the second or third.
func (w *world) countSecrets(c *call, want outcome) {
	k := w.ref.principals[c.key]
	if k == nil || c.body.hours == nil {
		return
	}
	list, ok := w.ref.rotate(k)
	switch {
	case !ok && want.code == "VALIDATION_ERROR":
		w.tally.other["third live secrets refused"]++
	case want.status < 300 && len(list) > 0:
		w.tally.other["second secrets"]++
		if list[0] != k.secrets[len(k.secrets)-1] {
			w.tally.other["first secrets that end earlier now"]++
		}
	}
}

// again sends the last change that succeeded once more, byte for byte: it must
// change nothing, and be answered stale=true if nothing else refuses it first.
func (w *world) again(t *rapid.T) {
	want := outcome{status: 401, challenge: "Digest", stale: true}
	early := w.ref.early(w.last)
	expired := w.ref.now.Sub(w.lastAt) > time.Minute
	if early != nil && (early.challenge != "" || !expired) {
		want = *early
	}
	w.tally.other["replay"]++
	got := w.client.deliver(w.lastSent.sent, w.last.text())
	line := fmt.Sprintf("again %s %s", w.last.method(), w.last.target())
	t.Logf("%s: %d %s", line, got.status, got.code)
	w.same(t, line, got, want)
	w.compare(t, line)
}

// same compares an answer with what is wanted.
func (w *world) same(t *rapid.T, line string, got answer, want outcome) {
	is := got.outcome
	if want.challenge == "Digest" {
		is.code = ""
	}
	if is != want {
		t.Fatalf("%s:\nanswered %+v %s\nwant     %+v", line, is, got.body, want)
	}
}

// compare compares what is stored and what the events amount to with the
// reference. There must be new events if, and only if, something changed.
func (w *world) compare(t *rapid.T, line string) {
	stored, err := w.server.stored()
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	if d := diff("stored", stored, "reference", w.ref.facts()); d != "" {
		t.Fatalf("%s: the state differs:\n%s", line, d)
	}
	n, replayed, err := w.replay.follow(w.server)
	if err != nil {
		t.Fatalf("%s: the events cannot be replayed: %v", line, err)
	}
	if d := diff("stored", stored, "by the events", replayed); d != "" {
		t.Fatalf("%s: the events do not give the state:\n%s", line, d)
	}
	if w.before != nil && maps.Equal(w.before, stored) != (n == 0) {
		t.Fatalf("%s: %d events were recorded; changed is:\n%s", line, n, diff("before", w.before, "after", stored))
	}
	w.before = stored
}

func (w *world) describe(c credential) string {
	k := w.ref.principals[c.id]
	if k == nil {
		return "nobody, or what was deleted: " + c.id
	}
	var in []string
	for p, roles := range k.projects {
		in = append(in, p+":"+roles.String())
	}
	slices.Sort(in)
	return fmt.Sprintf("%s of %s (%s; %s)", k.id, k.org, k.roles, strings.Join(in, " "))
}
