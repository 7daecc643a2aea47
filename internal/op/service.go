package op

import (
	"crypto/sha256"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/policy"
	"github.com/latchkey/latchkey/internal/ratelimit"
)

// SealFunc computes what is kept of a private key: the HA1 values of the
// algorithms, each sealed. It returns an error when a data key is missing.
type SealFunc func(latchkey.PrincipalID, latchkey.PublicKey, latchkey.PrivateKey) (md5, sha256 []byte, err error)

// HashFunc computes what is kept of a service account's secret: a keyed hash.
type HashFunc func(latchkey.ClientSecret) [sha256.Size]byte

// Config is what a service needs; every field but Sign and EndpointSets is required.
type Config struct {
	Store         latchkey.Store
	Seal          SealFunc
	HashSecret    HashFunc
	Sign          SignFunc // nil signs no checkpoints
	Granting      policy.Granting
	MaxKeysPerOrg int
	EndpointSets  []ratelimit.EndpointSet // that listRateLimits lists
}

// Service runs operations on one store.
type Service struct {
	store    latchkey.Store
	seal     SealFunc
	hash     HashFunc
	sign     SignFunc
	granting policy.Granting
	maxKeys  int
	uses     *uses
	unsigned unsigned
	lane     *ratelimit.Pool         // of the callers whose revocations go first
	sets     []ratelimit.EndpointSet // that listRateLimits lists
}

// NewService returns a service on the store.
func NewService(c Config) *Service {
	return &Service{
		store: c.Store, seal: c.Seal, hash: c.HashSecret, sign: c.Sign, granting: c.Granting,
		maxKeys: c.MaxKeysPerOrg, uses: newUses(), lane: ratelimit.NewPool(laneLimit()), sets: c.EndpointSets,
	}
}
