package main

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/latchkey/latchkey/internal/server"
)

func TestShellQuote(t *testing.T) {
	for _, s := range []string{"", "a b", `$HOME`, "it's", `''\'`, "a\nb", `!"#$%&()*;<>?[]^{|}~`, "-n"} {
		out, err := exec.Command("sh", "-c", "printf %s. "+shellQuote(s)).Output()
		if err != nil {
			t.Fatal(err)
		}
		if string(out) != s+"." {
			t.Errorf("%q comes out of the shell as %q", s, out)
		}
	}
}

func TestFirstStartWithoutExample(t *testing.T) {
	text := firstStart(server.FirstKeys{OrgID: "1", ProjectID: "2", NewKey: server.NewKey{PrivateKey: "secret"}}, "http://x")
	if strings.Count(text, "secret") != 1 || strings.Contains(text, "curl") || strings.Contains(text, "xample") {
		t.Errorf("got:\n%s", text)
	}
}

func TestCurlURL(t *testing.T) {
	for _, test := range []struct {
		c             config
		address, want string
	}{
		{config{listen: "127.0.0.1:0"}, "http://127.0.0.1:5", "http://127.0.0.1:5"},
		{config{listen: ":0", publicURL: "http://k.example"}, "http://[::]:5", "http://127.0.0.1:5"},
		{config{listen: "0.0.0.0:0", publicURL: "https://k.example"}, "http://0.0.0.0:5", "http://127.0.0.1:5"},
		{config{listen: ":0", publicURL: "https://k.example/b", tlsCert: "c"}, "https://[::]:5", "https://k.example/b"},
		{config{listen: "127.0.0.1:0", tlsCert: "c"}, "https://127.0.0.1:5", "https://127.0.0.1:5"},
	} {
		if got := curlURL(test.c, test.address); got != test.want {
			t.Errorf("%+v: got %s, want %s", test.c, got, test.want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"a", "", 1}, {"", "ab", 2}, {"listen", "listen", 0}, {"lisen", "listen", 1},
		{"listne", "listen", 2}, {"kitten", "sitting", 3}, {"data", "tls-key", 7},
	} {
		if got := distance(test.a, test.b); got != test.want {
			t.Errorf("%q to %q: got %d, want %d", test.a, test.b, got, test.want)
		}
	}
}
