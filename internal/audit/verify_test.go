package audit_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

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

func verify(t testing.TB, dir string, options ...audit.Option) audit.Report {
	t.Helper()
	store, err := sqlstore.OpenReadOnly(dir, sqlstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	report, err := audit.Verify(context.Background(), store, append([]audit.Option{audit.SignedBy(testKeys())}, options...)...)
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
	if report.Organizations != 2 || report.Projects != 5 || report.Keys != 7 || report.Accounts != 3 || report.Events < 350 || report.Checkpoints < 3 || !report.SignaturesChecked {
		t.Errorf("report = %+v; want 2 organizations, 5 projects, 7 keys, 3 service accounts, more than 350 events, 3 checkpoints", report)
	}
	one := verify(t, dir, audit.Organizations(h.other))
	if !one.OK() || one.Organizations != 1 || one.Events != 5 {
		t.Errorf("of the other organization: %+v; want 1 organization, 5 events", one)
	}
	var text bytes.Buffer
	if err := one.WriteText(&text); err != nil || text.String() != "ok: 1 organizations, 1 projects, 2 keys, 0 service accounts, 5 events, 1 checkpoints\n"+
		"signatures were checked with the public key "+testKeys().Hex()[:64]+"\norganization "+string(h.other)+": covered up to event 5, its last one\n" {
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
	if _, err := audit.Verify(context.Background(), store, audit.Organizations("000000000000000000000000")); !errors.Is(err, latchkey.ErrNotFound) {
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
	const account, checkpoint = audit.KindAccount, audit.KindCheckpoint
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
		{"event project", `UPDATE event SET project_id = '' WHERE seq = 200`, chain, "event 200: the hash"},
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
			WHERE descr = 'a reader'`, index, "project ffffffffffffffffffffffff: 1 keys and 0 service accounts hold roles in it, but there is no such project"},
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

		{"account's name", `UPDATE principal SET name = 'Mine' WHERE name = 'member'`, account, `the name is "Mine"`},
		{"account's description", `UPDATE principal SET descr = 'Mine' WHERE name = 'member'`, account, `the description is "Mine"`},
		{"account's organization roles", `UPDATE principal SET org_roles = 2, owner = 1 WHERE name = 'member'`, account, "organization roles is [ORG_OWNER]"},
		{"account's project roles", `UPDATE principal SET project_roles = substr(project_roles, 1, 24) || '0000000200000000' WHERE name = 'member'`, account, "set of project roles is ["},
		{"account's access list", `UPDATE principal SET access_list = '' WHERE name = 'member'`, account, "the access list is"},
		{"account given a public key", `UPDATE principal SET public_key = 'aaaaaaaa' WHERE name = 'member'`, account, "the public key is aaaaaaaa"},
		{"account gone", `DELETE FROM principal WHERE name = 'member'; DELETE FROM membership WHERE principal_id NOT IN (SELECT principal_id FROM principal)`, account, "it is not there"},
		{"account new", `INSERT INTO principal SELECT org_id, 'mdb_sa_id_aaaaaaaaaaaaaaaaaaaaaaaa', '', 'new', descr, private_tail, sealed_md5, sealed_sha256, secrets, org_roles,
			owner, access_list, created, '' FROM principal WHERE name = 'member'`, account, "service account mdb_sa_id_aaaaaaaaaaaaaaaaaaaaaaaa: no event created it"},
		{"account turned into a key", `UPDATE principal SET principal_id = substr(principal_id, 11) WHERE name = 'member'`, key, "no event created it"},
		{"owner account not marked", `UPDATE principal SET owner = 0 WHERE name = 'renamed owner'`, index, "0 service accounts are marked as owners, 1 are"},
		{"client id leads nowhere", `DELETE FROM credential WHERE principal_id = (SELECT principal_id FROM principal WHERE name = 'member')`, index, "its client id leads nowhere"},
		{"client id leads elsewhere", `UPDATE credential SET principal_id = (SELECT principal_id FROM principal WHERE name = 'renamed owner')
			WHERE principal_id = (SELECT principal_id FROM principal WHERE name = 'member')`, index, "its client id leads to service account"},
		{"account's membership gone", `DELETE FROM membership WHERE principal_id = (SELECT principal_id FROM principal WHERE name = 'member')`, index, "has no membership row"},
		{"membership of no account", `INSERT INTO membership SELECT org_id, project_id, 'mdb_sa_id_aaaaaaaaaaaaaaaaaaaaaaaa', 256 FROM project WHERE name = 'renamed'`,
			index, "3 service accounts have a membership row, 2 hold roles"},

		{"secret lives longer", `UPDATE principal SET secrets = substr(secrets, 1, length(secrets) - 13) || '9999999999999' WHERE name = 'member'`, account, "9999999999999}]; by the events"},
		{"secret gone", `UPDATE principal SET secrets = '' WHERE name = 'member'`, account, "list of secrets is []"},
		{"secret new", `UPDATE principal SET secrets = secrets || char(59) || replace(secrets, substr(secrets, 1, 24), 'aaaaaaaaaaaaaaaaaaaaaaaa') WHERE name = 'member'`, account, "{aaaaaaaaaaaaaaaaaaaaaaaa"},
		{"secrets no list", `UPDATE principal SET secrets = 'x' WHERE name = 'member'`, audit.KindUnreadable, "secret"},

		{"checkpoint gone", `DELETE FROM checkpoint WHERE (org_id, seq) = (SELECT org_id, min(seq) FROM checkpoint WHERE org_id = 'ORG')`, checkpoint, "checkpoints were taken away"},
		{"checkpoint's hash", `UPDATE checkpoint SET hash = zeroblob(32) WHERE org_id = 'ORG'`, checkpoint, "not the event that its checkpoint was signed for"},
		{"checkpoint's hash short", `UPDATE checkpoint SET hash = zeroblob(31) WHERE org_id = 'ORG'`, audit.KindUnreadable, "hash of checkpoint"},
		{"checkpoint's time", `UPDATE checkpoint SET created = created + 1 WHERE org_id = 'ORG'`, checkpoint, "was not signed with"},
		{"checkpoint's signer", `UPDATE checkpoint SET signer = 2 WHERE org_id = 'ORG'`, checkpoint, "of signer 2, was not signed with"},
		{"checkpoint's signature", `UPDATE checkpoint SET signature = zeroblob(64) WHERE org_id = 'ORG'`, checkpoint, "was not signed with"},
		{"checkpoint without signature", `UPDATE checkpoint SET signature = x'' WHERE org_id = 'ORG'`, checkpoint, "was not signed with"},
		{"checkpoint's number", `UPDATE checkpoint SET seq = seq + 1 WHERE (org_id, seq) = (SELECT org_id, min(seq) FROM checkpoint WHERE org_id = 'ORG')`, checkpoint, "not the event that its checkpoint"},
		{"checkpoint of another organization", `UPDATE checkpoint SET org_id = 'OTHER', seq = 4 WHERE org_id = 'ORG' AND seq = (SELECT min(seq) FROM checkpoint WHERE org_id = 'ORG')`, checkpoint, "checkpoints were taken away"},
		{"checkpoint new", `INSERT INTO checkpoint SELECT org_id, seq - 1, prev_hash, 0, 0, 1, zeroblob(64) FROM event WHERE org_id = 'ORG' AND seq = 3`, checkpoint, "was not signed with"},
		{"checkpoint's signer out of range", `UPDATE checkpoint SET signer = 4294967297 WHERE org_id = 'ORG'`, audit.KindUnreadable, "signer 4294967297 of checkpoint"},
		{"checkpoint number zero", `INSERT INTO checkpoint SELECT org_id, 0, hash, 0, 0, 1, zeroblob(64) FROM event WHERE org_id = 'ORG' AND seq = 3`, checkpoint, "numbered from 1 on"},
		{"event number below one", `INSERT INTO event SELECT org_id, -5, event_id, created, type, source, operation, caller_id, caller_public_key,
			remote_address, project_id, target_id, target_public_key, prev_hash, hash, payload FROM event WHERE org_id = 'ORG' AND seq = 3`, chain, "numbered from 1 on"},
		{"event time of another type", `UPDATE event SET created = 'never' WHERE org_id = 'ORG' AND seq = 40`, audit.KindUnreadable, "stored data is corrupt"},
		{"project's time of another type", `UPDATE project SET created = 'never' WHERE name = 'renamed'`, audit.KindUnreadable, "stored data is corrupt"},
		{"events after the first cut off", `DELETE FROM event WHERE org_id = 'ORG' AND seq > 1`, checkpoint, "it is not there: events were taken away"},
		{"signed event cut off", `DELETE FROM event WHERE org_id = 'ORG' AND seq >= (SELECT max(seq) FROM checkpoint WHERE org_id = 'ORG')`, checkpoint, "it is not there: events were taken away"},
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
	for _, report := range []audit.Report{verify(t, dir, audit.Organizations(h.org)), verify(t, dir)} {
		if len(report.Findings) != 1 || report.OK() || report.Findings[0].Kind != audit.KindOrganization {
			t.Errorf("findings: %v; want one of the organization", report.Findings)
		}
	}
}

// TestKeptCheckpoint cuts the end of a chain off together with its checkpoint:
// only a checkpoint that was kept elsewhere tells.
func TestKeptCheckpoint(t *testing.T) {
	dir, h := sample(t, 1)
	kept := lastCheckpoint(t, dir, h.other)
	if report := verify(t, dir, audit.Containing(kept)); !report.OK() {
		t.Errorf("findings in untouched data: %v", report.Findings)
	}
	elsewhere := kept
	elsewhere.OrgID = "000000000000000000000000"
	for name, bad := range map[string]latchkey.Checkpoint{
		"of no organization":           elsewhere,
		"of one that is not looked at": lastCheckpoint(t, dir, h.org),
		"forged":                       {OrgID: h.other, Seq: 4, Signature: make([]byte, 64)},
	} {
		if report := verify(t, dir, audit.Organizations(h.other), audit.Containing(bad)); report.OK() {
			t.Errorf("a checkpoint %s is taken", name)
		}
	}
	tamper(t, dir, `DELETE FROM checkpoint WHERE org_id = '`+string(h.other)+`'; DELETE FROM event WHERE org_id = '`+string(h.other)+`' AND seq = 5;
		UPDATE principal SET project_roles = '' WHERE org_id = '`+string(h.other)+`'; DELETE FROM membership WHERE org_id = '`+string(h.other)+`'`)
	if report := verify(t, dir); !report.OK() {
		t.Errorf("found without a checkpoint: %v; the test needs a cut that nothing else tells", report.Findings)
	}
	report := verify(t, dir, audit.Containing(kept))
	if report.OK() || !strings.Contains(report.Findings[0].What, "the data ends at event 4") {
		t.Errorf("findings: %v; want that the data ends at event 4", report.Findings)
	}
}

func lastCheckpoint(t *testing.T, dir string, org latchkey.OrgID) (c latchkey.Checkpoint) {
	t.Helper()
	store, err := sqlstore.OpenReadOnly(dir, sqlstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if err := store.View(context.Background(), func(r latchkey.Reader) error {
		c, err = r.LastCheckpoint(org)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestOnlyOwnerAccounts holds that a warning says when an organization rests on
// service accounts alone.
func TestOnlyOwnerAccounts(t *testing.T) {
	dir := t.TempDir()
	store := open(t, dir)
	ctx := context.Background()
	err := store.Update(ctx, func(tx latchkey.Tx) error {
		org := latchkey.Organization{ID: stateOrg, Name: "One", Created: tx.Now(), Settings: latchkey.DefaultSettings()}
		account := latchkey.ServiceAccount{Name: "first", Principal: latchkey.Principal{
			ID: stateAccount, OrgID: stateOrg, Desc: "x", OrgRoles: latchkey.Roles(latchkey.OrgOwner), Created: tx.Now()},
			Secrets: latchkey.Secrets{{ID: stateSecret, Tail: "tail", Created: tx.Now(), Expires: tx.Now().Add(time.Hour)}}}
		terms := account.Secrets.Terms()
		return errors.Join(tx.InsertOrganization(org), tx.InsertAccount(account),
			tx.AppendEvent(ptr(event(latchkey.EventOrgCreated, "", "", latchkey.Change{Name: &org.Name, Settings: &org.Settings}))),
			tx.AppendEvent(ptr(event(latchkey.EventAccountCreated, "", stateAccount, latchkey.Change{
				Name: &account.Name, Desc: &account.Desc, OrgRoles: account.OrgRoles.Names(), Secrets: &terms, SecretID: stateSecret}))))
	})
	if err != nil {
		t.Fatal(err)
	}
	report, err := audit.Verify(ctx, store)
	if err != nil || !report.OK() || len(report.Findings) != 1 || !strings.Contains(report.Findings[0].String(), "warning: ") ||
		!strings.Contains(report.Findings[0].What, "1 owner accounts, but no durable owner") {
		t.Errorf("%v %v; want one warning", report.Findings, err)
	}
	if report.SignaturesChecked {
		t.Error("signatures are said to be checked without a key")
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
