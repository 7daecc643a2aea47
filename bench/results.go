package main

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"
)

// cell names what was measured.
type cell struct {
	target string
	op     operation
	conns  int
}

// results are all samples of a run.
type results struct {
	o       options
	targets []string // in the order in which they came
	samples map[cell][]sample
	memory  map[string]int64 // bytes after each round's load; the most
	flushes float64          // of one writer, a second
}

func newResults(o options) *results {
	return &results{o: o, samples: make(map[cell][]sample), memory: make(map[string]int64)}
}

func (r *results) add(target string, op operation, conns int, s sample) {
	if !slices.Contains(r.targets, target) {
		r.targets = append(r.targets, target)
	}
	c := cell{target, op, conns}
	r.samples[c] = append(r.samples[c], s)
}

func (r *results) remember(target string, bytes int64) {
	r.memory[target] = max(r.memory[target], bytes)
}

// median returns the middle of one figure of the samples, the smallest and the largest.
func median(samples []sample, of func(sample) float64) (mid, least, most float64) {
	values := make([]float64, len(samples))
	for i, s := range samples {
		values[i] = of(s)
	}
	slices.Sort(values)
	return values[len(values)/2], values[0], values[len(values)-1]
}

func rate(s sample) float64 { return s.Rate }
func cpu(s sample) float64  { return float64(s.CPU) / float64(time.Microsecond) }
func p50(s sample) float64  { return float64(s.P50) / float64(time.Millisecond) }
func p99(s sample) float64  { return float64(s.P99) / float64(time.Millisecond) }

// table returns the results as Markdown.
func (r *results) table() string {
	var b strings.Builder
	most := slices.Max(r.o.conns)
	fmt.Fprintf(&b, "Operations a second at %d connections (median of %d rounds, least–most) · server's processor time of one:\n\n", most, r.o.rounds)
	b.WriteString("| |")
	for _, op := range operations() {
		fmt.Fprintf(&b, " %s |", op)
	}
	b.WriteString(" memory |\n|---|" + strings.Repeat("---|", len(operations())+1) + "\n")
	for _, t := range r.targets {
		fmt.Fprintf(&b, "| %s |", t)
		for _, op := range operations() {
			samples := r.samples[cell{t, op, most}]
			if samples == nil {
				b.WriteString(" |")
				continue
			}
			mid, least, top := median(samples, rate)
			used, _, _ := median(samples, cpu)
			fmt.Fprintf(&b, " %s (%s–%s) · %.0f µs |", count(mid), count(least), count(top), used)
		}
		fmt.Fprintf(&b, " %d MiB |\n", r.memory[t]>>20)
	}
	fmt.Fprintf(&b, "| limit: write and fdatasync, one writer | %s | | | | |\n", count(r.flushes))
	b.WriteString("\nEvery number of connections:\n\n| | | connections | a second | p50 | p99 | slowest connection, to the mean |\n|---|---|--:|--:|--:|--:|--:|\n")
	for _, t := range r.targets {
		for _, op := range operations() {
			for _, conns := range r.o.conns {
				samples := r.samples[cell{t, op, conns}]
				if samples == nil {
					continue
				}
				mid, _, _ := median(samples, rate)
				half, _, _ := median(samples, p50)
				tail, _, _ := median(samples, p99)
				share, _, _ := median(samples, func(s sample) float64 { return s.Share })
				fmt.Fprintf(&b, "| %s | %s | %d | %s | %.2f ms | %.2f ms | %.2f |\n", t, op, conns, count(mid), half, tail, share)
			}
		}
	}
	fmt.Fprintf(&b, "\n%d processors, %s, %s/%s.\n", runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return b.String()
}

// count writes a number with its thousands apart.
func count(f float64) string {
	text := fmt.Sprintf("%.0f", f)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
