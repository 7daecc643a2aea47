// Package latchkey owns the domain of Latchkey: organizations, projects, API
// keys, the roles that keys hold, the audit events that changes leave behind,
// the errors that operations answer, and the contract a store fulfils.
//
// It imports the standard library only, and of that neither net/http nor
// database/sql: how things look on a wire or in a table is decided elsewhere.
package latchkey
