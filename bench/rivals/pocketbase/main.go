// Command pocketbase is a PocketBase for the yardstick: the same shape as
// Latchkey's in its own terms, SQLite flushed at every commit. "fill" makes the
// data, "serve" answers its ordinary records API and nothing of our own.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log"
	"os"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"
	"github.com/spf13/cobra"
	_ "modernc.org/sqlite" // the driver that PocketBase itself uses
)

// connect is PocketBase's own, but for synchronous: FULL, so that an answer
// means durable.
func connect(path string) (*dbx.DB, error) {
	const pragmas = "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=journal_size_limit(200000000)" +
		"&_pragma=synchronous(FULL)&_pragma=foreign_keys(ON)&_pragma=temp_store(MEMORY)&_pragma=cache_size(-32000)"
	return dbx.Open("sqlite", path+pragmas)
}

func main() {
	app := pocketbase.NewWithConfig(pocketbase.Config{DBConnect: connect, HideStartBanner: true})
	app.RootCmd.AddCommand(&cobra.Command{
		Use: "fill", Short: "Make the collections, and the records that standard input names",
		RunE: func(*cobra.Command, []string) error { return fill(app) },
	})
	if err := app.Start(); err != nil {
		log.Fatal(err)
	}
}

// line is one line of standard input: a key, its roles, and the projects that
// it is in.
type line struct {
	Key      string          `json:"key"`
	Roles    json.RawMessage `json:"roles"`
	Projects []string        `json:"projects"`
}

// fill reads lines and answers, on standard output, a JSON object with a token
// of each key and the superuser's token.
func fill(app core.App) error {
	if err := collections(app); err != nil {
		return err
	}
	keys, err := app.FindCollectionByNameOrId("keys")
	if err != nil {
		return err
	}
	projects, err := app.FindCollectionByNameOrId("projects")
	if err != nil {
		return err
	}
	memberships, err := app.FindCollectionByNameOrId("memberships")
	if err != nil {
		return err
	}
	out := struct {
		Owner  string            `json:"owner"`
		Tokens map[string]string `json:"tokens"`
	}{Tokens: map[string]string{}}
	made := map[string]bool{}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	err = app.RunInTransaction(func(tx core.App) error {
		for in.Scan() {
			var l line
			if err := json.Unmarshal(in.Bytes(), &l); err != nil {
				return err
			}
			key := core.NewRecord(keys)
			key.Id = l.Key
			key.SetEmail(l.Key + "@example.com")
			key.SetRandomPassword()
			key.SetVerified(true)
			key.Set("desc", "key "+l.Key)
			key.Set("roles", types.JSONRaw(l.Roles))
			if err := tx.SaveNoValidate(key); err != nil {
				return err
			}
			if out.Tokens[l.Key], err = key.NewStaticAuthToken(0); err != nil {
				return err
			}
			for _, p := range l.Projects {
				if !made[p] {
					made[p] = true
					r := core.NewRecord(projects)
					r.Id = p
					r.Set("name", "project "+p)
					if err := tx.SaveNoValidate(r); err != nil {
						return err
					}
				}
				m := core.NewRecord(memberships)
				m.Set("key", l.Key)
				m.Set("project", p)
				if err := tx.SaveNoValidate(m); err != nil {
					return err
				}
			}
		}
		return in.Err()
	})
	if err != nil {
		return err
	}
	superusers, err := app.FindCollectionByNameOrId(core.CollectionNameSuperusers)
	if err != nil {
		return err
	}
	owner := core.NewRecord(superusers)
	owner.SetEmail("owner@example.com")
	owner.SetRandomPassword()
	if err := app.Save(owner); err != nil {
		return err
	}
	if out.Owner, err = owner.NewStaticAuthToken(0); err != nil {
		return err
	}
	text, err := json.Marshal(out)
	if err != nil {
		return err
	}
	fmt.Println(string(text))
	return nil
}

// collections makes keys, which log in and have all their roles in one field,
// projects, and memberships, which say who is in a project. A key sees the
// projects it is in.
func collections(app core.App) error {
	projects := core.NewBaseCollection("projects")
	projects.Fields.Add(&core.TextField{Name: "name"})
	keys := core.NewAuthCollection("keys")
	if password, ok := keys.Fields.GetByName("password").(*core.PasswordField); ok {
		password.Cost = 4 // nobody logs in with one, and there are thousands to make
	}
	keys.Fields.Add(&core.TextField{Name: "desc"}, &core.JSONField{Name: "roles"})
	if err := app.Save(projects); err != nil {
		return err
	}
	if err := app.Save(keys); err != nil {
		return err
	}
	memberships := core.NewBaseCollection("memberships")
	memberships.Fields.Add(
		&core.RelationField{Name: "key", CollectionId: keys.Id, MaxSelect: 1, Required: true},
		&core.RelationField{Name: "project", CollectionId: projects.Id, MaxSelect: 1, Required: true},
	)
	memberships.AddIndex("one_of_each", true, "`project`, `key`", "")
	memberships.AddIndex("by_key", false, "`key`", "")
	if err := app.Save(memberships); err != nil {
		return err
	}
	projects.ViewRule = types.Pointer("@collection.memberships.project ?= id && @collection.memberships.key ?= @request.auth.id")
	return app.Save(projects)
}
