// Package apitest owns the tests of the HTTP API as its callers see it: it
// starts the server in the test's process, speaks to it over real connections,
// byte by byte where that matters, and compares statuses, headers, bodies and
// what is stored with what is promised. It has no code of its own.
package apitest
