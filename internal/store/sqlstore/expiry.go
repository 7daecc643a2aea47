package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/latchkey/latchkey"
)

// ErrTooMany is returned instead of an answer that would take too long.
var ErrTooMany = errors.New("too many to look at")

// SecretEnds returns when the live secrets of all service accounts expire, in no
// order, for the operator's metrics. It looks at no more than limit accounts and
// returns ErrTooMany when there are more. Accounts are a range of the
// directory, so that keys cost nothing.
func (s *Store) SecretEnds(ctx context.Context, limit int) ([]time.Time, error) {
	var ends []time.Time
	err := s.View(ctx, func(r latchkey.Reader) error {
		now, n := r.Now(), 0
		after := strings.TrimSuffix(latchkey.ClientIDPrefix, "_") + "`" // which comes after the underscore
		return r.(*reader).rows(qSecrets, []any{latchkey.ClientIDPrefix, after, limit + 1}, func(rows *sql.Rows) error {
			if n++; n > limit {
				return ErrTooMany
			}
			var text string
			if err := rows.Scan(&text); err != nil {
				return err
			}
			secrets, err := latchkey.ParseSecrets(text)
			if err != nil {
				return err
			}
			for i := range secrets {
				if secrets[i].Live(now) {
					ends = append(ends, secrets[i].Expires)
				}
			}
			return nil
		})
	})
	return ends, err
}
