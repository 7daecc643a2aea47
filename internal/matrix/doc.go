// Package matrix owns the proof that every operation, on every generation,
// answers exactly as the published facts and the documented role tables say to
// every role in every place: the role matrix, the grant cube, that a key and a
// service account with the same roles are told the same, and what no sequence
// and no race of requests may bring about. It holds tests only. What they
// expect is computed from package published and from a lattice of their own;
// the policy under test is imported only where it is itself compared.
//
// Callers are keys and service accounts. What is not asked by both is drawn:
// cells of the matrix that let nobody in are asked by one of the two, points of
// the cube by one, and of those about service accounts a share. Each test
// prints the seed that repeats it.
package matrix
