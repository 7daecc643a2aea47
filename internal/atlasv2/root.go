package atlasv2

import (
	"net/http"

	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/wire"
	"github.com/latchkey/latchkey/internal/wire/body"
)

// appName is the only value that the published schema of getSystemStatus allows.
const appName = "MongoDB Atlas"

func rootRows(build string) []wire.Row {
	root := at(http.MethodGet, "")
	root.Answer = body.Root
	addresses := at(http.MethodGet, "/unauth/controlPlaneIPAddresses")
	addresses.Versions, addresses.Answer = v2023Nov, body.ControlPlane
	return []wire.Row{
		wire.Bind(root, op.GetSystemStatus, body.DecodeNothing, body.EncodeRoot(appName, build)),
		wire.BindOpen(addresses, op.Info{Name: "listControlPlaneIpAddresses", Summary: "List the addresses of the control plane: none"}, body.EncodeControlPlane),
	}
}
