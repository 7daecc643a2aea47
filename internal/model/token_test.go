package model

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// How long things of service accounts live, as decided.
const (
	mostLiveSecrets    = 2
	leastSecretHours   = 8
	mostSecretHours    = 8760
	replacedSecretLife = 7 * 24 * time.Hour
	tokenLife          = time.Hour
)

// secret is a secret of a service account.
type secret struct {
	id, text         string
	created, expires time.Time
}

func (s *secret) live(now time.Time) bool { return now.Before(s.expires) }

// issued is a token that was issued for a secret.
type issued struct {
	born            int
	account, secret string // ids
	expires         time.Time
	revoked         bool
}

// secretOf returns the secret with that id, or nil.
func (k *principal) secretOf(id string) *secret {
	if i := slices.IndexFunc(k.secrets, func(s secret) bool { return s.id == id }); i >= 0 {
		return &k.secrets[i]
	}
	return nil
}

// client returns the account and the secret that somebody shows to the token
// endpoint, nil unless they are right and live.
func (r *reference) client(c credential) (*principal, *secret) {
	k := r.principals[c.id]
	if k == nil {
		return nil, nil
	}
	for i := range k.secrets {
		if s := &k.secrets[i]; s.text == c.private && s.live(r.now) {
			return k, s
		}
	}
	return nil, nil
}

// bearer returns the account that a token proves, or nil.
func (r *reference) bearer(text string) *principal {
	t := r.tokens[text]
	if t == nil || t.revoked || !r.now.Before(t.expires) {
		return nil
	}
	k := r.principals[t.account]
	if k == nil {
		return nil
	}
	if s := k.secretOf(t.secret); s == nil || !s.live(r.now) {
		return nil
	}
	return k
}

// expiry is when a token ends that is issued now for the secret.
func (r *reference) expiry(s *secret) (from, to time.Time) {
	from = r.now.Truncate(time.Second)
	to = from.Add(tokenLife)
	if s.expires.Before(to) {
		to = s.expires.Truncate(time.Second)
	}
	return from, to
}

// endpoint says what the token endpoint answers.
func (r *reference) endpoint(c *call) outcome {
	_, s := r.client(c.caller)
	wrong := outcome{status: 401, code: "invalid_client", challenge: "Basic"}
	if s == nil {
		return wrong
	}
	if from, to := r.expiry(s); c.op == "issueToken" && !from.Before(to) {
		return wrong
	}
	return outcome{status: 200}
}

// applyToken makes of the reference what a call of the token endpoint makes.
func (r *reference) applyToken(c *call, made answerBody) {
	account, s := r.client(c.caller)
	if c.op == "issueToken" {
		_, to := r.expiry(s)
		r.tokens[made.AccessToken] = &issued{born: r.birth(), account: account.id, secret: s.id, expires: to}
		return
	}
	if t := r.tokens[c.token]; t != nil && t.account == account.id {
		t.revoked = true
	}
}

// tokensOf lists the tokens that were issued to the account, oldest first.
func (r *reference) tokensOf(id string) (list []string) {
	for text, t := range r.tokens {
		if t.account == id {
			list = append(list, text)
		}
	}
	slices.SortFunc(list, func(a, b string) int { return r.tokens[a].born - r.tokens[b].born })
	return list
}

// rotate adds a secret as it is decided: those that expired go, one that is
// there lives on for seven days at the most. It returns false for one too many.
func (r *reference) rotate(k *principal) ([]secret, bool) {
	var list []secret
	for _, s := range k.secrets {
		if !s.live(r.now) {
			continue
		}
		if latest := r.now.Add(replacedSecretLife); s.expires.After(latest) {
			s.expires = latest
		}
		list = append(list, s)
	}
	return list, len(list) < mostLiveSecrets
}

// added is the secret that an answer showed.
func (r *reference) added(made answerSecret, hours int) secret {
	return secret{id: made.ID, text: made.Secret, created: r.now, expires: r.now.Add(time.Duration(hours) * time.Hour)}
}

// secretsText is what is compared of secrets.
func secretsText(list []secret) string {
	var b strings.Builder
	for _, s := range list {
		fmt.Fprintf(&b, "%s %d %d,", s.id, s.created.UnixMilli(), s.expires.UnixMilli())
	}
	return b.String()
}
