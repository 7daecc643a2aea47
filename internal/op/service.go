package op

import (
	"crypto/sha256"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/policy"
)

// SealFunc computes what is kept of a private key: the HA1 values of the
// algorithms, each sealed. It returns an error when a data key is missing.
type SealFunc func(latchkey.PrincipalID, latchkey.PublicKey, latchkey.PrivateKey) (md5, sha256 []byte, err error)

// HashFunc computes what is kept of a service account's secret: a keyed hash.
type HashFunc func(latchkey.ClientSecret) [sha256.Size]byte

// Config is what a service needs; every field is required.
type Config struct {
	Store         latchkey.Store
	Seal          SealFunc
	HashSecret    HashFunc
	Granting      policy.Granting
	MaxKeysPerOrg int
}

// Service runs operations on one store.
type Service struct {
	store    latchkey.Store
	seal     SealFunc
	hash     HashFunc
	granting policy.Granting
	maxKeys  int
	uses     *uses
}

// NewService returns a service on the store.
func NewService(c Config) *Service {
	return &Service{
		store: c.Store, seal: c.Seal, hash: c.HashSecret, granting: c.Granting,
		maxKeys: c.MaxKeysPerOrg, uses: newUses(),
	}
}
