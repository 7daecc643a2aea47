package opsmanagerv1

import (
	"net/http"

	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/wire"
	"github.com/latchkey/latchkey/internal/wire/body"
)

// appName is what this server calls itself where no schema forbids it.
const appName = "Latchkey"

func rootRows(build string) []wire.Row {
	root := at(http.MethodGet, "")
	root.Answer = body.Root
	ipInfo := wire.Spec{
		Method: http.MethodGet, Patterns: []string{"/api/private/ipinfo"}, Absolute: true,
		Generations: []wire.Generation{wire.PublicV1}, Status: http.StatusOK, Answer: body.IPInfo,
	}
	version := wire.Spec{
		Method: http.MethodGet, Patterns: []string{"/api/private/unauth/version"}, Absolute: true,
		Generations: []wire.Generation{wire.PublicV1}, Status: http.StatusOK, Answer: body.ServiceVersion,
	}
	return []wire.Row{
		wire.Bind(root, op.GetSystemStatus, body.DecodeNothing, body.EncodeRoot(appName, build, "groups", "orgs")),
		wire.Bind(ipInfo, op.GetIPInfo, body.DecodeNothing, body.EncodeIPInfo),
		wire.BindOpen(version, op.Info{Name: "getServiceVersion", Summary: "Get the version of the server"}, func(a *wire.Answer) {
			a.Plain = true
			a.Raw(a.ServiceVersion())
		}),
	}
}
