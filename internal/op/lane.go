package op

import (
	"context"
	"errors"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/policy"
	"github.com/latchkey/latchkey/internal/ratelimit"
)

// laneLimit bounds how many of one caller's changes go ahead of those of
// others: as many as an organization has keys and service accounts at once, and
// ten a second for ever. What is above waits in line like any change, and like
// any it is refused when too many wait there. The bucket is the caller's alone,
// so that a stolen key cannot use up the priority of whoever takes it away.
func laneLimit() ratelimit.Limit { return ratelimit.Limit{Capacity: 1000, Refill: 600} }

// goesFirst reports whether a revocation of the caller goes ahead, and takes
// the token that this costs.
func (s *Service) goesFirst(caller latchkey.PrincipalID, now time.Time) bool {
	return s.lane.Take(ratelimit.Key{ID: string(caller)}, now).Granted
}

// updateFirst runs turn ahead of other changes, or in line with them when too
// many wait in the lane of revocations: that is no reason to refuse what the
// other lane has room for.
func (s *Service) updateFirst(ctx context.Context, turn func(latchkey.Tx) error) error {
	err := s.store.UpdateFirst(ctx, turn)
	if errors.Is(err, latchkey.ErrQueueFull) {
		err = s.store.Update(ctx, turn)
	}
	return err
}

// Limit is the rate limit of one call, asked once the caller is known. Package
// wire has it.
type Limit interface {
	// Draw takes a token for the call and returns nil, or CodeRateLimited. Asked
	// again, it answers what it did before and takes nothing, unless it refused a
	// call that turns out to be a revocation: those have tokens of their own.
	Draw(d *Drawn) *latchkey.Error
}

// Drawn says whose token it is.
type Drawn struct {
	Caller  *latchkey.Caller
	Project latchkey.ProjectID // of the path, when it exists and the caller reaches it
	Revokes bool               // whether the call takes away what somebody can do
	Now     time.Time
}

// change runs a call that writes. Wrong credentials, callers that come too
// often, everything about a revocation, and while many wait also what may turn
// out to be one are looked at before: an earlier look may refuse a call or
// choose its lane, and allows nothing. So nobody comes into the lane of
// revocations whose call is certain to be refused.
func change[I Input, O any](ctx context.Context, s *Service, o *Op[I, O], call *Call, in I, used *used, turn func(latchkey.Tx) error) error {
	first := false
	look := func(busy bool) error {
		return s.store.View(ctx, func(r latchkey.Reader) (err error) {
			var env *Env
			if env, *used, err = arrive(s, &o.Info, call, in.Scope(), r, nil, func(env *Env) bool { return o.takesAway(env, call, in) }); err != nil {
				return err
			}
			gone, err := o.gate(env, call)
			if err != nil {
				return err
			}
			if env.replayed && !gone {
				return latchkey.ErrNonceUsed
			}
			first = !gone && (o.Revokes || busy && o.reduces(env, in)) && s.goesFirst(env.Caller.ID, env.now)
			return nil
		})
	}
	busy := o.reduces != nil && s.store.Crowded()
	if call.Suspect || call.Limit != nil || o.Revokes || busy {
		if err := look(busy); err != nil {
			return err
		}
	}
	if !first {
		err := s.store.Update(ctx, turn)
		if o.reduces == nil || busy || !errors.Is(err, latchkey.ErrQueueFull) {
			return err
		}
		if refusal := look(true); refusal != nil || !first {
			return errors.Join(refusal, err)
		}
	}
	return s.updateFirst(ctx, turn)
}

// takesAway reports whether the call is a revocation, by its operation or by
// what it asks of one that could also grant. The latter is told only of callers
// that may call the operation.
func (o *Op[I, O]) takesAway(env *Env, call *Call, in I) bool {
	switch {
	case o.Revokes:
		return true
	case o.reduces == nil, call.Refusal != nil, env.lost != nil, env.decide(policy.Grants{}, policy.Grants{}) != nil:
		return false
	}
	return o.reduces(env, in)
}

// fewer reports whether the roles after say less than those before.
func fewer(before, after latchkey.RoleSet) bool {
	had, has := policy.Closure(before), policy.Closure(after)
	return has != had && has.SubsetOf(had)
}
