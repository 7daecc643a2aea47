package audit_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/audit"
)

// TestUnreadableGoesOn holds that what cannot be read of one organization does not
// keep the next one from being looked at.
func TestUnreadableGoesOn(t *testing.T) {
	dir, h := sample(t, 1)
	first, second := min(h.org, h.other), max(h.org, h.other)
	tamper(t, dir, `UPDATE event SET created = 'never' WHERE org_id = '`+string(first)+`' AND seq = 2;
		UPDATE organization SET name = 'Mine' WHERE org_id = '`+string(second)+`'`)
	report := verify(t, dir)
	if len(report.Findings) != 2 || report.Findings[0].Org != first || report.Findings[0].Kind != audit.KindUnreadable ||
		report.Findings[1].Org != second || report.Findings[1].Kind != audit.KindOrganization {
		t.Errorf("findings: %v; want one of each organization", report.Findings)
	}
}

// TestCovered holds that the report says how far checkpoints go, with which keys
// that was found, and that it can be wanted that they go to the end.
func TestCovered(t *testing.T) {
	dir, h := sample(t, 2)
	covered := func(r audit.Report, org latchkey.OrgID) audit.Covered {
		return r.Covered[slices.IndexFunc(r.Covered, func(c audit.Covered) bool { return c.Org == org })]
	}
	report := verify(t, dir, audit.AllCovered(), audit.KeysFrom(" of a test"))
	if c := covered(report, h.org); report.OK() || c.UpTo != c.Last-2 || !strings.Contains(report.Findings[0].What, "no checkpoint was signed for it yet") {
		t.Errorf("%+v %v; want that two events are not covered", c, report.Findings)
	}
	if c := covered(report, h.other); c.Last != 5 || c.UpTo != 5 {
		t.Errorf("of the other organization: %+v", c)
	}
	tamper(t, dir, `DELETE FROM checkpoint WHERE org_id = '`+string(h.other)+`'`)
	report = verify(t, dir, audit.KeysFrom(" of a test"))
	var text bytes.Buffer
	if err := report.WriteText(&text); err != nil || !report.OK() {
		t.Fatal(report.Findings, err)
	}
	for _, want := range []string{
		"warning: organization " + string(h.other) + ": no checkpoint vouches for its 5 events yet\n",
		"signatures were checked with the public key " + testKeys().Hex()[:64] + " of a test\n",
		"; nothing signed vouches for events ",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("text = %s; want %q in it", &text, want)
		}
	}
}

// TestAllCheckpointsGone holds that a thousand events without a checkpoint are a
// finding: the thousandth came with one.
func TestAllCheckpointsGone(t *testing.T) {
	dir, h := sample(t, 1000)
	for _, statement := range []string{
		`DELETE FROM checkpoint WHERE org_id = 'ORG' AND seq >= 1000`, `DELETE FROM checkpoint WHERE org_id = 'ORG'`,
	} {
		dir := copyDir(t, dir)
		tamper(t, dir, strings.ReplaceAll(statement, "'ORG'", "'"+string(h.org)+"'"))
		report := verify(t, dir)
		if len(report.Findings) != 1 || report.OK() || report.Findings[0].Seq != 1000 || !strings.Contains(report.Findings[0].What, "checkpoints were taken away") {
			t.Errorf("%s: findings: %v; want that the checkpoint of event 1000 is not there", statement, report.Findings)
		}
	}
}
