// Command gen owns the making of the committed table of internal/published: it reads the extract of the published
// OpenAPI file and the recorded answers, and writes operations.json, schemas.json and recordings.json, and the names of
// event types that the server knows.
//
//	go run ./internal/published/gen -openapi FILE -recordings FILE -out internal/published -eventtypes internal/wire/body/eventtypes.txt
//
// Its output is deterministic and holds shapes only: no value, id, name or key of a recorded answer.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	openapi := flag.String("openapi", "", "extract of the published OpenAPI file (JSON with operations and schemas)")
	recordings := flag.String("recordings", "", "recorded answers (text)")
	out := flag.String("out", "internal/published", "directory to write to")
	eventTypes := flag.String("eventtypes", "internal/wire/body/eventtypes.txt", "file to write the names of event types to")
	flag.Parse()
	if err := write(*openapi, *recordings, *out, *eventTypes); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func write(openapi, recordings, out, eventTypes string) error {
	made, err := generate(openapi, recordings)
	if err != nil {
		return err
	}
	for name, data := range made {
		path := filepath.Join(out, name)
		if name == eventTypesFile {
			path = eventTypes
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// generate returns the content of each file by name.
func generate(openapi, recordings string) (map[string][]byte, error) {
	data, err := os.ReadFile(openapi)
	if err != nil {
		return nil, err
	}
	var doc document
	if err := json.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("%s: %w", openapi, err)
	}
	text, err := os.ReadFile(recordings)
	if err != nil {
		return nil, err
	}
	operations, err := doc.operations()
	if err != nil {
		return nil, err
	}
	schemas, err := doc.schemas(operations)
	if err != nil {
		return nil, err
	}
	recs, err := readRecordings(text, operations)
	if err != nil {
		return nil, err
	}
	made := map[string][]byte{}
	if made["operations.json"], err = lines(operations); err != nil {
		return nil, err
	}
	if made["recordings.json"], err = lines(recs); err != nil {
		return nil, err
	}
	if made["schemas.json"], err = json.MarshalIndent(schemas, "", " "); err != nil {
		return nil, err
	}
	made["schemas.json"] = append(made["schemas.json"], '\n')
	made[eventTypesFile] = doc.eventTypes()
	return made, nil
}

// lines prints an array with one element a line, so that a change reads as a diff of rows.
func lines[T any](rows []T) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("[\n")
	for i, row := range rows {
		data, err := json.Marshal(row)
		if err != nil {
			return nil, err
		}
		b.Write(data)
		if i < len(rows)-1 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
	}
	b.WriteString("]\n")
	return b.Bytes(), nil
}
