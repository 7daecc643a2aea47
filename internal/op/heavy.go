package op

import (
	"context"
	"fmt"

	"github.com/latchkey/latchkey"
)

// heavyAtOnce is how many heavy operations run at once: half as many as views
// can. The others are left to calls that read little, whoever's they are.
const heavyAtOnce = 2

// view runs f on one snapshot. A heavy one waits for its turn before it takes
// any part of the store; a ctx that ends meanwhile gives an error that wraps
// latchkey.ErrUnavailable and the ctx's own.
func (s *Service) view(ctx context.Context, heavy bool, f func(latchkey.Reader) error) error {
	if heavy {
		select {
		case s.heavy <- struct{}{}:
		case <-ctx.Done():
			return fmt.Errorf("%w: gave up waiting for other operations that read much: %w", latchkey.ErrUnavailable, context.Cause(ctx))
		}
		defer func() { <-s.heavy }()
	}
	return s.store.View(ctx, f)
}
