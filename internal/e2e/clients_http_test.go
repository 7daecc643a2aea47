package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	icholy "github.com/icholy/digest"
	"github.com/mongodb-forks/digest"
)

// sender sends requests with one pair of credentials.
type sender interface {
	send(method, url string, header map[string]string, body string) (answer, error)
}

// answer is what a sender got in the end, after the challenge.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// httpClient is a client that takes any request; what it sends is up to the
// scenario. Start authenticates with keys, startOAuth as a service account.
type httpClient struct {
	name              string
	start, startOAuth func(t *testing.T) opener
}

// opener makes senders that act with a key or as a service account. Refusals
// says that calls will be refused with a 401 that is no challenge.
type opener func(k credentials, refusals bool) sender

func httpClients() []httpClient {
	return []httpClient{
		{"mongodb-forks/digest", startForks, startOAuth},
		{"icholy/digest", startIcholy, startOAuth},
		{"curl", startCurl, startCurlOAuth},
		{"python requests", startRequests, startRequestsOAuth},
	}
}

// oauthClients are those that can be service accounts, as such.
func oauthClients() []httpClient {
	return []httpClient{
		{"golang.org/x/oauth2", startOAuth, startOAuth},
		{"curl with a token", startCurlOAuth, startCurlOAuth},
		{"python requests with a token", startRequestsOAuth, startRequestsOAuth},
	}
}

// goSender sends with net/http.
type goSender struct{ client *http.Client }

func (s goSender) send(method, url string, header map[string]string, body string) (answer, error) {
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	req, err := http.NewRequest(method, url, reader)
	if err != nil {
		return answer{}, err
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, got}, err
}

func startForks(t *testing.T) opener {
	return func(k credentials, _ bool) sender {
		client, err := digest.NewTransport(k.public, k.private).Client()
		if err != nil {
			t.Fatal(err)
		}
		return goSender{client}
	}
}

// startIcholy reuses a nonce, with a higher count for each request. Where
// refusals are expected it must not: it takes each 401 for a challenge, and
// loses the body of one that is none.
func startIcholy(*testing.T) opener {
	return func(k credentials, refusals bool) sender {
		return goSender{&http.Client{Transport: &icholy.Transport{Username: k.public, Password: k.private, NoReuse: refusals}}}
	}
}

// curlSender runs curl once for each request.
type curlSender struct {
	path string
	dir  string
	auth []string // the options that say who asks
}

func startCurl(t *testing.T) opener {
	curl := findCurl(t)
	return func(k credentials, _ bool) sender {
		return curlSender{curl, t.TempDir(), []string{"--digest", "--user", k.public + ":" + k.private}}
	}
}

func findCurl(t *testing.T) string {
	path, err := exec.LookPath("curl")
	if err != nil {
		skipUnlessRequired(t, "curl is not installed: %v", err)
	}
	return path
}

func (s curlSender) send(method, url string, header map[string]string, body string) (answer, error) {
	head := filepath.Join(s.dir, "headers")
	args := append([]string{"-q", "-sS", "--max-time", "20", "-X", method, "-D", head}, s.auth...)
	for name, value := range header {
		args = append(args, "-H", name+": "+value)
	}
	if body != "" {
		args = append(args, "--data-binary", body)
	}
	out, err := exec.Command(s.path, append(args, url)...).Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, exit.Stderr)
		}
		return answer{}, err
	}
	got, err := lastHead(head)
	got.body = out
	return got, err
}

// lastHead reads the status and the headers of the last answer in a file that
// holds those of all answers.
func lastHead(file string) (answer, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return answer{}, err
	}
	heads := bytes.Split(bytes.TrimSpace(raw), []byte("\r\n\r\n"))
	reader := textproto.NewReader(bufio.NewReader(bytes.NewReader(append(slices.Clone(heads[len(heads)-1]), "\r\n\r\n"...))))
	line, err := reader.ReadLine()
	if err != nil {
		return answer{}, err
	}
	fields := strings.Fields(line)
	if len(fields) < 2 {
		return answer{}, fmt.Errorf("no status line: %q", line)
	}
	status, err := strconv.Atoi(fields[1])
	if err != nil {
		return answer{}, err
	}
	header, err := reader.ReadMIMEHeader()
	return answer{status: status, header: http.Header(header)}, err
}

// requestsSender talks to a Python process, which keeps a session for each sender.
type requestsSender struct {
	in      io.Writer
	out     *bufio.Scanner
	session int // what the senders of one process are told apart by
	key     credentials
	oauth   bool
}

func startRequests(t *testing.T) opener      { return startPython(t, false) }
func startRequestsOAuth(t *testing.T) opener { return startPython(t, true) }

func startPython(t *testing.T, oauth bool) opener {
	python, err := python()
	if err != nil {
		skipUnlessRequired(t, "no python3 with requests (Debian: python3-requests): %v", err)
	}
	cmd := exec.Command(python, filepath.Join("testdata", "requests_client.py"))
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var problems bytes.Buffer
	cmd.Stderr = &problems
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close() // its input ends, and so does it
		if err := cmd.Wait(); err != nil {
			t.Errorf("the Python client: %v\n%s", err, &problems)
		}
	})
	scanner := bufio.NewScanner(out)
	scanner.Buffer(nil, 1<<20)
	sessions := 0
	return func(k credentials, _ bool) sender {
		sessions++
		return requestsSender{in, scanner, sessions, k, oauth}
	}
}

// python is the interpreter that has requests.
var python = sync.OnceValues(findPython)

func findPython() (string, error) {
	var problems []error
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		path, err := exec.LookPath(name)
		if err == nil {
			var out []byte
			out, err = exec.Command(path, "-c", "import requests, sys; print(sys.executable)").Output()
			path = strings.TrimSpace(string(out)) // past a version switcher
		}
		if err == nil {
			return path, nil
		}
		problems = append(problems, err)
	}
	return "", errors.Join(problems...)
}

func (s requestsSender) send(method, url string, header map[string]string, body string) (answer, error) {
	ask := map[string]any{"session": s.session, "user": s.key.public, "password": s.key.private, "oauth": s.oauth, "method": method, "url": url, "headers": header, "body": body}
	if err := json.NewEncoder(s.in).Encode(ask); err != nil {
		return answer{}, err
	}
	if !s.out.Scan() {
		return answer{}, fmt.Errorf("the Python client ended: %v", s.out.Err())
	}
	var got struct {
		Status  int
		Headers map[string]string
		Body    string
		Error   string
	}
	if err := json.Unmarshal(s.out.Bytes(), &got); err != nil {
		return answer{}, err
	}
	if got.Error != "" {
		return answer{}, errors.New(got.Error)
	}
	h := http.Header{}
	for name, value := range got.Headers {
		h.Set(name, value)
	}
	return answer{got.Status, h, []byte(got.Body)}, nil
}
