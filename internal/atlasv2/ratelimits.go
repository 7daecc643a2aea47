package atlasv2

import (
	"net/http"

	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/wire"
	"github.com/latchkey/latchkey/internal/wire/body"
)

func rateLimitRows() []wire.Row {
	versions := []wire.Version{wire.Version20250312, wire.Preview}
	list := at(http.MethodGet, "/rateLimits")
	list.Versions, list.Paged, list.Counted, list.Query, list.Answer = versions, true, true, body.RateLimitsQuery, body.EndpointSets
	get := at(http.MethodGet, "/rateLimits/{endpointSetId}")
	get.Versions, get.Query, get.Answer = versions, body.RateLimitsOf, body.EndpointSet
	return []wire.Row{
		wire.Bind(list, op.ListRateLimits, body.DecodeRateLimits, body.EncodeEndpointSets),
		wire.Bind(get, op.GetRateLimit, body.DecodeRateLimit, body.EncodeEndpointSet),
	}
}
