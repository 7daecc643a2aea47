package wire

import "net/http"

// Values of headers that never change, shared by all answers and only read.
var (
	applicationJSON   = []string{"application/json"}
	connectionClose   = []string{"close"}
	noSniff           = []string{"nosniff"}
	denyFrames        = []string{"DENY"}
	noPolicies        = []string{"none"}
	referrerPolicy    = []string{"strict-origin-when-cross-origin"}
	strictTransport   = []string{"max-age=31536000; includeSubdomains;"}
	noStore           = []string{"no-store"}
	gzipEncoding      = []string{"gzip"}
	varyByEncoding    = []string{"Accept-Encoding"}
	retryInASecond    = []string{"1"}
	vendorContentType = func() map[Version][]string {
		m := make(map[Version][]string)
		for _, v := range append(PublishedVersions(), Preview) {
			m[v] = []string{VersionedContentType(v)}
		}
		return m
	}()
)

// setStandingHeaders sets the headers that every answer has.
func setStandingHeaders(h http.Header, serviceVersion []string, tls bool) {
	h["Referrer-Policy"] = referrerPolicy
	h["X-Content-Type-Options"] = noSniff
	h["X-Frame-Options"] = denyFrames
	h["X-Permitted-Cross-Domain-Policies"] = noPolicies
	h["X-Mongodb-Service-Version"] = serviceVersion
	if tls {
		h["Strict-Transport-Security"] = strictTransport
	}
}
