package op

import (
	"fmt"
	"slices"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/policy"
)

// How long secrets of service accounts may live, in hours. An organization may
// set a lower maximum (schema OrganizationSettings).
const (
	MinSecretHours = 8
	MaxSecretHours = 8760
)

// replacedSecretLife is how long the secret that is there goes on living, at
// the most, when a second one is added: time to carry the new one to its users.
const replacedSecretLife = 7 * 24 * time.Hour

// AccountSecret is a secret of a service account with its use.
type AccountSecret struct {
	latchkey.Secret
	Use   latchkey.Use
	Clear latchkey.ClientSecret // the secret itself; only in the answer that created it
}

// CreateSecretInput asks for another secret of a service account.
type CreateSecretInput struct {
	AccountInput
	Hours int64 // how long it lives
}

// SecretInput names a secret of a service account.
type SecretInput struct {
	AccountInput
	Secret latchkey.SecretID
}

// CreateOrgSecret adds a secret to a service account of an organization.
var CreateOrgSecret = &Op[CreateSecretInput, AccountSecret]{
	Info: Info{
		Name: "createOrgServiceAccountSecret", Summary: "Create a secret of a service account",
		Rule:    policy.Rule{Gate: policy.GateOrganization, Role: latchkey.OrgOwner},
		Changes: true,
		Events:  []latchkey.EventType{latchkey.EventSecretAdded},
	},
	run: createSecret,
}

// CreateProjectSecret adds a secret to a service account of a project.
var CreateProjectSecret = &Op[CreateSecretInput, AccountSecret]{
	Info: Info{
		Name: "createGroupServiceAccountSecret", Summary: "Create a secret of a service account of a project",
		Rule:    policy.Rule{Gate: policy.GateProject, Role: latchkey.GroupOwner},
		Changes: true,
		Events:  []latchkey.EventType{latchkey.EventSecretAdded},
	},
	run: createSecret,
}

// DeleteOrgSecret deletes a secret of a service account of an organization; the
// tokens that were issued for it prove nothing any more.
var DeleteOrgSecret = &Op[SecretInput, Nothing]{
	Info: Info{
		Name: "deleteOrgServiceAccountSecret", Summary: "Delete a secret of a service account",
		Rule:    policy.Rule{Gate: policy.GateOrganization, Role: latchkey.OrgOwner},
		Changes: true, Revokes: true,
		Events: []latchkey.EventType{latchkey.EventSecretDeleted},
	},
	run: deleteSecret,
}

// DeleteProjectSecret deletes a secret of a service account of a project.
var DeleteProjectSecret = &Op[SecretInput, Nothing]{
	Info: Info{
		Name: "deleteGroupServiceAccountSecret", Summary: "Delete a secret of a service account of a project",
		Rule:    policy.Rule{Gate: policy.GateProject, Role: latchkey.GroupOwner},
		Changes: true, Revokes: true,
		Events: []latchkey.EventType{latchkey.EventSecretDeleted},
	},
	run: deleteSecret,
}

// createSecret adds a secret. Those that expired go; one that lives on does so
// for seven days at the most.
func createSecret(env *Env, in CreateSecretInput) (AccountSecret, error) {
	if err := env.checkSecretHours(in.Hours); err != nil {
		return AccountSecret{}, err
	}
	before, err := env.account(in.Account)
	if err != nil {
		return AccountSecret{}, err
	}
	if err := env.touch(&before.Principal); err != nil {
		return AccountSecret{}, err
	}
	after := before
	after.Secrets = nil
	for _, s := range before.Secrets {
		if !s.Live(env.now) {
			continue
		}
		if latest := env.now.Add(replacedSecretLife); s.Expires.After(latest) {
			s.Expires = latest
		}
		after.Secrets = append(after.Secrets, s)
	}
	if len(after.Secrets) >= latchkey.MaxLiveSecrets {
		return AccountSecret{}, Invalid("secrets", fmt.Sprintf("must not be more than %d that have not expired", latchkey.MaxLiveSecrets))
	}
	secret, clear := env.newSecret(in.Hours)
	after.Secrets = append(after.Secrets, secret)
	if err := env.changeSecrets(before, after, latchkey.EventSecretAdded, secret.ID); err != nil {
		return AccountSecret{}, err
	}
	return AccountSecret{Secret: secret, Clear: clear}, nil
}

func deleteSecret(env *Env, in SecretInput) (Nothing, error) {
	before, err := env.account(in.Account)
	if err != nil {
		return Nothing{}, err
	}
	if err := env.touch(&before.Principal); err != nil {
		return Nothing{}, err
	}
	i := before.Secrets.Index(in.Secret)
	if i < 0 {
		return Nothing{}, latchkey.Refuse(latchkey.CodeSecretNotFound, string(in.Secret))
	}
	after := before
	after.Secrets = slices.Delete(slices.Clone(before.Secrets), i, i+1)
	if !slices.ContainsFunc(after.Secrets, func(s latchkey.Secret) bool { return s.Live(env.now) }) {
		// Without a secret nobody can be the account: it owns nothing any more.
		if err := env.keepOwner(&before.Principal, &latchkey.Principal{}); err != nil {
			return Nothing{}, err
		}
	}
	return Nothing{}, env.changeSecrets(before, after, latchkey.EventSecretDeleted, in.Secret)
}

// changeSecrets stores the account with other secrets and records which one was
// added or deleted, and what all of them live now.
func (env *Env) changeSecrets(before, after latchkey.ServiceAccount, typ latchkey.EventType, id latchkey.SecretID) error {
	if err := env.Tx.UpdateAccount(before, after); err != nil {
		return err
	}
	terms := after.Secrets.Terms()
	return env.record(about(typ, &after.Principal, env.scope.Project, latchkey.Change{Secrets: &terms, SecretID: id}))
}

// checkSecretHours refuses a life that the organization does not allow.
func (env *Env) checkSecretHours(hours int64) error {
	org, err := env.Organization(env.Org())
	if err != nil {
		return err
	}
	most := int64(MaxSecretHours)
	if set := org.Settings.MaxSecretValidityHours; set != 0 {
		most = int64(set)
	}
	if hours < MinSecretHours || hours > most {
		return Invalid("secretExpiresAfterHours", fmt.Sprintf("must be between %d and %d", MinSecretHours, most))
	}
	return nil
}

// newSecret makes a secret whose life in hours was checked.
func (env *Env) newSecret(hours int64) (latchkey.Secret, latchkey.ClientSecret) {
	clear := latchkey.NewClientSecret()
	return latchkey.Secret{
		ID: latchkey.NewID[latchkey.SecretID](env.now), Hash: env.service.hash(clear), Tail: clear.Tail(),
		Created: env.now, Expires: env.now.Add(time.Duration(hours) * time.Hour),
	}, clear
}

// secretsOf returns the account's secrets with their use, that which is not
// written yet included.
func (env *Env) secretsOf(a *latchkey.ServiceAccount) ([]AccountSecret, error) {
	if len(a.Secrets) == 0 {
		return nil, nil
	}
	out := make([]AccountSecret, len(a.Secrets))
	for i := range a.Secrets {
		s := &a.Secrets[i]
		use, err := env.UseOf(env.Org(), a.ID, string(s.ID))
		if err != nil {
			return nil, err
		}
		out[i] = AccountSecret{Secret: *s, Use: env.service.uses.with(use, useOfSecret(&a.Principal, s))}
	}
	return out, nil
}
