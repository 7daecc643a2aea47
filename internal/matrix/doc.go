// Package matrix owns the proof that every operation, on every generation,
// answers exactly as the published facts and the documented role tables say to
// every role in every place: the role matrix, the grant cube, and what no
// sequence and no race of requests may bring about. It holds tests only. What
// they expect is computed from package published and from a lattice of their
// own; the policy under test is imported only where it is itself compared.
package matrix
