package e2e

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/store/sqlstore"

	"github.com/latchkey/latchkey/internal/httplink"
)

// forgery is a way to send a PATCH without the private key.
type forgery struct {
	name string
	// header returns the Authorization header for a nonce of the server.
	header func(owner credentials, target, nonce string) string
}

func forgeries() []forgery {
	guess := credentials{private: "00000000-0000-4000-8000-000000000000"}
	signed := func(public, target, nonce string) string {
		guess.public = public
		return httplink.Authorization(public, newLink("", guess).ha1, http.MethodPatch, target, nonce, 1)
	}
	return []forgery{
		{"no credentials", func(credentials, string, string) string { return "" }},
		{"forged nonce", func(k credentials, target, nonce string) string {
			return signed(k.public, target, strings.Repeat("A", len(nonce)))
		}},
		{"no such key", func(_ credentials, target, nonce string) string { return signed("nosuchke", target, nonce) }},
		{"wrong response", func(k credentials, target, nonce string) string { return signed(k.public, target, nonce) }},
	}
}

// storm is many connections from ten addresses that send forged PATCHes.
type storm struct {
	keys    firstKeys
	url     string
	kinds   []forgery
	limit   int64         // how many forged requests of each kind at most
	pace    time.Duration // between two requests of one connection; 0 for none
	perAddr int           // connections from each address

	counts [4]struct{ sent, refused atomic.Int64 } // by kind
	busy   atomic.Int64                            // told to come again later
}

// refused returns how many forged requests got their 401.
func (s *storm) refused() (n int64) {
	for i := range s.counts {
		n += s.counts[i].refused.Load()
	}
	return n
}

// stormAddresses returns the ten addresses, 127.0.0.2 and up: every one of
// them is this machine, but to the server each is another caller.
func stormAddresses() []net.IP {
	var list []net.IP
	for i := range 10 {
		list = append(list, net.IPv4(127, 0, 0, byte(2+i)))
	}
	return list
}

// rage sends until the context ends or the limit is reached. It returns an
// error when anything was answered but a challenge, or that the server is busy.
func (s *storm) rage(ctx context.Context) error {
	var wg sync.WaitGroup
	var first atomic.Pointer[error]
	for _, from := range stormAddresses() {
		for i := range s.perAddr {
			// Spread over the pace, so that they do not all send at once.
			delay := s.pace * time.Duration(10*i+int(from[len(from)-1])) / time.Duration(10*s.perAddr)
			wg.Go(func() {
				time.Sleep(delay)
				if err := s.forge(ctx, from, i%len(s.kinds)); err != nil {
					first.CompareAndSwap(nil, &err)
				}
			})
		}
	}
	wg.Wait()
	if err := first.Load(); err != nil {
		return *err
	}
	return nil
}

// forge is one connection's part.
func (s *storm) forge(ctx context.Context, from net.IP, nth int) error {
	kind, count := s.kinds[nth], &s.counts[nth]
	l := newLink(s.url, credentials{})
	l.From = from
	defer l.Close()
	// A connection that waits for its answer when the storm ends is cut.
	defer context.AfterFunc(ctx, func() { l.Abandon() })()
	target := "/api/atlas/v2/groups/" + s.keys.ProjectID + "/apiKeys/" + s.keys.Example.APIKeyID
	var request []byte
	next := time.Now()
	var fresh time.Time // until when the request can be sent again
	for ctx.Err() == nil {
		began := time.Now()
		if began.After(fresh) {
			if err := l.challenged(http.MethodPatch, target); err != nil {
				return unless(ctx, err)
			}
			fresh = began.Add(httplink.NonceUse)
			header := kind.header(s.keys.owner(), target, l.Nonce)
			request = l.request(http.MethodPatch, target, header, `{"roles":["GROUP_OWNER"]}`)
		}
		if count.sent.Add(1) > s.limit {
			return nil
		}
		r, err := l.Exchange(request)
		if err != nil {
			return unless(ctx, err)
		}
		if r.Status == http.StatusServiceUnavailable {
			s.busy.Add(1) // too many of this address wait already
		} else if r.Status != http.StatusUnauthorized || !strings.Contains(r.Challenge, "stale=false") {
			return fmt.Errorf("%s: %d %s %s", kind.name, r.Status, r.Challenge, r.Body)
		}
		if r.Status == http.StatusUnauthorized {
			count.refused.Add(1)
		}
		if s.pace > 0 {
			next = next.Add(s.pace)
			select {
			case <-time.After(time.Until(next)):
			case <-ctx.Done():
			}
		}
	}
	return nil
}

// unless returns the error unless it came from the end of the storm.
func unless(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// TestForgeries sends forged PATCHes of every kind from ten addresses as fast
// as the server answers them, beside one good client. All of them get a
// challenge and change nothing; the good client is never refused, not even
// when it calls from an address that forgers use.
func TestForgeries(t *testing.T) {
	requireLoopback(t)
	dir, keys := setUp(t)
	s := serve(t, dir)
	ids := populate(t, s.URL, keys, 4)
	before := eventsOf(t, dir, keys)

	ctx, stop := context.WithTimeout(t.Context(), 5*time.Second)
	defer stop()
	forgers := &storm{keys: keys, url: s.URL, kinds: forgeries(), limit: 2500, perAddr: 16}
	raged := make(chan error, 1)
	began := time.Now()
	go func() { defer stop(); raged <- forgers.rage(ctx) }()

	good := connect(t, s.URL, keys, 2)
	good[1].From = stormAddresses()[0]
	calls := 0
	for ; ctx.Err() == nil; calls++ {
		target, body := patchOf(keys, ids, calls)
		if err := expect(good[calls%2], http.StatusOK, http.MethodPatch, target, body); err != nil {
			t.Errorf("the good client was refused: %v", err)
			break
		}
	}
	stop()
	if err := <-raged; err != nil {
		t.Errorf("a forged request was not just challenged: %v", err)
	}
	for i, kind := range forgers.kinds {
		n := forgers.counts[i].refused.Load()
		t.Logf("%s: %d got 401", kind.name, n)
		if n == 0 {
			t.Errorf("%s: there was no storm", kind.name)
		}
	}
	if n := forgers.busy.Load(); n > 0 {
		t.Errorf("%d forged requests got 503: so few may wait", n)
	}
	t.Logf("%d good calls beside them, in %v", calls, time.Since(began).Round(time.Millisecond))

	_, roles := (&crash{t: t, keys: keys}).get(good[0], keys.Example.APIKeyID)
	if len(roles) != 1 || roles[0] != "GROUP_READ_ONLY" {
		t.Errorf("the key that forgers aimed at holds %v", roles)
	}
	if changed := len(eventsOf(t, dir, keys)) - len(before); changed < calls-len(ids) || changed > calls {
		t.Errorf("%d events beside %d good calls", changed, calls)
	}
	for _, e := range eventsOf(t, dir, keys) {
		if e.Source == latchkey.SourceAPI && string(e.TargetID) == keys.Example.APIKeyID {
			t.Errorf("event %d changed the key that forgers aimed at", e.Seq)
		}
	}
	if calls == 0 {
		t.Error("the good client did not get through")
	}
}

func eventsOf(t testing.TB, dir string, keys firstKeys) (events []latchkey.Event) {
	t.Helper()
	store, err := sqlstore.OpenReadOnly(dir, sqlstore.Options{Readers: 1})
	if err != nil {
		t.Fatal(err)
	}
	err = store.View(context.Background(), func(r latchkey.Reader) (err error) {
		events, err = r.Events(latchkey.OrgID(keys.OrgID), 0, 1<<20)
		return err
	})
	if err := errors.Join(err, store.Close()); err != nil {
		t.Fatal(err)
	}
	return events
}

// requireLoopback skips where 127.0.0.2 is not an address of this machine.
func requireLoopback(t testing.TB) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		skipUnlessRequired(t, "127.0.0.2 is no address of this machine: %v", err)
		return
	}
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
}
