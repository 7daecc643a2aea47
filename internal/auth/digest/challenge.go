package digest

// ChallengeBody is the body of every 401 that carries a challenge, whatever
// was wrong with the credentials. It is the same 142 bytes, without a trailing
// newline, as the hosted service sends, and never depends on pretty or
// envelope.
const ChallengeBody = `{
  "error" : 401,
  "reason" : "Unauthorized",
  "detail" : "You are not authorized for this resource.",
  "errorCode" : "UNEXPECTED_ERROR"
}`

// Challenge returns the value of one WWW-Authenticate header. Order, quoting
// and the space after each comma are those of the hosted service; one widely
// used client splits at ", " and refuses any parameter that it does not know,
// so charset, userhash and the like must never be added.
//
// A server that offers two algorithms sends two headers, MD5 first. stale must
// be true only for a right answer on a nonce of ours that is too old or used.
func Challenge(alg Algorithm, nonce string, stale bool) string {
	end := `, qop="auth", stale=false`
	if stale {
		end = `, qop="auth", stale=true`
	}
	return `Digest realm="` + Realm + `", domain="", nonce="` + nonce + `", algorithm=` + string(alg) + end
}
