package wire

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// Proxies are the networks of the reverse proxies whose X-Forwarded-For is
// believed, and what they tell of the original request in a check. The zero
// Proxies believe nobody.
type Proxies []netip.Prefix

// ParseProxies reads a list of addresses and CIDR blocks, separated by
// commas; white space around them is ignored, and the empty text is no
// proxies. It reports every fault at once: text that is neither, an empty
// element, a zone, bits set behind the prefix, and a block of every address,
// which would let each caller choose its own.
func ParseProxies(text string) (Proxies, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var proxies Proxies
	var faults []error
	for item := range strings.SplitSeq(text, ",") {
		prefix, err := parseProxy(strings.TrimSpace(item))
		if err != nil {
			faults = append(faults, err)
			continue
		}
		proxies = append(proxies, prefix)
	}
	if faults != nil {
		return nil, errors.Join(faults...)
	}
	return proxies, nil
}

func parseProxy(item string) (netip.Prefix, error) {
	if item == "" {
		return netip.Prefix{}, errors.New("trusted proxy: empty element in the list")
	}
	if !strings.Contains(item, "/") {
		addr, err := netip.ParseAddr(item)
		if err != nil || addr.Zone() != "" {
			return netip.Prefix{}, fmt.Errorf("trusted proxy %q: not an address without zone, nor a CIDR block", item)
		}
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(item)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("trusted proxy %q: not an address, nor a CIDR block", item)
	}
	if prefix != prefix.Masked() {
		return netip.Prefix{}, fmt.Errorf("trusted proxy %q: bits are set behind the prefix; %s is meant?", item, prefix.Masked())
	}
	if prefix.Addr().Is4In6() {
		if prefix.Bits() < 96 {
			return netip.Prefix{}, fmt.Errorf("trusted proxy %q: write the IPv4 block", item)
		}
		prefix = netip.PrefixFrom(prefix.Addr().Unmap(), prefix.Bits()-96)
	}
	if prefix.Bits() == 0 {
		return netip.Prefix{}, fmt.Errorf("trusted proxy %q: would let every caller choose its address", item)
	}
	return prefix, nil
}

// trusts reports whether the address, which is no IPv4-mapped one, is that of a proxy.
func (p Proxies) trusts(addr netip.Addr) bool {
	for _, prefix := range p {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// trustsPeer reports whether remoteAddr, an address:port, is that of a proxy.
func (p Proxies) trustsPeer(remoteAddr string) bool {
	peer, err := netip.ParseAddrPort(remoteAddr)
	return err == nil && p.trusts(peer.Addr().Unmap().WithZone(""))
}

// errForwardedFor is returned by ClientAddress. It does not repeat the text:
// whoever sent it may be the caller.
var errForwardedFor = errors.New("a trusted proxy sent an X-Forwarded-For that names no address")

// ClientAddress returns who sent a request. That is the TCP peer, unless that
// is a configured proxy: then, from right to left through all lines of
// X-Forwarded-For taken as one list, the first entry that is not itself a
// proxy, or the leftmost entry if all are, or the peer if there is none. An
// entry was written by the hop to its right, so no entry is read whose writer
// is not a proxy.
//
// An entry may have a port (192.0.2.1:80, [2001:db8::1]:80) or brackets, as
// some proxies write. IPv4-mapped addresses become IPv4. Any other entry that
// is reached, an empty one or one with a zone too, is an error; so is a
// remoteAddr that is not address:port. A zone of the peer itself is dropped.
func (p Proxies) ClientAddress(remoteAddr string, forwardedFor []string) (netip.Addr, error) {
	peer, err := netip.ParseAddrPort(remoteAddr)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("the peer's address: %w", err)
	}
	client := peer.Addr().Unmap().WithZone("")
	if len(p) == 0 {
		return client, nil
	}
	for i := len(forwardedFor) - 1; i >= 0; i-- {
		for line, more := forwardedFor[i], true; more; {
			if !p.trusts(client) {
				return client, nil
			}
			var entry string
			entry, line, more = cutLast(line)
			var ok bool
			if client, ok = parseForwarded(entry); !ok {
				return netip.Addr{}, errForwardedFor
			}
		}
	}
	return client, nil
}

// cutLast returns what follows the last comma, what precedes it, and whether there is one.
func cutLast(line string) (entry, rest string, more bool) {
	i := strings.LastIndexByte(line, ',')
	if i < 0 {
		return line, "", false
	}
	return line[i+1:], line[:i], true
}

// parseForwarded reads one entry of X-Forwarded-For.
func parseForwarded(entry string) (netip.Addr, bool) {
	entry = strings.Trim(entry, " \t")
	addr, err := netip.ParseAddr(entry)
	if err != nil {
		inner, bracketed := strings.CutPrefix(entry, "[")
		inner, closed := strings.CutSuffix(inner, "]")
		if bracketed && closed {
			addr, err = netip.ParseAddr(inner)
			if err != nil || !addr.Is6() {
				return netip.Addr{}, false
			}
		} else {
			var withPort netip.AddrPort
			if withPort, err = netip.ParseAddrPort(entry); err != nil {
				return netip.Addr{}, false
			}
			addr = withPort.Addr()
		}
	}
	if addr.Zone() != "" {
		return netip.Addr{}, false
	}
	return addr.Unmap(), true
}
