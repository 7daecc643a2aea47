package body

import (
	"net/netip"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/wire"
)

// DecodeNothing reads a request that names nothing.
func DecodeNothing(*wire.Request) op.RootInput { return op.RootInput{} }

// EncodeRoot writes the status of the server with the caller; related names the
// links of the older generations. A service account stands where the published
// schema has the key, with its client id for a public key, so that clients find
// their roles there.
func EncodeRoot(appName, build string, related ...string) func(a *wire.Answer, caller latchkey.Principal) {
	return func(a *wire.Answer, k latchkey.Principal) {
		login := string(k.PublicKey)
		if k.ID.IsAccount() {
			login = string(k.ID)
		}
		a.Raw(`{"apiKey":{"accessList":[`)
		for i, e := range k.AccessList {
			if i > 0 {
				a.Raw(",")
			}
			a.Raw(`{"cidrBlock":"`)
			a.Raw(e.Prefix.String())
			a.Raw(`","ipAddress":`)
			if e.Prefix.IsSingleIP() {
				a.String(e.Prefix.Addr().String())
			} else {
				a.Raw("null")
			}
			a.Raw("}")
		}
		a.Raw(`],"id":"`)
		a.Raw(string(k.ID))
		a.Raw(`","publicKey":"`)
		a.Raw(login)
		a.Raw(`","roles":`)
		appendRoles(a, &k)
		a.Raw(`},"appName":`)
		a.String(appName)
		a.Raw(`,"build":`)
		a.String(build)
		a.Raw(`,"links":[`)
		appendRelated(a, "", related)
		a.Raw(`],"throttling":false}`)
	}
}

// EncodeIPInfo writes the address of the caller (recorded: getIpInfo).
func EncodeIPInfo(a *wire.Answer, addr netip.Addr) {
	name := `{"currentIpv4Address":`
	if addr.Is6() {
		name = `{"currentIpv6Address":`
	}
	a.Raw(name)
	a.String(addr.String())
	a.Raw("}")
}

// EncodeControlPlane writes the addresses of the control plane: this server
// calls nobody, so there are none.
func EncodeControlPlane(a *wire.Answer) {
	a.Raw(`{"inbound":{"aws":{},"azure":{},"gcp":{}},"outbound":{"aws":{},"azure":{},"gcp":{}}}`)
}
