package main

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/latchkey/latchkey/internal/server"
)

// firstStart is what the first start shows on a terminal: ids, private keys,
// and commands that use them.
func firstStart(keys server.FirstKeys, base string) string {
	var b strings.Builder
	b.WriteString("\nThis is the first start. The private keys are shown this once and stored nowhere: keep them.\n\n")
	fmt.Fprintf(&b, "  organization  %s\n", keys.OrgID)
	fmt.Fprintf(&b, "  project       %s\n\n", keys.ProjectID)
	b.WriteString("  owner key (ORG_OWNER)\n")
	writeKey(&b, keys.NewKey)
	if keys.Example == nil {
		return b.String()
	}
	b.WriteString("\n  example key (ORG_MEMBER, and GROUP_READ_ONLY in the project)\n")
	writeKey(&b, *keys.Example)
	path := "/groups/" + string(keys.ProjectID) + "/apiKeys/" + string(keys.Example.KeyID) + "?pretty=true"
	b.WriteString("\nReplace the roles that the example key holds in the project, through the Atlas Administration API v2:\n\n")
	writeCurl(&b, keys.NewKey, base+"/api/atlas/v2"+path, "application/vnd.atlas.2023-01-01+json",
		`{"roles":["GROUP_READ_ONLY","GROUP_DATA_ACCESS_READ_WRITE"]}`)
	b.WriteString("\nand through the Ops Manager Public API v1.0:\n\n")
	writeCurl(&b, keys.NewKey, base+"/api/public/v1.0"+path, "application/json", `{"roles":["GROUP_OWNER"]}`)
	b.WriteByte('\n')
	return b.String()
}

func writeKey(b *strings.Builder, k server.NewKey) {
	fmt.Fprintf(b, "    id           %s\n    public key   %s\n    private key  %s\n", k.KeyID, k.PublicKey, k.PrivateKey)
}

func writeCurl(b *strings.Builder, as server.NewKey, target, accept, body string) {
	fmt.Fprintf(b, "  curl --digest --user %s \\\n", shellQuote(string(as.PublicKey)+":"+as.PrivateKey))
	fmt.Fprintf(b, "    --header %s --header %s \\\n", shellQuote("Accept: "+accept), shellQuote("Content-Type: application/json"))
	fmt.Fprintf(b, "    --request PATCH --data %s \\\n", shellQuote(body))
	fmt.Fprintf(b, "    %s\n", shellQuote(target))
}

// shellQuote returns one word of a POSIX shell that stands for exactly s.
func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// curlURL returns the URL that commands on this machine reach the server
// under: the listener's own, but with TLS the public one, because the
// certificate names that.
func curlURL(c config, address string) string {
	if c.scheme() == "https" && c.publicURL != "" {
		return c.publicURL
	}
	if u, err := url.Parse(address); err == nil && c.unspecified() {
		return u.Scheme + "://127.0.0.1:" + u.Port()
	}
	return address
}
