package server

import (
	"context"
	"log/slog"
	"time"
)

// maintain does what has to be done beside requests, once a minute and once
// more at the end: it writes the use of access lists and secrets, signs
// checkpoints, and forgets nonces and revoked tokens that are too old to matter.
// Checkpoints that an earlier process left unsigned are signed at once.
func (s *Server) maintain(ctx context.Context) {
	tick := time.NewTicker(s.config.MaintenanceEvery)
	defer tick.Stop()
	s.signCheckpoints(ctx)
	for {
		select {
		case <-tick.C:
			s.Maintain(ctx)
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.Background(), drainTimeout)
			defer cancel()
			s.Maintain(last)
			return
		}
	}
}

// Maintain does one round of maintenance now. What fails is logged and done in
// the next round.
func (s *Server) Maintain(ctx context.Context) {
	if err := s.Service.FlushUse(ctx); err != nil {
		s.config.Log.Warn("the use of access lists and secrets could not be written", slog.Any("error", err))
	}
	s.signCheckpoints(ctx)
	if err := s.Service.ForgetNonces(ctx); err != nil {
		s.config.Log.Warn("old nonces could not be forgotten", slog.Any("error", err))
	}
	if err := s.Service.ForgetTokens(ctx); err != nil {
		s.config.Log.Warn("revoked tokens that expired could not be forgotten", slog.Any("error", err))
	}
}
