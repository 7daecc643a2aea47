package audit

import (
	"fmt"
	"slices"

	"github.com/latchkey/latchkey"
)

func (s *State) accountCreated(e *latchkey.Event) error {
	p, err := s.newborn(e)
	switch {
	case err != nil:
		return err
	case e.Change.Name == nil:
		return missing("name")
	}
	p.Name = *e.Change.Name
	if p.Secrets, err = secretsAfter(e, nil, true); err != nil {
		return err
	}
	s.put(e.TargetID, p)
	return nil
}

// accountDetails sets name, description or both.
func (s *State) accountDetails(e *latchkey.Event) error {
	p, err := s.target(e)
	switch {
	case err != nil:
		return err
	case e.Change.Name == nil && e.Change.Desc == nil:
		return missing("name and no desc")
	}
	if e.Change.Name != nil {
		p.Name = *e.Change.Name
	}
	if e.Change.Desc != nil {
		p.Desc = *e.Change.Desc
	}
	s.put(e.TargetID, p)
	return nil
}

func (s *State) secretAdded(e *latchkey.Event) error { return s.setSecrets(e, true) }

func (s *State) secretDeleted(e *latchkey.Event) error { return s.setSecrets(e, false) }

func (s *State) setSecrets(e *latchkey.Event, added bool) error {
	p, err := s.target(e)
	if err != nil {
		return err
	}
	if p.Secrets, err = secretsAfter(e, p.Secrets, added); err != nil {
		return err
	}
	s.put(e.TargetID, p)
	return nil
}

// secretsAfter returns the secrets that the event says the target has. They must
// follow from those before: the one that the event names came or went, others
// stay, but may go when they had expired, and end earlier when one was added.
func secretsAfter(e *latchkey.Event, before []latchkey.SecretTerm, added bool) ([]latchkey.SecretTerm, error) {
	id := e.Change.SecretID
	switch {
	case e.Change.Secrets == nil:
		return nil, missing("secrets")
	case id == "":
		return nil, missing("secretId")
	}
	after := *e.Change.Secrets
	switch {
	case (find(before, id) != nil) == added:
		return nil, fmt.Errorf("before it the secrets are %v, which says of secret %s what only comes after it", before, id)
	case (find(after, id) != nil) != added:
		return nil, fmt.Errorf("after it the secrets are %v, which says of secret %s what only comes before it", after, id)
	}
	for i, t := range after {
		if find(after[:i], t.ID) != nil {
			return nil, fmt.Errorf("secret %s is listed twice", t.ID)
		}
		if added && t.ID == id {
			continue
		}
		was := find(before, t.ID)
		if was == nil || was.Created != t.Created || was.Expires < t.Expires || was.Expires != t.Expires && !added {
			return nil, fmt.Errorf("secret %s is not as it was, and the event does not name it", t.ID)
		}
	}
	for _, t := range before {
		if t.ID != id && find(after, t.ID) == nil && t.Expires > e.Created.UnixMilli() {
			return nil, fmt.Errorf("secret %s is gone before it expired, and the event does not name it", t.ID)
		}
	}
	return after, nil
}

// find returns the term of the secret with that id, or nil.
func find(list []latchkey.SecretTerm, id latchkey.SecretID) *latchkey.SecretTerm {
	if i := slices.IndexFunc(list, func(t latchkey.SecretTerm) bool { return t.ID == id }); i >= 0 {
		return &list[i]
	}
	return nil
}
