package apitest

import (
	"context"
	"fmt"
	"strings"

	"github.com/latchkey/latchkey"
)

// dump returns everything that a request could change, as text: what is
// stored of every organization, its audit chain included. The use of access
// lists is left out, which permitted requests count whatever they answer.
func (w *world) dump() string {
	w.t.Helper()
	var b strings.Builder
	err := w.data.Store.View(context.Background(), func(r latchkey.Reader) error {
		b.Reset()
		orgs, err := r.Organizations()
		for _, org := range orgs {
			if err == nil {
				err = dumpOrg(&b, r, org)
			}
		}
		return err
	})
	if err != nil {
		w.t.Fatalf("dumping: %v", err)
	}
	return b.String()
}

func dumpOrg(b *strings.Builder, r latchkey.Reader, id latchkey.OrgID) error {
	all := latchkey.Page{Number: 1, Size: 10_000}
	org, err := r.Organization(id)
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "%+v\n", org)
	projects, _, err := r.Projects(id, "", all)
	if err != nil {
		return err
	}
	for _, p := range projects {
		fmt.Fprintf(b, "  %+v\n", p)
	}
	keys, _, err := r.Keys(id, all)
	if err != nil {
		return err
	}
	for _, k := range keys {
		members, err := r.Memberships(id, k.ID)
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "  %+v %v %v\n", k, members.Text(), k.AccessList.Text())
	}
	accounts, _, err := r.Accounts(id, all)
	if err != nil {
		return err
	}
	for _, a := range accounts {
		members, err := r.Memberships(id, a.ID)
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "  %+v %v %v %s\n", a, members.Text(), a.AccessList.Text(), a.Secrets.Text())
	}
	events, err := r.Events(id, 0, 100_000)
	for _, e := range events {
		fmt.Fprintf(b, "  %d %s %x\n", e.Seq, e.Type, e.Hash)
	}
	return err
}

// unchanged runs f and fails the test if anything stored differs afterwards.
func (w *world) unchanged(f func()) {
	w.t.Helper()
	before := w.dump()
	f()
	if after := w.dump(); after != before {
		w.t.Errorf("the data changed\nbefore:\n%s\nafter:\n%s", before, after)
	}
}
