package op

import (
	"net/netip"

	"github.com/latchkey/latchkey"
)

// ParsePrefix reads an address or a block in CIDR notation. Host bits are
// masked, addresses of version 4 written as version 6 are unmapped. It refuses
// with CodeInvalidAddress what is neither, zones included, and with
// CodeAddressNotListable the unspecified address.
func ParsePrefix(text string) (netip.Prefix, *latchkey.Error) {
	invalid := latchkey.Refuse(latchkey.CodeInvalidAddress, text)
	var p netip.Prefix
	if addr, err := netip.ParseAddr(text); err == nil {
		if addr.Zone() != "" {
			return p, invalid
		}
		addr = addr.Unmap()
		p = netip.PrefixFrom(addr, addr.BitLen())
	} else {
		if p, err = netip.ParsePrefix(text); err != nil {
			return netip.Prefix{}, invalid
		}
		if p.Addr().Is4In6() {
			if p.Bits() < 96 {
				return netip.Prefix{}, invalid
			}
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
		p = p.Masked()
	}
	if p.IsSingleIP() && p.Addr().IsUnspecified() {
		return netip.Prefix{}, latchkey.Refuse(latchkey.CodeAddressNotListable, text)
	}
	return p, nil
}

// PrefixText is how answers name an entry: a single address alone, a block in
// CIDR notation.
func PrefixText(p netip.Prefix) string {
	if p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.String()
}
