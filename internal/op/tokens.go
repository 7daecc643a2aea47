package op

import (
	"context"
	"net/netip"
	"time"

	"github.com/latchkey/latchkey"
)

// IssuedToken names an access token that was issued.
type IssuedToken struct {
	Org     latchkey.OrgID
	Account latchkey.PrincipalID
	Hash    latchkey.TokenHash
	Expires time.Time
}

// ClientCredential returns the credential of a service account that shows its
// secret, as it is at the time returned, and notes the use of the secret. The
// access list is not asked: it guards what a token is used for. It returns the
// refusals of the proof, CodeUnavailable and CodeInternal.
func (s *Service) ClientCredential(ctx context.Context, proof Proof, addr netip.Addr) (latchkey.Credential, time.Time, error) {
	var cred latchkey.Credential
	var now time.Time
	err := s.store.View(ctx, func(r latchkey.Reader) (err error) {
		now = r.Now()
		cred, err = proof.Check(r, "")
		return err
	})
	if err != nil {
		return latchkey.Credential{}, now, settle(err)
	}
	used := used{addr: addr, at: now}
	used.addSecret(&cred)
	s.uses.note(&used)
	return cred, now, nil
}

// RevokeToken makes a token void that was issued to the service account which
// shows its secret; a token of anybody else stays as it is. It returns what
// ClientCredential does.
func (s *Service) RevokeToken(ctx context.Context, proof Proof, addr netip.Addr, token IssuedToken) error {
	// An earlier look may only refuse: it keeps wrong secrets and foreign
	// tokens away from the writer.
	cred, now, err := s.ClientCredential(ctx, proof, addr)
	if err != nil || !token.of(&cred) || !now.Before(token.Expires) {
		return err
	}
	err = s.store.UpdateFirst(ctx, func(tx latchkey.Tx) error {
		if _, err := tx.LockOrganization(token.Org); err != nil {
			return err
		}
		cred, err := proof.Check(tx, "")
		if err != nil || !token.of(&cred) {
			return err
		}
		return tx.RevokeToken(token.Org, token.Hash, token.Expires)
	})
	if err != nil {
		return settle(err)
	}
	return nil
}

// of reports whether the token was issued to whoever the credential is of.
func (t *IssuedToken) of(cred *latchkey.Credential) bool {
	return t.Org == cred.Caller.OrgID && t.Account == cred.Caller.ID
}
