// Package reference owns the generated reference pages: one Markdown page for
// each operation, made from the rows of all generations and from requests and
// answers that a test captured.
package reference

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/latchkey/latchkey/internal/wire"
)

// File is one page.
type File struct {
	Name string // in the directory of the pages
	Text []byte
}

// mark begins every page; a file that does not begin with it is never removed.
const mark = "<!-- Written by `latchkey docs`; edits are lost. -->\n"

// indexName is the file that code hosts show for a directory.
const indexName = "README.md"

// Files returns the index and the page of every operation, sorted by name. The
// same rows make the same bytes. The error is a fault of the program: the
// captures that it carries do not read well.
func Files(rows []wire.Row) ([]File, error) {
	captures, err := Captures()
	if err != nil {
		return nil, err
	}
	operations := group(rows)
	files := []File{{indexName, index(operations)}}
	for _, o := range operations {
		files = append(files, File{o.name + ".md", page(o, captures)})
	}
	return files, nil
}

// Write makes the pages in dir, which it makes if need be, and removes those
// that it wrote before and that are no more. It returns how many pages there are.
func Write(dir string, rows []wire.Row) (int, error) {
	files, err := Files(rows)
	if err != nil {
		return 0, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, err
	}
	kept := make(map[string]bool, len(files))
	for _, f := range files {
		kept[f.Name] = true
		if err := os.WriteFile(filepath.Join(dir, f.Name), f.Text, 0o644); err != nil {
			return 0, err
		}
	}
	return len(files), removeOld(dir, kept)
}

// removeOld removes pages of this package that are not kept.
func removeOld(dir string, kept map[string]bool) error {
	old, err := filepath.Glob(filepath.Join(dir, "*.md"))
	if err != nil {
		return err
	}
	for _, path := range old {
		if kept[filepath.Base(path)] {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if !bytes.HasPrefix(text, []byte(mark)) {
			continue
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// operation is an operation with the rows that bind it.
type operation struct {
	name string
	rows []wire.Row
}

// on returns the rows of a generation, the published one first.
func (o *operation) on(g wire.Generation) []wire.Row {
	var rows []wire.Row
	for _, row := range o.rows {
		if slices.Contains(row.Generations, g) {
			rows = append(rows, row)
		}
	}
	return rows
}

// generations returns those that publish the operation.
func (o *operation) generations() []wire.Generation {
	return slices.DeleteFunc(wire.Generations(), func(g wire.Generation) bool { return len(o.on(g)) == 0 })
}

// group returns the operations of the rows, sorted by name.
func group(rows []wire.Row) []operation {
	byName := make(map[string][]wire.Row)
	for _, row := range rows {
		byName[row.Op.Name] = append(byName[row.Op.Name], row)
	}
	var all []operation
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		all = append(all, operation{name, byName[name]})
	}
	return all
}

// index lists all operations.
func index(operations []operation) []byte {
	var b strings.Builder
	b.WriteString(mark)
	b.WriteString("# Reference\n\nEvery operation, with its path below the base of each generation that publishes it, and the role that it needs.\n\n")
	b.WriteString("| generation | base | OpenAPI document |\n|---|---|---|\n")
	for _, g := range wire.Generations() {
		fmt.Fprintf(&b, "| %s | `%s` | `/openapi/%s.json` |\n", g, g.Base(), g)
	}
	b.WriteString("\n| operation | what it does | method and path | generations | role needed |\n|---|---|---|---|---|\n")
	for _, o := range operations {
		row := &o.rows[0]
		fmt.Fprintf(&b, "| [%s](%s.md) | %s | `%s %s` | %s | %s |\n",
			o.name, o.name, row.Op.Summary, row.Method, belowBase(row), names(o.generations()), row.RoleNeeded())
	}
	return []byte(b.String())
}

func belowBase(row *wire.Row) string {
	if row.Patterns[0] == "" {
		return "/"
	}
	return row.Patterns[0]
}

func names(generations []wire.Generation) string {
	var all []string
	for _, g := range generations {
		all = append(all, g.Name())
	}
	return strings.Join(all, ", ")
}
