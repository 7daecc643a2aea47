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
	return s.clientCredential(ctx, proof, addr, func(latchkey.Reader, *latchkey.Credential) error { return nil })
}

// clientCredential is ClientCredential with what else is read in its snapshot.
func (s *Service) clientCredential(ctx context.Context, proof Proof, addr netip.Addr, also func(latchkey.Reader, *latchkey.Credential) error) (latchkey.Credential, time.Time, error) {
	var cred latchkey.Credential
	var now time.Time
	err := s.store.View(ctx, func(r latchkey.Reader) (err error) {
		now = r.Now()
		if cred, err = proof.Check(r, ""); err != nil {
			return err
		}
		return also(r, &cred)
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
// shows its secret; a token of anybody else stays as it is. It returns the
// account, and the errors that ClientCredential does.
func (s *Service) RevokeToken(ctx context.Context, proof Proof, addr netip.Addr, token IssuedToken) (latchkey.PrincipalID, error) {
	// An earlier look may only refuse: it keeps wrong secrets, foreign tokens
	// and those that are void already away from the writer.
	idle := false
	cred, now, err := s.clientCredential(ctx, proof, addr, func(r latchkey.Reader, cred *latchkey.Credential) (err error) {
		if idle = !token.of(cred) || !r.Now().Before(token.Expires); !idle {
			idle, err = r.TokenRevoked(token.Org, token.Hash)
		}
		return err
	})
	if err != nil || idle {
		return cred.Caller.ID, err
	}
	revoke := func(tx latchkey.Tx) error {
		if _, err := tx.LockOrganization(token.Org); err != nil {
			return err
		}
		cred, err := proof.Check(tx, "")
		if err != nil || !token.of(&cred) {
			return err
		}
		return tx.RevokeToken(token.Org, token.Hash, token.Expires)
	}
	if s.goesFirst(cred.Caller.ID, now) {
		err = s.updateFirst(ctx, revoke)
	} else {
		err = s.store.Update(ctx, revoke)
	}
	if err != nil {
		return "", settle(err)
	}
	return cred.Caller.ID, nil
}

// of reports whether the token was issued to whoever the credential is of.
func (t *IssuedToken) of(cred *latchkey.Credential) bool {
	return t.Org == cred.Caller.OrgID && t.Account == cred.Caller.ID
}
