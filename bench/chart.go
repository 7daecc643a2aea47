package main

import (
	"fmt"
	"html"
	"slices"
	"strings"
)

// The measures of the chart, in pixels.
const (
	chartBar   = 16
	chartGap   = 6
	chartLabel = 300
	chartWide  = 420
	chartRight = 110
)

// chart draws the rates at the most connections: for each operation a bar of
// each target, to the operation's own scale.
func (r *results) chart() string {
	most := slices.Max(r.o.conns)
	var b strings.Builder
	y := 10
	for _, op := range operations() {
		top := 0.0
		for _, t := range r.targets {
			if s := r.samples[cell{t, op, most}]; s != nil {
				mid, _, _ := median(s, rate)
				top = max(top, mid)
			}
		}
		if top == 0 {
			continue
		}
		y += 22
		fmt.Fprintf(&b, `<text x="0" y="%d" font-weight="bold">%s: operations a second at %d connections</text>`+"\n", y, op, most)
		y += 8
		for _, t := range r.targets {
			s := r.samples[cell{t, op, most}]
			if s == nil {
				continue
			}
			mid, _, _ := median(s, rate)
			wide := mid / top * chartWide
			fill := "#9aa5b1"
			if strings.HasPrefix(t, "Latchkey") {
				fill = "#1f6feb"
			}
			fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end">%s</text>`+"\n", chartLabel-8, y+chartBar-4, html.EscapeString(t))
			fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/>`+"\n", chartLabel, y, wide, chartBar, fill)
			fmt.Fprintf(&b, `<text x="%.1f" y="%d">%s</text>`+"\n", chartLabel+wide+6, y+chartBar-4, count(mid))
			y += chartBar + chartGap
		}
	}
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">`+"\n"+
		`<rect width="100%%" height="100%%" fill="white"/>`+"\n%s</svg>\n", chartLabel+chartWide+chartRight, y+10, b.String())
}
