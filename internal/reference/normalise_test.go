package reference_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// normaliser replaces what differs from run to run by values of the same form
// that do not. The same value becomes the same one everywhere.
type normaliser struct {
	url   string
	known map[string]string
	count map[string]int
}

func newNormaliser(url string) *normaliser {
	return &normaliser{url, map[string]string{}, map[string]int{}}
}

var (
	builds    = regexp.MustCompile(`gitHash=[0-9a-f]{40}; versionString=[^"\s]+`)
	hashes    = regexp.MustCompile(`\b[0-9a-f]{40}\b`)
	private   = regexp.MustCompile(`\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-([0-9a-f]{12})\b`)
	tails     = regexp.MustCompile(`(\*{8}-\*{4}-\*{4}-)([0-9a-f]{12})\b`)
	ids       = regexp.MustCompile(`\b[0-9a-f]{24}\b`)
	accounts  = regexp.MustCompile(`\b(mdb_sa_id_)([0-9a-f]{24})\b`)
	secrets   = regexp.MustCompile(`\bmdb_sa_sk_(?:[0-9A-Za-z]{45}|\.\.\.)([0-9A-Za-z]{4})\b`)
	times     = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`)
	publics   = regexp.MustCompile(`("(?:publicKey|targetPublicKey)":"|username=")([a-z]{8})"`)
	responses = regexp.MustCompile(`^(Authorization: Digest username="[a-z]{8}"), .*`)
)

const (
	exampleURL   = "https://latchkey.example.com"
	exampleHash  = "0123456789abcdef0123456789abcdef01234567"
	exampleBuild = "gitHash=" + exampleHash + "; versionString=1.0.0"
	exampleTime  = "2026-01-02T03:04:05Z"

	// exampleSecret is a secret but for its last four characters: none is valid.
	exampleSecret = "ExampleExampleExampleExampleExampleExampleExa"
)

// stand returns what stands for a value of a kind; form makes it from a number.
func (n *normaliser) stand(kind, value, form string) string {
	if n.known[kind+value] == "" {
		n.known[kind+value] = fmt.Sprintf(form, n.count[kind])
		n.count[kind]++
	}
	return n.known[kind+value]
}

func (n *normaliser) text(s string) string {
	s = strings.ReplaceAll(s, n.url, exampleURL)
	s = builds.ReplaceAllString(s, exampleBuild)
	s = hashes.ReplaceAllString(s, exampleHash)
	s = times.ReplaceAllString(s, exampleTime)
	s = private.ReplaceAllStringFunc(s, func(key string) string {
		return "5eed0123-4567-89ab-cdef-" + n.tail(private.FindStringSubmatch(key)[2])
	})
	s = tails.ReplaceAllStringFunc(s, func(key string) string {
		m := tails.FindStringSubmatch(key)
		return m[1] + n.tail(m[2])
	})
	s = accounts.ReplaceAllStringFunc(s, func(id string) string {
		m := accounts.FindStringSubmatch(id)
		return m[1] + n.stand("id", m[2], "65a1b2c3d4e5f6071829%04x")
	})
	s = secrets.ReplaceAllStringFunc(s, func(secret string) string {
		m := secrets.FindStringSubmatch(secret)
		tail := n.stand("secret", m[1], "%04d")
		if strings.Contains(secret, "...") {
			return "mdb_sa_sk_..." + tail
		}
		return "mdb_sa_sk_" + exampleSecret + tail
	})
	s = ids.ReplaceAllStringFunc(s, func(id string) string { return n.stand("id", id, "65a1b2c3d4e5f6071829%04x") })
	return publics.ReplaceAllStringFunc(s, func(key string) string {
		m := publics.FindStringSubmatch(key)
		return m[1] + publicKey(n.stand("public", m[2], "%d")) + `"`
	})
}

func (n *normaliser) tail(s string) string { return n.stand("tail", s, "c0ffee%06x") }

// publicKey makes eight letters of a number below ten.
func publicKey(number string) string { return "example" + string('a'+number[0]-'0') }

// lines returns the first line and those headers that are there.
func (n *normaliser) lines(first string, h http.Header, names ...string) []string {
	lines := []string{n.text(first)}
	for _, name := range names {
		if value := h.Get(name); value != "" {
			lines = append(lines, responses.ReplaceAllString(n.text(name+": "+value), "$1, …"))
		}
	}
	return lines
}

// inOrder sorts the results of a page by name or description: they come in the
// order of their ids, which is random among those made within one second.
func inOrder(t *testing.T, body string) string {
	t.Helper()
	var page struct {
		Links, Results []json.RawMessage
		TotalCount     json.RawMessage
	}
	if !strings.HasPrefix(body, `{"links":[`) || json.Unmarshal([]byte(body), &page) != nil || page.Results == nil {
		return body
	}
	label := func(result json.RawMessage) string {
		var named struct{ Name, Desc string }
		if err := json.Unmarshal(result, &named); err != nil {
			t.Fatal(err)
		}
		return named.Name + named.Desc
	}
	slices.SortStableFunc(page.Results, func(a, b json.RawMessage) int { return strings.Compare(label(a), label(b)) })
	join := func(list []json.RawMessage) string {
		var parts []string
		for _, item := range list {
			parts = append(parts, string(item))
		}
		return strings.Join(parts, ",")
	}
	return fmt.Sprintf(`{"links":[%s],"results":[%s],"totalCount":%s}`, join(page.Links), join(page.Results), page.TotalCount)
}
