// Package e2e owns the tests that start the built binary and talk to it with
// the clients that people really use: the Atlas Go SDK, the Ops Manager Go
// client, two Go digest transports, golang.org/x/oauth2, curl and Python
// requests: with keys, and as service accounts with tokens.
//
// Each client reaches the server through a loopback proxy that keeps what went
// over the wire, so that every answer can be compared with what is published.
// A client that is not installed is skipped with a message;
// LATCHKEY_TEST_REQUIRE_ALL=1 makes that a failure. LATCHKEY_TEST_BINARY names
// a binary to test instead of the one that the run builds.
package e2e
