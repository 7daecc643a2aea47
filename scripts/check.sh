#!/usr/bin/env bash
# Installs what the tests need, then runs every check: formatting, vet,
# staticcheck, module tidiness, the tests, and the race detector where it is
# affordable. Ends with a non-zero status at the first thing that fails.
# Usage: scripts/check.sh
set -euo pipefail
cd "$(dirname "$0")/.."

need() { command -v "$1" >/dev/null 2>&1; }
missing=()
need curl || missing+=(curl)
need script || missing+=(bsdutils)
PATH="$PATH:/usr/sbin" need nginx || missing+=(nginx-light)
need caddy || missing+=(caddy)
need promtool || missing+=(prometheus)
/usr/bin/python3 -c 'import requests' 2>/dev/null || missing+=(python3 python3-requests)
if [ ${#missing[@]} -gt 0 ]; then
  if need apt-get && [ "$(id -u)" = 0 ]; then
    echo "== installing ${missing[*]}"
    apt-get update -qq >/dev/null
    if [ ! -e /usr/sbin/policy-rc.d ]; then # what is installed for the tests must not start to listen
      printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
      chmod 755 /usr/sbin/policy-rc.d
      trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    fi
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  else
    echo "these are missing, and the tests that need them will be skipped or fail: ${missing[*]}" >&2
  fi
fi

step() { printf '== %s (%ds)\n' "$*" "$SECONDS"; }

step gofmt
unformatted=$(git ls-files -co --exclude-standard '*.go' | xargs gofmt -l)
if [ -n "$unformatted" ]; then echo "gofmt would change:"; echo "$unformatted"; exit 1; fi

step modules
go mod tidy -e -diff >/dev/null || { echo "go.mod is not tidy: run go mod tidy -e"; exit 1; }

step build and vet
go build ./...
go vet ./...

step staticcheck
go tool -modfile=tools/go.mod staticcheck ./...

step the yardstick
(cd bench && go vet . && go test -count=1 .)

step tests
go test -count=1 -timeout 15m ./... # random inputs: a cached result says nothing

step tests with the race detector
go test -race -count=1 -short -timeout 15m . ./internal/policy ./internal/keyring ./internal/auth/... ./internal/wire/... ./internal/audit \
  ./internal/op ./internal/server ./internal/store/... ./internal/model ./internal/apitest ./latchkeytest

step done
