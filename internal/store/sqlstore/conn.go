package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"github.com/latchkey/latchkey"
)

// background has no Done channel: with it, neither database/sql nor the driver
// starts a goroutine for a statement.
var background = context.Background()

// conn is one dedicated connection with its statements, each prepared when it
// is first needed and kept. One goroutine uses it at a time.
type conn struct {
	c     *sql.Conn
	stmts [queryCount]*sql.Stmt
}

func openConn(db *sql.DB) (*conn, error) {
	c, err := db.Conn(background)
	if err != nil {
		return nil, fault("connect", err)
	}
	return &conn{c: c}, nil
}

func (c *conn) stmt(q queryID) (*sql.Stmt, error) {
	if s := c.stmts[q]; s != nil {
		return s, nil
	}
	s, err := c.c.PrepareContext(background, queries[q].sql)
	if err != nil {
		return nil, fault(queries[q].name, err)
	}
	c.stmts[q] = s
	return s, nil
}

// exec runs a statement and returns how many rows it changed.
func (c *conn) exec(q queryID, args ...any) (int64, error) {
	s, err := c.stmt(q)
	if err != nil {
		return 0, err
	}
	res, err := s.ExecContext(background, args...)
	if err != nil {
		return 0, fault(queries[q].name, err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return 0, fault(queries[q].name, err)
	}
	return n, nil
}

// row reads at most one row; latchkey.ErrNotFound if there is none.
func (c *conn) row(q queryID, args []any, dest ...any) error {
	s, err := c.stmt(q)
	if err != nil {
		return err
	}
	switch err := s.QueryRowContext(background, args...).Scan(dest...); {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return latchkey.ErrNotFound
	default:
		return fault(queries[q].name, err)
	}
}

// rows calls each for every row.
func (c *conn) rows(q queryID, args []any, each func(*sql.Rows) error) error {
	s, err := c.stmt(q)
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(background, args...)
	if err != nil {
		return fault(queries[q].name, err)
	}
	for rows.Next() {
		if err := each(rows); err != nil {
			_ = rows.Close()
			return fault(queries[q].name, err)
		}
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return fault(queries[q].name, err)
	}
	return nil
}

// close gives the connection up; it is never used again.
func (c *conn) close() {
	for _, s := range c.stmts {
		if s != nil {
			_ = s.Close()
		}
	}
	_ = c.c.Close()
}
