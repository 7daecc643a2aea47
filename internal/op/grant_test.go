package op

import (
	"strings"
	"testing"

	"github.com/latchkey/latchkey"
)

func TestCheckDesc(t *testing.T) {
	for _, c := range []struct {
		name, desc string
		want       latchkey.Code
	}{
		{"one character", "x", 0},
		{"250 characters", strings.Repeat("x", 250), 0},
		{"250 characters of four bytes", strings.Repeat("🔑", 250), 0},
		{"251 characters", strings.Repeat("x", 251), latchkey.CodeDescTooLong},
		{"251 characters of two bytes", strings.Repeat("é", 251), latchkey.CodeDescTooLong},
		{"empty", "", latchkey.CodeDescRequired},
		{"white space", " \t\n\u2003", latchkey.CodeDescRequired},
		{"control characters", "a\x01b", 0},
	} {
		err := CheckDesc(c.desc)
		var got latchkey.Code
		if err != nil {
			got = err.Code
		}
		if got != c.want {
			t.Errorf("%s: code %d, want %d", c.name, got, c.want)
		}
	}
}

func TestParseRoles(t *testing.T) {
	atlas := latchkey.AllRoles().Minus(latchkey.Roles(latchkey.GroupAutomationAdmin))
	project, org := latchkey.LevelProject, latchkey.LevelOrganization
	for _, c := range []struct {
		names  string
		level  latchkey.Level
		want   latchkey.RoleSet
		code   latchkey.Code
		param  string
		fields int
	}{
		{names: "GROUP_OWNER", level: project, want: latchkey.Roles(latchkey.GroupOwner)},
		{names: "GROUP_OWNER GROUP_OWNER", level: project, want: latchkey.Roles(latchkey.GroupOwner)},
		{names: "ORG_OWNER ORG_MEMBER", level: org, want: latchkey.Roles(latchkey.OrgOwner, latchkey.OrgMember)},
		{names: "", level: project, code: latchkey.CodeMissingRoles},
		{names: "NOPE", level: project, code: latchkey.CodeUnknownRole, param: "NOPE", fields: 1},
		{names: "GROUP_OWNER NOPE NADA", level: project, code: latchkey.CodeUnknownRole, param: "NOPE", fields: 2},
		{names: "group_owner", level: project, code: latchkey.CodeUnknownRole, param: "group_owner", fields: 1},
		{names: "GROUP_AUTOMATION_ADMIN", level: project, code: latchkey.CodeUnknownRole, param: "GROUP_AUTOMATION_ADMIN", fields: 1},
		{names: "ORG_MEMBER", level: project, code: latchkey.CodeOrgRoleInProject},
		{names: "GROUP_OWNER", level: org, code: latchkey.CodeProjectRoleInOrg},
		{names: "GLOBAL_OWNER", level: org, code: latchkey.CodeGlobalRole},
		{names: "GLOBAL_OWNER", level: project, code: latchkey.CodeGlobalRole},
		{names: "ORG_MEMBER NOPE", level: project, code: latchkey.CodeOrgRoleInProject},
		{names: "NOPE ORG_MEMBER", level: project, code: latchkey.CodeUnknownRole, param: "NOPE", fields: 1},
	} {
		got, err := ParseRoles(strings.Fields(c.names), c.level, atlas)
		if err == nil {
			if c.code != 0 || got != c.want {
				t.Errorf("%q: %v, want %v or code %d", c.names, got.Names(), c.want.Names(), c.code)
			}
			continue
		}
		if err.Code != c.code || len(err.Fields) != c.fields || c.param != "" && (len(err.Params) != 1 || err.Params[0] != c.param) {
			t.Errorf("%q: %v with %d fields, want code %d [%s] with %d", c.names, err, len(err.Fields), c.code, c.param, c.fields)
		}
	}
}

func TestParsePrefix(t *testing.T) {
	for _, c := range []struct {
		text, want string
		code       latchkey.Code
	}{
		{text: "192.0.2.7", want: "192.0.2.7/32"},
		{text: "192.0.2.7/32", want: "192.0.2.7/32"},
		{text: "10.1.2.3/8", want: "10.0.0.0/8"},
		{text: "0.0.0.0/0", want: "0.0.0.0/0"},
		{text: "2001:db8::1", want: "2001:db8::1/128"},
		{text: "2001:DB8::/32", want: "2001:db8::/32"},
		{text: "::ffff:192.0.2.7", want: "192.0.2.7/32"},
		{text: "::ffff:192.0.2.0/120", want: "192.0.2.0/24"},
		{text: "::ffff:0:0/90", code: latchkey.CodeInvalidAddress},
		{text: "0.0.0.0", code: latchkey.CodeAddressNotListable},
		{text: "0.0.0.0/32", code: latchkey.CodeAddressNotListable},
		{text: "::/128", code: latchkey.CodeAddressNotListable},
		{text: "", code: latchkey.CodeInvalidAddress},
		{text: "010.0.0.1", code: latchkey.CodeInvalidAddress},
		{text: "1.2.3", code: latchkey.CodeInvalidAddress},
		{text: "1.2.3.4/33", code: latchkey.CodeInvalidAddress},
		{text: "1.2.3.4/-1", code: latchkey.CodeInvalidAddress},
		{text: "1.2.3.4/08", code: latchkey.CodeInvalidAddress},
		{text: "fe80::1%eth0", code: latchkey.CodeInvalidAddress},
		{text: "fe80::%eth0/64", code: latchkey.CodeInvalidAddress},
		{text: "1.2.3.4 ", code: latchkey.CodeInvalidAddress},
		{text: "host.example", code: latchkey.CodeInvalidAddress},
	} {
		p, err := ParsePrefix(c.text)
		switch {
		case err != nil && err.Code != c.code:
			t.Errorf("%q: %v, want code %d", c.text, err, c.code)
		case err == nil && (c.code != 0 || p.String() != c.want):
			t.Errorf("%q: %v, want %s or code %d", c.text, p, c.want, c.code)
		}
	}
}

func FuzzParsePrefix(f *testing.F) {
	for _, s := range []string{"192.0.2.7", "10.1.2.3/8", "::ffff:1.2.3.4/96", "fe80::1%a", "0.0.0.0/32"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParsePrefix(s)
		if err != nil {
			return
		}
		if p != p.Masked() || p.Addr().Is4In6() || p.Addr().Zone() != "" {
			t.Errorf("%q: %v is not canonical", s, p)
		}
		again, err := ParsePrefix(PrefixText(p))
		if err != nil || again != p {
			t.Errorf("%q: %v does not read back: %v, %v", s, p, again, err)
		}
	})
}
