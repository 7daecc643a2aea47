// Package model owns the test that compares the server with a small reference
// of what it promises: random sequences of every operation that changes
// something, by random keys and service accounts over HTTP, answered by both.
// Tokens are issued, used and revoked, and time is an operation too: the clock
// of both jumps by hours and days, so that secrets expire and tokens die. It
// has nothing but tests.
//
// After each step three things must be equal: the answer (status and error
// code, and for keys and accounts the body), the state in the tables and in the
// reference, and what the audit events add up to. The reference is written from
// the published contract and its decided differences; it shares no code with
// the operations and the policy.
//
// The default run takes about 6,000 steps. A longer one:
//
//	LATCHKEY_MODEL_STEPS=200000 go test ./internal/model -run TestModel -timeout 1h
//
// The run prints its seed. To repeat it, or what a failure left behind:
//
//	go test ./internal/model -run TestModel -rapid.seed=SEED
//	go test ./internal/model -run TestModel -rapid.failfile=FILE
//
// Beside it are tests of races between changes, and a check that the roles of
// a key behave as one register under concurrent clients.
package model
