package reference

import (
	_ "embed"
	"encoding/json"
	"fmt"

	"github.com/latchkey/latchkey/internal/wire"
)

// CapturesFile is the file, beside the source of this package, that a test
// writes and that is part of the build.
const CapturesFile = "captures.json"

//go:embed captures.json
var capturesJSON []byte

// Capture is a request and its answer as they went over the wire, with ids,
// keys, times and addresses replaced by others of the same form.
type Capture struct {
	Operation  string   `json:"operation"`
	Generation string   `json:"generation"`
	Request    []string `json:"request"` // the request line and the headers worth showing
	Sent       string   `json:"sent,omitempty"`
	Answer     []string `json:"answer"` // the status line and the headers worth showing
	Received   string   `json:"received,omitempty"`
}

// Captures returns what was captured. The error is a fault of the program: the
// file that it carries does not read well.
func Captures() ([]Capture, error) {
	var all []Capture
	if err := json.Unmarshal(capturesJSON, &all); err != nil {
		return nil, fmt.Errorf("%s: %w", CapturesFile, err)
	}
	return all, nil
}

// find returns the capture of an operation on a generation.
func find(captures []Capture, operation string, g wire.Generation) (Capture, bool) {
	for _, c := range captures {
		if c.Operation == operation && c.Generation == g.Name() {
			return c, true
		}
	}
	return Capture{}, false
}
