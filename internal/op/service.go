package op

import (
	"crypto/sha256"
	"sync/atomic"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/policy"
	"github.com/latchkey/latchkey/internal/ratelimit"
)

// SealFunc computes what is kept of a private key: the HA1 values of the
// algorithms, each sealed. It returns an error when a data key is missing.
type SealFunc func(latchkey.PrincipalID, latchkey.PublicKey, latchkey.PrivateKey) (md5, sha256 []byte, err error)

// HashFunc computes what is kept of a service account's secret: a keyed hash.
type HashFunc func(latchkey.ClientSecret) [sha256.Size]byte

// Config is what a service needs; every field but Sign, IsSigned and EndpointSets is required.
type Config struct {
	Store         latchkey.Store
	Seal          SealFunc
	HashSecret    HashFunc
	Sign          SignFunc   // nil signs no checkpoints
	IsSigned      SignedFunc // required with Sign
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
	isSigned SignedFunc
	granting policy.Granting
	maxKeys  int
	uses     *uses
	unsigned unsigned
	heavy    *turns
	lane     *ratelimit.Pool         // of the callers whose revocations go first
	sets     []ratelimit.EndpointSet // that listRateLimits lists
	events   atomic.Int64            // recorded
	signed   atomic.Pointer[time.Time]
}

// Recorded returns how many audit events this service recorded.
func (s *Service) Recorded() int64 { return s.events.Load() }

// Signed returns when the last complete round of SignCheckpoints began, which
// signs every event that was recorded before; zero before the first.
func (s *Service) Signed() time.Time {
	if t := s.signed.Load(); t != nil {
		return *t
	}
	return time.Time{}
}

// NewService returns a service on the store.
func NewService(c Config) *Service {
	return &Service{
		store: c.Store, seal: c.Seal, hash: c.HashSecret, sign: c.Sign, isSigned: c.IsSigned, granting: c.Granting,
		maxKeys: c.MaxKeysPerOrg, uses: newUses(), heavy: newTurns(), lane: ratelimit.NewPool(laneLimit()), sets: c.EndpointSets,
	}
}
