package body

import (
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/wire"
)

// DecodeCreateSecret reads a request for another secret of a service account.
func DecodeCreateSecret(r *wire.Request) op.CreateSecretInput {
	in := op.CreateSecretInput{AccountInput: DecodeAccount(r)}
	o := r.Object()
	if r.BodyBroken() {
		return in
	}
	hours, ok := o.Int("secretExpiresAfterHours")
	if !ok {
		r.RefuseBody(latchkey.Refuse(latchkey.CodeMissingAttribute, "secretExpiresAfterHours"))
	}
	in.Hours = hours
	return in
}

// DecodeSecret reads a request that names a secret.
func DecodeSecret(r *wire.Request) op.SecretInput {
	return op.SecretInput{AccountInput: DecodeAccount(r), Secret: r.SecretID()}
}

// EncodeSecret writes a secret: in clear in the only answer that ever shows it,
// masked in all others.
func EncodeSecret(a *wire.Answer, s op.AccountSecret) {
	a.Raw(`{"createdAt":`)
	a.Time(s.Created)
	a.Raw(`,"expiresAt":`)
	a.Time(s.Expires)
	a.Raw(`,"id":"`)
	a.Raw(string(s.ID))
	a.Raw(`","lastUsedAt":`)
	appendMoment(a, s.Use.LastUsed)
	if clear := s.Clear.Reveal(); clear != "" {
		a.Raw(`,"secret":"`)
		a.Raw(clear)
	} else {
		a.Raw(`,"maskedSecretValue":"`)
		a.Raw(latchkey.MaskedClientSecret(s.Tail))
	}
	a.Raw(`"}`)
}

// appendMoment writes a time, or null when it never was.
func appendMoment(a *wire.Answer, t time.Time) {
	if t.IsZero() {
		a.Raw("null")
		return
	}
	a.Time(t)
}
