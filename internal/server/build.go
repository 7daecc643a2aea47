package server

import (
	"crypto/sha1"
	"encoding/hex"
	"runtime/debug"
)

// Build says which build of the program runs.
type Build struct {
	Version string // of the module, or "devel"
	Hash    string // 40 hex digits: the commit, or a digest of the version without one
	Go      string // the Go release it was built with
}

// ReadBuild reads what the Go toolchain stored in the binary.
func ReadBuild() Build {
	b := Build{Version: "devel"}
	if info, ok := debug.ReadBuildInfo(); ok {
		b.Go = info.GoVersion
		if v := info.Main.Version; v != "" && v != "(devel)" {
			b.Version = v
		}
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && len(s.Value) == 40 {
				b.Hash = s.Value
			}
		}
	}
	if b.Hash == "" {
		sum := sha1.Sum([]byte("latchkey " + b.Version))
		b.Hash = hex.EncodeToString(sum[:])
	}
	return b
}

// Header returns the value of X-MongoDB-Service-Version, in the form that
// clients parse.
func (b Build) Header() string { return "gitHash=" + b.Hash + "; versionString=" + b.Version }
