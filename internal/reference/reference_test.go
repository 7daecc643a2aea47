package reference_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/latchkey/latchkey/internal/reference"
)

// committed is where the pages are kept.
const committed = "../../docs/reference"

// TestPagesAreCurrent holds that the committed pages are what `latchkey docs`
// would write, no more and no less.
func TestPagesAreCurrent(t *testing.T) {
	files, err := reference.Files(rows())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		names = append(names, f.Name)
		text, err := os.ReadFile(filepath.Join(committed, f.Name))
		if err != nil {
			t.Error(err)
		} else if !bytes.Equal(text, f.Text) {
			t.Errorf("%s is not what `go run ./cmd/latchkey docs` writes", f.Name)
		}
	}
	entries, err := os.ReadDir(committed)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains(names, e.Name()) {
			t.Errorf("%s belongs to no operation", e.Name())
		}
	}
}

func TestEveryOperationHasAPage(t *testing.T) {
	files, err := reference.Files(rows())
	if err != nil {
		t.Fatal(err)
	}
	pages := map[string]string{}
	for _, f := range files {
		pages[f.Name] = string(f.Text)
	}
	for _, row := range rows() {
		page := pages[row.Op.Name+".md"]
		if !strings.Contains(pages["README.md"], "("+row.Op.Name+".md)") {
			t.Errorf("%s is not in the index", row.Op.Name)
		}
		for _, g := range row.Generations {
			for _, path := range row.Paths(g) {
				if !strings.Contains(page, "`"+row.Method+" "+path+"`") {
					t.Errorf("%s: the page lacks %s %s", row.Op.Name, row.Method, path)
				}
			}
			if !strings.Contains(page, "## Example: "+g.Name()+"\n") {
				t.Errorf("%s: the page lacks an example on %s", row.Op.Name, g)
			}
			for _, r := range row.Refusals(g) {
				if !strings.Contains(page, "`"+r.ErrorCode+"`") {
					t.Errorf("%s: the page lacks the error %s", row.Op.Name, r.ErrorCode)
				}
			}
		}
	}
}

// TestWriteRemovesOnlyItsOwn holds that pages of operations that are no more
// go, and files that people wrote stay.
func TestWriteRemovesOnlyItsOwn(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "docs", "reference")
	n, err := reference.Write(dir, rows())
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(dir, "getGroup.md"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"gone.md": string(page), "own.md": "# Mine\n", "notes.txt": string(page)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if again, err := reference.Write(dir, rows()); err != nil || again != n {
		t.Fatalf("wrote %d and then %d pages: %v", n, again, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if len(names) != n+2 || slices.Contains(names, "gone.md") || !slices.Contains(names, "own.md") || !slices.Contains(names, "notes.txt") {
		t.Errorf("%d pages and %q are left", n, names)
	}
}

func TestWriteReportsFailures(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(dir, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := reference.Write(dir, rows()); err == nil {
		t.Error("no error where the directory is a file")
	}
}
