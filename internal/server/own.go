package server

import (
	"github.com/latchkey/latchkey/internal/wire"
	"github.com/latchkey/latchkey/internal/wire/body"
)

// ownRows returns the rows that are in no published contract: they let services
// of somebody's own ask about callers.
func (s *Server) ownRows() []wire.Row {
	return append(wire.CheckRows(), body.IntrospectRow(s.auth.TokenProof))
}
