// Package architecture owns the rules of who may import and call whom. It has
// no code of its own: the rules are tests, and each prints its reason.
package architecture
