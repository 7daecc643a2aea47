package op

import (
	"context"
	"net/netip"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/policy"
)

// SealFunc computes what is kept of a private key: the HA1 values of the
// algorithms, each sealed. It returns an error when a data key is missing.
type SealFunc func(latchkey.KeyID, latchkey.PublicKey, latchkey.PrivateKey) (md5, sha256 []byte, err error)

// Config is what a service needs. Every field but Guard is required.
type Config struct {
	Store         latchkey.Store
	Seal          SealFunc
	Granting      policy.Granting
	MaxKeysPerOrg int
	Guard         Guard // nil: no address is suspect
}

// Service runs operations on one store.
type Service struct {
	store    latchkey.Store
	seal     SealFunc
	granting policy.Granting
	maxKeys  int
	guard    Guard
	uses     *uses
}

// NewService returns a service on the store.
func NewService(c Config) *Service {
	if c.Guard == nil {
		c.Guard = noGuard{}
	}
	return &Service{
		store: c.Store, seal: c.Seal, granting: c.Granting,
		maxKeys: c.MaxKeysPerOrg, guard: c.Guard, uses: newUses(),
	}
}

type noGuard struct{}

func (noGuard) Enter(context.Context, netip.Addr) (bool, func(), error) {
	return false, func() {}, nil
}
func (noGuard) Failed(netip.Addr) {}
