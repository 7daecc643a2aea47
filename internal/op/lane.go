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
// ten a second for ever. What is above waits in line like any change; it is not
// refused. The bucket is the caller's alone, so that a stolen key cannot use up
// the priority of whoever takes it away.
func laneLimit() ratelimit.Limit { return ratelimit.Limit{Capacity: 1000, Refill: 600} }

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
// often and everything about a revocation are looked at before: an earlier look
// may refuse a call or choose its lane, and allows nothing.
func change[I Input, O any](ctx context.Context, s *Service, o *Op[I, O], call *Call, in I, used *used, turn func(latchkey.Tx) error) error {
	first := false
	look := func(full bool) error {
		return s.store.View(ctx, func(r latchkey.Reader) (err error) {
			var env *Env
			if env, *used, err = arrive(s, &o.Info, call, in.Scope(), r, nil, func(env *Env) bool { return o.takesAway(env, call, in) }); err != nil {
				return err
			}
			first = (o.Revokes || full && o.takesAway(env, call, in)) && s.lane.Take(ratelimit.Key{ID: string(env.Caller.ID)}, env.now).Granted
			return nil
		})
	}
	if call.Suspect || call.Limit != nil || o.Revokes {
		if err := look(false); err != nil {
			return err
		}
	}
	if !first {
		err := s.store.Update(ctx, turn)
		if o.reduces == nil || !errors.Is(err, latchkey.ErrQueueFull) {
			return err
		}
		if refusal := look(true); refusal != nil || !first {
			return errors.Join(refusal, err)
		}
	}
	return s.store.UpdateFirst(ctx, turn)
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
