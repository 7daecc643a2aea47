package audit

import (
	"errors"
	"fmt"
	"slices"

	"github.com/latchkey/latchkey"
)

func (v *verification) compareOrganization(o latchkey.Organization) {
	if o.Name != v.state.Name {
		v.find(Finding{Kind: KindOrganization, What: fmt.Sprintf("the name is %q; by the events it is %q", o.Name, v.state.Name)})
	}
	if o.Settings != v.state.Settings {
		v.find(Finding{Kind: KindOrganization, What: fmt.Sprintf("the settings are %+v; by the events they are %+v", o.Settings, v.state.Settings)})
	}
}

// compareProjects compares every project; what it has seen leaves the state,
// so that what stays there is missing in the tables.
func (v *verification) compareProjects() error {
	for n := 1; ; n++ {
		if err := v.ctx.Err(); err != nil {
			return err
		}
		list, _, err := v.r.Projects(v.org, "", latchkey.Page{Number: n, Size: projectPage})
		if err != nil {
			return err
		}
		for i := range list {
			v.projects++
			if !v.stopped {
				v.compareProject(&list[i])
			}
		}
		if len(list) < projectPage {
			break
		}
	}
	if !v.stopped && v.projects < len(v.state.Projects) {
		return v.missingProjects()
	}
	return nil
}

func (v *verification) compareProject(p *latchkey.Project) {
	want, ok := v.state.Projects[p.ID]
	differs := func(what string, is, should any) {
		v.find(Finding{Kind: KindProject, Project: p.ID, What: fmt.Sprintf("the %s is %v; by the events it is %v", what, is, should)})
	}
	if !ok {
		v.find(Finding{Kind: KindProject, Project: p.ID, What: "no event created it, or one deleted it"})
		return
	}
	if p.Name != want.Name {
		differs("name", fmt.Sprintf("%q", p.Name), fmt.Sprintf("%q", want.Name))
	}
	if !slices.Equal(p.Tags, want.Tags) {
		differs("list of tags", p.Tags, want.Tags)
	}
	if p.WithDefaultAlerts != want.WithDefaultAlerts {
		differs("setting of default alerts", p.WithDefaultAlerts, want.WithDefaultAlerts)
	}
	if p.RegionUsageRestrictions != want.Region {
		differs("region", fmt.Sprintf("%q", p.RegionUsageRestrictions), fmt.Sprintf("%q", want.Region))
	}
}

func (v *verification) missingProjects() error {
	for _, id := range sortedKeys(v.state.Projects) {
		switch _, err := v.r.Project(v.org, id); {
		case errors.Is(err, latchkey.ErrNotFound):
			v.find(Finding{Kind: KindProject, Project: id, What: "the events created it, but it is not there"})
		case err != nil:
			return err
		}
	}
	return nil
}

func sortedKeys[K ~string, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
