package op

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/policy"
)

// Rank orders the refusals that a call may carry by when they are answered.
type Rank uint8

// The ranks, in the order of the checks.
const (
	RankVersion Rank = iota + 1
	// The rate limit comes here.
	RankPath
	// What follows is answered only to callers that passed the gate.
	RankQuery
	RankContentType
	RankBody
)

// Refusal is an error that was found while the request was read. It is kept
// and answered when its turn comes, so that callers who prove nothing learn
// nothing.
type Refusal struct {
	Rank Rank
	Err  *latchkey.Error
}

// Proof is what a request offers to show who its caller is. Package auth makes
// them.
type Proof struct {
	// Check reads the credential, with the caller's roles in the project, and
	// decides whether the request proves that the caller has it. It returns a refusal with CodeUnauthenticated or
	// CodeStaleNonce, or a fault of the store.
	Check func(latchkey.Reader, latchkey.ProjectID) (latchkey.Credential, error)
	// Nonce and Count are noted when the request changes something. From
	// Expires on they make no change any more. A proof without a nonce may be
	// used again and again: a bearer token.
	Nonce   string
	Count   uint32
	Expires time.Time
}

// Call is one request for an operation.
type Call struct {
	Proof   Proof
	Address netip.Addr // the caller's
	Suspect bool       // whether the proof is looked at once before a change may wait for the writer
	Refusal *Refusal   // nil when the request reads well
	Limit   Limit      // nil when nothing limits how often the caller may call

	// Caller is set by Do once the proof holds; "" before.
	Caller latchkey.PrincipalID
}

// Do runs the operation for one call: it authenticates, authorizes, runs and
// records in one transaction. There is no other way to reach an operation.
//
// It returns a *latchkey.Error when the call is refused, then nothing has
// changed; any other failure is turned into CodeUnavailable or CodeInternal.
func Do[I Input, O any](ctx context.Context, s *Service, o *Op[I, O], call *Call, in I) (O, error) {
	var out O
	var used used
	var err error
	if o.Changes {
		err = change(ctx, s, o, call, in, &used, func(tx latchkey.Tx) (err error) {
			out, used, err = attempt(s, o, call, in, tx, tx)
			return err
		})
	} else {
		read := func(r latchkey.Reader) (err error) {
			out, used, err = attempt(s, o, call, in, r, nil)
			return err
		}
		if o.Heavy {
			err = readMuch(ctx, s, call, read)
		} else {
			err = s.store.View(ctx, read)
		}
	}
	if used.n > 0 {
		s.uses.note(&used)
	}
	s.recorded(used.recorded, err)
	if err != nil {
		var none O
		return none, settle(err)
	}
	return out, nil
}

// attempt is one run of a call inside a transaction.
func attempt[I Input, O any](s *Service, o *Op[I, O], call *Call, in I, r latchkey.Reader, tx latchkey.Tx) (out O, used used, err error) {
	env, used, err := arrive(s, &o.Info, call, in.Scope(), r, tx, func(*Env) bool { return o.Revokes })
	if err != nil {
		return out, used, err
	}
	gone, err := o.gate(env, call)
	if err != nil {
		return out, used, err
	}
	if gone {
		out, err = o.gone(env, in)
		return out, used, err
	}
	if tx != nil && call.Proof.Nonce != "" {
		if !env.now.Before(call.Proof.Expires) {
			// The request waited until the note of its first use may be gone.
			return out, used, latchkey.Refuse(latchkey.CodeStaleNonce).Because("the nonce grew too old while the request waited")
		}
		if err := tx.UseNonce(env.Org(), call.Proof.Nonce, call.Proof.Count, call.Proof.Expires); err != nil {
			return out, used, err
		}
	}
	out, err = o.run(env, in)
	used.recorded = env.recorded
	return out, used, err
}

// gate is the part of an attempt between the rate limit and the nonce: what the
// path, the container, the caller's roles and the request refuse, in that
// order. gone is true when the project of the path does not exist and the
// operation has an answer of its own to that.
func (o *Op[I, O]) gate(env *Env, call *Call) (gone bool, err error) {
	if call.Refusal != nil && call.Refusal.Rank <= RankPath {
		return false, call.Refusal.Err
	}
	if env.lost != nil {
		if o.gone != nil && code(env.lost) == latchkey.CodeProjectNotFound {
			return true, nil
		}
		return false, env.lost
	}
	if err := env.decide(policy.Grants{}, policy.Grants{}); err != nil {
		return false, err
	}
	if call.Refusal != nil {
		return false, call.Refusal.Err
	}
	return false, nil
}

// arrive is the part of an attempt up to the rate limit: it finds out who
// calls, from where, and what the path names, and returns what the operation
// sees. revokes tells whether the call takes away what somebody can do; it is
// asked only about calls that would be refused otherwise.
func arrive(s *Service, info *Info, call *Call, scope policy.Scope, r latchkey.Reader, tx latchkey.Tx, revokes func(*Env) bool) (env *Env, used used, err error) {
	call.Caller = ""
	cred, err := call.Proof.Check(r, scope.Project)
	if err != nil {
		return nil, used, err
	}
	if tx != nil {
		again, err := tx.LockOrganization(cred.Caller.OrgID)
		if err != nil {
			return nil, used, err
		}
		if again {
			if cred, err = call.Proof.Check(r, scope.Project); err != nil {
				return nil, used, err
			}
		}
	}
	call.Caller = cred.Caller.ID
	env = &Env{
		Reader: r, Tx: tx, Caller: cred.Caller, Address: call.Address,
		info: info, scope: scope, now: r.Now(), service: s,
	}
	used.addr, used.at = call.Address, env.now
	if err = admit(&cred, &used); err != nil {
		return nil, used, err
	}
	if call.Refusal != nil && call.Refusal.Rank == RankVersion {
		return nil, used, call.Refusal.Err
	}
	env.lost = env.find()
	if info.Changes && tx == nil && call.Proof.Nonce != "" {
		// Who sends a change again that somebody else made uses up nothing of
		// that caller's. The note that counts is made in the transaction.
		if env.replayed, err = r.NonceUsed(env.Org(), call.Proof.Nonce, call.Proof.Count); err != nil || env.replayed {
			return env, used, err
		}
	}
	return env, used, env.limit(call.Limit, revokes)
}

// limit draws a token for the call. Whoever names a project that does not exist
// or is out of its reach draws on a bucket of its own: nobody makes buckets by
// making names up, nor uses up those of a project it has nothing to do with.
func (env *Env) limit(l Limit, revokes func(*Env) bool) error {
	if l == nil {
		return nil
	}
	d := Drawn{Caller: &env.Caller, Revokes: env.info.Revokes, Now: env.now}
	if env.Project.ID != "" && env.principal().EffectiveInProject(env.Project.ID) != 0 {
		d.Project = env.Project.ID
	}
	refusal := l.Draw(&d)
	if refusal != nil && !d.Revokes && revokes(env) {
		d.Revokes = true
		refusal = l.Draw(&d)
	}
	if refusal != nil {
		return refusal
	}
	return nil
}

// admit checks the caller's address against its access list and notes what let
// it in.
func admit(cred *latchkey.Credential, used *used) error {
	c := &cred.Caller
	used.addSecret(cred)
	if len(c.AccessList) == 0 {
		if cred.AccessListRequired {
			return latchkey.Refuse(latchkey.CodeAccessListRequired, used.addr.String())
		}
		return nil
	}
	prefix, ok := c.AccessList.Covers(used.addr)
	if !ok {
		return latchkey.Refuse(latchkey.CodeAddressNotAllowed, used.addr.String())
	}
	entry := c.AccessList[c.AccessList.Index(prefix)]
	used.add(useKey{c.OrgID, c.ID, prefix.String(), entry.Created.Unix()})
	return nil
}

// find finds the container of the path, which must be the caller's own.
func (env *Env) find() error {
	switch {
	case env.scope.Org == "":
		env.scope.Org = env.Org()
	case env.scope.Org != env.Org():
		return latchkey.Refuse(latchkey.CodeOrganizationNotFound, string(env.scope.Org))
	}
	if env.scope.Project != "" {
		p, err := env.Reader.Project(env.Org(), env.scope.Project)
		if err != nil {
			return whenMissing(err, latchkey.CodeProjectNotFound, string(env.scope.Project))
		}
		env.Project = p
	}
	return nil
}

// whenMissing turns ErrNotFound into the refusal with that code and those
// parameters and leaves other errors alone.
func whenMissing(err error, c latchkey.Code, params ...any) error {
	if errors.Is(err, latchkey.ErrNotFound) {
		return latchkey.Refuse(c, params...)
	}
	return err
}

// settle turns what came out of a store into a refusal.
func settle(err error) error {
	var refusal *latchkey.Error
	switch {
	case errors.As(err, &refusal):
		return refusal
	case errors.Is(err, latchkey.ErrNonceUsed):
		return latchkey.Refuse(latchkey.CodeStaleNonce).Because("the nonce was used before")
	case errors.Is(err, latchkey.ErrUnavailable):
		return latchkey.Refuse(latchkey.CodeUnavailable).Because("%v", err)
	}
	return latchkey.Refuse(latchkey.CodeInternal).Because("%v", err)
}

// code returns the code of a refusal, or 0.
func code(err error) latchkey.Code {
	var refusal *latchkey.Error
	if errors.As(err, &refusal) {
		return refusal.Code
	}
	return 0
}
