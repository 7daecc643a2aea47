package sqlstore

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/latchkey/latchkey"
)

// withoutOrgID are the tables whose primary key does not begin with org_id.
var withoutOrgID = []string{
	"credential",       // says in which organization to look
	"keyring",          // belongs to the server
	"goose_db_version", // belongs to the schema
}

// bindsNoOrgID are the queries on organizations' tables that bind no org_id.
var bindsNoOrgID = []string{
	"Credential",    // joins by the directory, before the organization is known
	"Organizations", // is the list of them
	"ForgetNonces",  // forgets by time alone
	"ForgetTokens",  // forgets by time alone
	"Secrets",       // of all organizations, of which only times are told
}

func TestPrimaryKeysBeginWithOrgID(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	rows, err := s.db.Query(`SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND c.pk = 1`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		var table, first string
		if err := rows.Scan(&table, &first); err != nil {
			t.Fatal(err)
		}
		n++
		if (first == "org_id") == slices.Contains(withoutOrgID, table) {
			t.Errorf("the primary key of %s begins with %s", table, first)
		}
	}
	if n != len(tableNames(t, s)) {
		t.Errorf("%d of %d tables have a primary key", n, len(tableNames(t, s)))
	}
}

func tableNames(t *testing.T, s *Store) (names []string) {
	t.Helper()
	rows, err := s.db.Query(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	return names
}

var (
	word       = regexp.MustCompile(`[a-z_]+`)
	comparison = regexp.MustCompile(`\b([a-z]+\.)?org_id = \?`)
	insertion  = regexp.MustCompile(`^INSERT INTO [a-z_]+ \(([a-z0-9_, ]+)\) VALUES`)
)

// bindsOrgID reports whether a query cannot do without an organization's id:
// it compares one, or inserts one.
func bindsOrgID(sql string) bool {
	if m := insertion.FindStringSubmatch(strings.Join(strings.Fields(sql), " ")); m != nil {
		return slices.Contains(strings.Split(m[1], ", "), "org_id")
	}
	return comparison.MatchString(sql)
}

func TestQueries(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	all := tableNames(t, s)
	names := map[string]bool{}
	c, err := openConn(s.db)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	for id, q := range queries {
		if q.name == "" || names[q.name] {
			t.Errorf("query %d has no name of its own: %q", id, q.name)
		}
		names[q.name] = true
		if _, err := c.stmt(queryID(id)); err != nil {
			t.Error(err)
		}
		var named []string
		for _, w := range word.FindAllString(q.sql, -1) {
			if slices.Contains(all, w) && !slices.Contains(named, w) {
				named = append(named, w)
			}
		}
		slices.Sort(named)
		if declared := slices.Sorted(slices.Values(q.tables)); !slices.Equal(declared, named) {
			t.Errorf("%s declares %v and names %v", q.name, declared, named)
		}
		foreign := slices.ContainsFunc(named, func(table string) bool { return !slices.Contains(withoutOrgID, table) })
		if excepted := slices.Contains(bindsNoOrgID, q.name); foreign && bindsOrgID(q.sql) == excepted {
			t.Errorf("%s on %v: binds an org_id: %v, is an exception: %v", q.name, named, !excepted, excepted)
		}
	}
	for _, name := range bindsNoOrgID {
		if !names[name] {
			t.Errorf("there is no query %s to be an exception", name)
		}
	}
}

func TestBindsOrgID(t *testing.T) {
	for sql, want := range map[string]bool{
		`SELECT x FROM t WHERE org_id = ? AND y = ?`:                          true,
		`SELECT x FROM t k WHERE k.org_id = ?`:                                true,
		`SELECT org_id FROM t WHERE y = ?`:                                    false,
		`SELECT x FROM t JOIN u ON t.org_id = u.org_id WHERE t.y = ?`:         false,
		`INSERT INTO t (org_id, y) VALUES (?, ?)`:                             true,
		`INSERT INTO t (y) VALUES (?) ON CONFLICT (org_id) DO NOTHING`:        false,
		`UPDATE t SET y = ? WHERE xorg_id = ?`:                                false,
		`INSERT INTO t (org_id) SELECT k.org_id FROM k WHERE k.y = ?`:         false,
		`INSERT INTO t (org_id) SELECT k.org_id FROM k WHERE k.org_id = ?`:    true,
		"INSERT INTO t (y,\n\t\torg_id) VALUES (?, ?) ON CONFLICT DO NOTHING": true,
	} {
		if got := bindsOrgID(sql); got != want {
			t.Errorf("%s: %v, want %v", sql, got, want)
		}
	}
}

// TestRawStatements tries what no method offers.
func TestRawStatements(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	one, two := latchkey.OrgID("one"), latchkey.OrgID("two")
	err := s.Update(background, func(tx latchkey.Tx) error {
		for _, org := range []latchkey.OrgID{one, two} {
			if err := tx.InsertOrganization(latchkey.Organization{ID: org}); err != nil {
				return err
			}
			if err := tx.InsertProject(latchkey.Project{OrgID: org, ID: latchkey.ProjectID("p" + org)}); err != nil {
				return err
			}
			if err := tx.InsertKey(latchkey.APIKey{Principal: latchkey.Principal{OrgID: org, ID: latchkey.PrincipalID("k" + org), PublicKey: latchkey.PublicKey(org)}}); err != nil {
				return err
			}
			if err := tx.AppendEvent(&latchkey.Event{OrgID: org}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for sql, refused := range map[string]string{
		`INSERT INTO membership VALUES ('one', 'pone', 'kone', 1)`: "",
		`INSERT INTO membership VALUES ('one', 'ptwo', 'kone', 1)`: "FOREIGN KEY",
		`INSERT INTO membership VALUES ('two', 'ptwo', 'kone', 1)`: "FOREIGN KEY",
		`INSERT INTO membership VALUES ('one', 'pone', 'ktwo', 1)`: "FOREIGN KEY",
		`UPDATE membership SET org_id = 'two'`:                     "FOREIGN KEY",
		`UPDATE membership SET project_id = 'ptwo'`:                "FOREIGN KEY",
		`DELETE FROM organization`:                                 "FOREIGN KEY",
		`UPDATE event SET hash = x'00' WHERE seq = 1`:              "append-only",
		`DELETE FROM event`:                                        "append-only",
	} {
		// Each on a membership of its own, none of which stays.
		tx, err := s.db.Begin()
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(sql, "UPDATE m") {
			if _, err := tx.Exec(`INSERT INTO membership VALUES ('one', 'pone', 'kone', 1)`); err != nil {
				t.Fatal(err)
			}
		}
		_, err = tx.Exec(sql)
		if (err == nil) != (refused == "") || !strings.Contains(fmt.Sprint(err), refused) {
			t.Errorf("%s: got %v, want %q", sql, err, refused)
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSchemaVersion(t *testing.T) {
	files, err := fs.Glob(migrationFiles, "migrations/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for i, file := range files {
		if want := fmt.Sprintf("migrations/%05d_", i+1); !strings.HasPrefix(file, want) {
			t.Errorf("migration %d is %s, want %s…", i+1, file, want)
		}
		text, err := migrationFiles.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "+goose Down") {
			t.Errorf("%s goes back; migrations go forward only", file)
		}
	}
	if len(files) != schemaVersion {
		t.Errorf("%d migrations lead to version %d", len(files), schemaVersion)
	}
}

func TestMembershipChanges(t *testing.T) {
	draw := func(t *rapid.T, name string) (roles latchkey.ProjectRoles, in map[latchkey.ProjectID]latchkey.RoleSet) {
		in = map[latchkey.ProjectID]latchkey.RoleSet{}
		missing := rapid.SliceOfN(rapid.IntRange(0, 600), 0, 5).Draw(t, name+" lacks")
		for n := range rapid.SampledFrom([]int{0, 1, 2, 20, 300, 600}).Draw(t, name+" of") {
			if slices.Contains(missing, n) {
				continue
			}
			p := latchkey.ProjectID(fmt.Sprintf("%024x", n*n*n))
			held := latchkey.Roles(rapid.SampledFrom([]latchkey.Role{latchkey.GroupOwner, latchkey.GroupReadOnly}).Draw(t, "role"))
			roles, in[p] = roles.With(p, held), held
		}
		return roles, in
	}
	rapid.Check(t, func(t *rapid.T) {
		before, was := draw(t, "before")
		after, is := draw(t, "after")
		for p, held := range membershipChanges(before, after) {
			if was[p] == held {
				t.Fatalf("project %s changes to %v and was so before", p, held)
			}
			was[p] = held
		}
		for p := range was {
			if was[p] != is[p] {
				t.Fatalf("project %s: %v, want %v", p, was[p], is[p])
			}
		}
	})
}
