package main

import (
	"context"
	"math/rand/v2"
)

// operation is one of the four that are measured.
type operation string

// The operations of the yardstick.
const (
	opW operation = "W" // replace the two roles of one key in one project, durably; the answer is the key with all its roles
	opR operation = "R" // get one key with all its roles
	opC operation = "C" // a request by a random key with its own credentials that its role allows
	opL operation = "L" // a page of the 100 keys of a project with their roles
)

func operations() []operation { return []operation{opW, opR, opC, opL} }

// target is a system that is measured.
type target interface {
	// name is how tables call it.
	name() string
	// prepare loads the data set into a directory that only it uses.
	prepare(ctx context.Context, dir string, s shape) error
	// start starts it on the prepared data and returns the process that serves,
	// or 0 when nothing serves.
	start(ctx context.Context) (pid int, err error)
	// worker returns what sends the requests of one connection. It returns nil
	// for an operation that the target does not have.
	worker(op operation, n, of int, r *rand.Rand) worker
	// stop ends it.
	stop() error
}

// worker sends requests on one connection.
type worker interface {
	// do sends one request and checks its answer.
	do() error
	// close lets the connection go.
	close()
}
