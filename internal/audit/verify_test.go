package audit_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // tampers with the file

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/audit"
	"github.com/latchkey/latchkey/internal/store/sqlstore"
)

// sample is a closed data directory with more than 300 events.
func sample(t testing.TB, events int) (dir string, h *home) {
	t.Helper()
	dir = t.TempDir()
	h = newHome(t, dir)
	h.fill(events)
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, h
}

func verify(t testing.TB, dir string, orgs ...latchkey.OrgID) audit.Report {
	t.Helper()
	store, err := sqlstore.OpenReadOnly(dir, sqlstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	report, err := audit.Verify(context.Background(), store, orgs...)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestUntouched(t *testing.T) {
	dir, h := sample(t, 300)
	report := verify(t, dir)
	if !report.OK() || len(report.Findings) > 0 {
		t.Errorf("findings in untouched data: %v", report.Findings)
	}
	if report.Organizations != 2 || report.Projects != 5 || report.Keys != 7 || report.Events < 330 {
		t.Errorf("report = %+v; want 2 organizations, 5 projects, 7 keys, more than 330 events", report)
	}
	one := verify(t, dir, h.other)
	if !one.OK() || one.Organizations != 1 || one.Events != 5 {
		t.Errorf("of the other organization: %+v; want 1 organization, 5 events", one)
	}
	var text bytes.Buffer
	if err := one.WriteText(&text); err != nil || text.String() != "ok: 1 organizations, 1 projects, 2 keys, 5 events\n" {
		t.Errorf("text = %q, %v", text.String(), err)
	}
}

func TestUnknownOrganization(t *testing.T) {
	dir, _ := sample(t, 1)
	store, err := sqlstore.OpenReadOnly(dir, sqlstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if _, err := audit.Verify(context.Background(), store, "000000000000000000000000"); !errors.Is(err, latchkey.ErrNotFound) {
		t.Errorf("Verify of an unknown organization: %v; want ErrNotFound", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := audit.Verify(ctx, store); !errors.Is(err, context.Canceled) {
		t.Errorf("Verify with a context that ended: %v", err)
	}
}

// TestTampering changes the data below everything that guards it, once per
// row, and wants a finding of that kind whose line has that text.
func TestTampering(t *testing.T) {
	dir, h := sample(t, 300)
	const chain, replay, key, index = audit.KindChain, audit.KindReplay, audit.KindKey, audit.KindIndex
	tests := []struct {
		name string
		sql  string
		kind audit.Kind
		text string
	}{
		{"event id", `UPDATE event SET event_id = 'aaaaaaaaaaaaaaaaaaaaaaaa' WHERE seq = 40`, chain, "event 40: the hash"},
		{"event time", `UPDATE event SET created = created + 1 WHERE seq = 40`, chain, "event 40: the hash"},
		{"event type", `UPDATE event SET type = 'API_KEY_DELETED' WHERE seq = 40`, chain, "event 40: the hash"},
		{"event type unknown", `UPDATE event SET type = 'NEWS' WHERE seq = 40`, replay, `unknown event type "NEWS"`},
		{"event source", `UPDATE event SET source = 'command' WHERE seq = 40`, chain, "event 40: the hash"},
		{"event operation", `UPDATE event SET operation = 'x' WHERE seq = 40`, chain, "event 40: the hash"},
		{"event caller", `UPDATE event SET caller_id = 'aaaaaaaaaaaaaaaaaaaaaaaa' WHERE seq = 40`, chain, "event 40: the hash"},
		{"event caller's public key", `UPDATE event SET caller_public_key = 'abcdefgh' WHERE seq = 40`, chain, "event 40: the hash"},
		{"event address", `UPDATE event SET remote_address = '192.0.2.8' WHERE seq = 40`, chain, "event 40: the hash"},
		{"event project", `UPDATE event SET project_id = '' WHERE seq = 40`, chain, "event 40: the hash"},
		{"event target", `UPDATE event SET target_id = 'aaaaaaaaaaaaaaaaaaaaaaaa' WHERE seq = 40`, chain, "event 40: the hash"},
		{"event target's public key", `UPDATE event SET target_public_key = 'abcdefgh' WHERE seq = 40`, chain, "event 40: the hash"},
		{"event previous hash", `UPDATE event SET prev_hash = zeroblob(32) WHERE seq = 40`, chain, "event 40: the previous hash"},
		{"event hash", `UPDATE event SET hash = zeroblob(32) WHERE seq = 40`, chain, "event 41: the previous hash"},
		{"event hash short", `UPDATE event SET hash = zeroblob(31) WHERE seq = 40`, audit.KindUnreadable, "event 40"},
		{"event payload", `UPDATE event SET payload = CAST(replace(CAST(payload AS TEXT), 'GROUP_', 'GROUP_') || ' ' AS BLOB) WHERE seq = 40`, chain, "event 40: the hash"},
		{"event payload no JSON", `UPDATE event SET payload = CAST('{' AS BLOB) WHERE seq = 40`, audit.KindUnreadable, "event 40"},
		{"event number", `UPDATE event SET seq = 9999 WHERE seq = (SELECT max(seq) FROM event)`, chain, "event 9999: events "},
		{"event of another organization", `UPDATE event SET org_id = 'OTHER', seq = 6 WHERE seq = 40`, chain, "event 41: events 40 to 40 are missing"},
		{"event deleted", `DELETE FROM event WHERE seq = 40`, chain, "event 41: events 40 to 40 are missing"},
		{"first event deleted", `DELETE FROM event WHERE seq = 1 AND org_id = 'ORG'`, chain, "event 2: events 1 to 1 are missing"},
		{"event inserted", `INSERT INTO event SELECT org_id, seq + 1, event_id, created, type, source, operation, caller_id, caller_public_key,
			remote_address, project_id, target_id, target_public_key, hash, hash, payload FROM event WHERE org_id = 'ORG' ORDER BY seq DESC LIMIT 1`, chain, ": the hash"},
		{"events swapped", `UPDATE event SET seq = 9999 WHERE org_id = 'ORG' AND seq = 40;
			UPDATE event SET seq = 40 WHERE org_id = 'ORG' AND seq = 41;
			UPDATE event SET seq = 41 WHERE seq = 9999`, chain, "event 40: the previous hash"},
		{"tail cut off", `DELETE FROM event WHERE org_id = 'ORG' AND seq = (SELECT max(seq) FROM event)`, key, "by the events it is"},
		{"all events cut off", `DELETE FROM event WHERE org_id = 'OTHER'`, chain, "there are no events"},

		{"organization's name", `UPDATE organization SET name = 'Mine' WHERE org_id = 'ORG'`, audit.KindOrganization, `the name is "Mine"`},
		{"settings", `UPDATE organization SET settings = '{"genAIFeaturesEnabled":false}' WHERE org_id = 'ORG'`, audit.KindOrganization, "the settings are"},
		{"settings no JSON", `UPDATE organization SET settings = '{' WHERE org_id = 'ORG'`, audit.KindUnreadable, "settings of organization"},
		{"access list required", `UPDATE organization SET access_list_required = 0 WHERE org_id = 'ORG'`, audit.KindOrganization, "the settings are"},

		{"project's name", `UPDATE project SET name = 'Mine' WHERE name = 'renamed'`, audit.KindProject, `the name is "Mine"`},
		{"project's tags", `UPDATE project SET tags = '' WHERE name = 'renamed'`, audit.KindProject, "the list of tags"},
		{"project's tags no JSON", `UPDATE project SET tags = '[' WHERE name = 'renamed'`, audit.KindUnreadable, "tags of project"},
		{"project's alerts", `UPDATE project SET with_default_alerts = 0 WHERE name = 'renamed'`, audit.KindProject, "default alerts"},
		{"project's region", `UPDATE project SET region = '' WHERE name = 'renamed'`, audit.KindProject, "the region"},
		{"project gone", `DELETE FROM project WHERE name = 'renamed'`, audit.KindProject, "it is not there"},
		{"project new", `INSERT INTO project SELECT org_id, 'aaaaaaaaaaaaaaaaaaaaaaaa', 'new', 'new', created, tags, with_default_alerts, region
			FROM project WHERE name = 'renamed'`, audit.KindProject, "project aaaaaaaaaaaaaaaaaaaaaaaa: no event created it"},

		{"key's public key", `UPDATE principal SET public_key = 'aaaaaaaa' WHERE descr = 'a reader'`, key, "the public key is aaaaaaaa"},
		{"key's description", `UPDATE principal SET descr = 'Mine' WHERE descr = 'a reader'`, key, `the description is "Mine"`},
		{"key's organization roles", `UPDATE principal SET org_roles = 2, owner = 1 WHERE descr = 'a reader'`, key, "organization roles is [ORG_OWNER]"},
		{"key without organization roles", `UPDATE principal SET org_roles = 0 WHERE descr = 'a reader'`, key, "holds no organization role"},
		{"key with a project role in the organization", `UPDATE principal SET org_roles = org_roles | 256 WHERE descr = 'a reader'`, key, "no set of organization roles"},
		{"owner demoted", `UPDATE principal SET org_roles = 4, owner = 0 WHERE descr = 'Owner' AND org_id = 'ORG'`, audit.KindOwner, "no durable owner any more"},
		{"owner not marked", `UPDATE principal SET owner = 0 WHERE descr = 'Owner' AND org_id = 'ORG'`, index, "0 keys are marked as durable owners, 1 are"},
		{"member marked as owner", `UPDATE principal SET owner = 1 WHERE descr = 'a reader'`, index, "2 keys are marked as durable owners, 1 are"},
		{"key's project roles", `UPDATE principal SET project_roles = substr(project_roles, 1, 24) || '0000000200000000' WHERE descr = 'a reader'`, key, "set of project roles is ["},
		{"key's project roles in upper case", `UPDATE principal SET project_roles = substr(project_roles, 1, 24) || upper(substr(project_roles, 25))
			WHERE descr = 'of a project' AND org_id = 'ORG'`, key, "not written as"},
		{"key's project roles taken", `UPDATE principal SET project_roles = '' WHERE descr = 'a reader'`, index, "has a membership row, but holds no roles"},
		{"key's project roles of no project", `UPDATE principal SET project_roles = project_roles || 'ffffffffffffffffffffffff0000000200000000'
			WHERE descr = 'a reader'`, index, "project ffffffffffffffffffffffff: 1 keys hold roles in it, but there is no such project"},
		{"key's project roles out of order", `UPDATE principal SET project_roles = project_roles || project_roles WHERE descr = 'a reader'`, key, "out of order"},
		{"key's project roles cut", `UPDATE principal SET project_roles = substr(project_roles, 2) WHERE descr = 'a reader'`, audit.KindUnreadable, "project roles have 39 characters"},
		{"key's access list", `UPDATE principal SET access_list = '' WHERE descr = 'Owner' AND org_id = 'ORG'`, key, "the access list is"},
		{"key's access list wider", `UPDATE principal SET access_list = replace(access_list, '192.0.2.0/24', '192.0.0.0/16') WHERE descr = 'Owner' AND org_id = 'ORG'`, key, "the access list is"},
		{"key's access list no list", `UPDATE principal SET access_list = 'x' WHERE descr = 'Owner' AND org_id = 'ORG'`, audit.KindUnreadable, "access list entry"},
		{"key gone", `DELETE FROM principal WHERE descr = 'a reader'; DELETE FROM membership WHERE principal_id NOT IN (SELECT principal_id FROM principal)`, key, "it is not there"},
		{"key new", `INSERT INTO principal SELECT org_id, 'aaaaaaaaaaaaaaaaaaaaaaaa', 'abababab', '', 'new', private_tail, sealed_md5, sealed_sha256, secrets, org_roles,
			owner, access_list, created, '' FROM principal WHERE descr = 'a reader'`, key, "key aaaaaaaaaaaaaaaaaaaaaaaa: no event created it"},
		{"public key leads nowhere", `DELETE FROM credential WHERE principal_id = (SELECT principal_id FROM principal WHERE descr = 'a reader')`, index, "public key leads nowhere"},
		{"public key leads elsewhere", `UPDATE credential SET principal_id = (SELECT principal_id FROM principal WHERE descr = 'Owner' AND org_id = 'ORG')
			WHERE principal_id = (SELECT principal_id FROM principal WHERE descr = 'a reader')`, index, "its public key leads"},

		{"membership gone", `DELETE FROM membership WHERE principal_id = (SELECT principal_id FROM principal WHERE descr = 'a reader')`, index, "has no membership row"},
		{"membership raised", `UPDATE membership SET roles = 256 WHERE principal_id = (SELECT principal_id FROM principal WHERE descr = 'a reader')`, index,
			"but its membership row says [GROUP_OWNER]"},
		{"membership with foreign bits", `UPDATE membership SET roles = roles | 2 WHERE principal_id = (SELECT principal_id FROM principal WHERE descr = 'a reader')`, index,
			"no set of project roles"},
		{"membership new", `INSERT INTO membership SELECT org_id, (SELECT project_id FROM project WHERE name = 'project 1'), principal_id, 256
			FROM principal WHERE descr = 'a reader'`, index, "has a membership row, but holds no roles"},
		{"membership of no key", `INSERT INTO membership SELECT org_id, project_id, 'aaaaaaaaaaaaaaaaaaaaaaaa', 256 FROM project WHERE name = 'renamed'`,
			index, "keys have a membership row"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := copyDir(t, dir)
			statements := strings.NewReplacer("'ORG'", "'"+string(h.org)+"'", "'OTHER'", "'"+string(h.other)+"'").Replace(test.sql)
			tamper(t, dir, statements)
			report := verify(t, dir)
			if report.OK() {
				t.Fatalf("not found; findings: %v", report.Findings)
			}
			for _, f := range report.Findings {
				if f.Kind == test.kind && strings.Contains(f.String(), test.text) {
					return
				}
			}
			t.Errorf("no finding of kind %q with %q; findings:\n%v", test.kind, test.text, report.Findings)
		})
	}
}

// tamper runs statements on the file without triggers and foreign keys, and
// fails the test when the last of them changed nothing.
func tamper(t *testing.T, dir, statements string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "latchkey.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range []string{`PRAGMA foreign_keys = OFF`, `DROP TRIGGER event_is_not_updated`, `DROP TRIGGER event_is_not_deleted`} {
		if _, err := db.Exec(s); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range strings.Split(statements, ";") {
		result, err := db.Exec(s)
		if err != nil {
			t.Fatalf("%s: %v", s, err)
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			t.Fatalf("%s: %d rows changed, %v", s, n, err)
		}
	}
}

// TestBesideWriter verifies while changes are made: each run sees one snapshot.
func TestBesideWriter(t *testing.T) {
	dir := t.TempDir()
	h := newHome(t, dir)
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.fill(200)
	}()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		if report := verify(t, dir); !report.OK() {
			t.Errorf("findings beside a writer: %v", report.Findings)
		}
	}
}

// TestOrganizationGone holds that an organization of which only events are left
// is found, named or not.
func TestOrganizationGone(t *testing.T) {
	dir, h := sample(t, 1)
	tamper(t, dir, `DELETE FROM organization WHERE org_id = '`+string(h.org)+`'`)
	for _, report := range []audit.Report{verify(t, dir, h.org), verify(t, dir)} {
		if len(report.Findings) != 1 || report.OK() || report.Findings[0].Kind != audit.KindOrganization {
			t.Errorf("findings: %v; want one of the organization", report.Findings)
		}
	}
}

func TestManyFindings(t *testing.T) {
	dir, _ := sample(t, 150)
	tamper(t, dir, `UPDATE event SET operation = 'x'`)
	report := verify(t, dir)
	if len(report.Findings) != audit.MaxFindings+5 || report.Omitted == 0 {
		t.Errorf("%d findings, %d omitted; want %d listed", len(report.Findings), report.Omitted, audit.MaxFindings+5)
	}
	var text bytes.Buffer
	if err := report.WriteText(&text); err != nil || !strings.Contains(text.String(), " more\nNOT OK: 2 organizations") {
		t.Errorf("text = %q, %v", text.String(), err)
	}
}

func BenchmarkVerify(b *testing.B) {
	dir, _ := sample(b, 5000)
	store, err := sqlstore.OpenReadOnly(dir, sqlstore.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	b.ReportAllocs()
	var events int64
	for b.Loop() {
		report, err := audit.Verify(context.Background(), store)
		if err != nil || !report.OK() {
			b.Fatalf("%v %v", report, err)
		}
		events += report.Events
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(events), "ns/event")
}
