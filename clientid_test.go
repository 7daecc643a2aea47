package latchkey_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
)

func TestNewClientID(t *testing.T) {
	form := regexp.MustCompile(`^mdb_sa_id_[0-9][0-9a-f]{23}$`)
	seen := map[latchkey.PrincipalID]bool{}
	now := time.Unix(0x65536789, 0)
	for range 1000 {
		id := latchkey.NewClientID(now)
		if !form.MatchString(string(id)) || seen[id] || !id.IsAccount() || !strings.HasPrefix(string(id), "mdb_sa_id_65536789") {
			t.Fatalf("%q is no fresh client id of its second", id)
		}
		seen[id] = true
		if again, ok := latchkey.ParseClientID(string(id)); !ok || again != id {
			t.Fatalf("%q is taken for none", id)
		}
	}
}

func TestParseClientID(t *testing.T) {
	const digits = "0123456789abcdef01234567"
	const good = "mdb_sa_id_" + digits
	for _, text := range []string{good, "mdb_sa_id_" + strings.ToUpper(digits), "mdb_sa_id_" + strings.Repeat("aF", 12)} {
		if id, ok := latchkey.ParseClientID(text); !ok || string(id) != text || !id.IsAccount() {
			t.Errorf("%q is read as %q, %v", text, id, ok)
		}
	}
	for _, text := range []string{
		"", digits, "mdb_sa_id_", "mdb_sa_sk_" + digits, "MDB_SA_ID_" + digits, "mdb_sa_id_" + good, good[:33], good + "0", good + "\n", " " + good,
		good[:33] + "g", good[:33] + "\x00", good[:33] + " ", good[:33] + "`", good[:33] + "@", good[:33] + ":", good[:33] + "/", "mdb_sa_id_" + strings.Repeat("é", 12),
		"mdb_sa_id_K" + digits[:21], // the Kelvin sign, three bytes that become the letter k
		good[:32] + "İ", good + "/x", good + ":invite", "mdb%5Fsa_id_" + digits,
	} {
		if id, ok := latchkey.ParseClientID(text); ok || id != "" {
			t.Errorf("%q is taken for the client id %q", text, id)
		}
	}
}

func FuzzParseClientID(f *testing.F) {
	form := regexp.MustCompile(`\Amdb_sa_id_[a-fA-F\d]{24}\z`)
	f.Add("mdb_sa_id_0123456789abcdefABCDEF01")
	f.Fuzz(func(t *testing.T, text string) {
		id, ok := latchkey.ParseClientID(text)
		if ok != form.MatchString(text) || ok && string(id) != text || !ok && id != "" {
			t.Fatalf("%q is read as %q, %v", text, id, ok)
		}
	})
}

func TestKindsOfPrincipalIDs(t *testing.T) {
	for id, account := range map[latchkey.PrincipalID]bool{
		"": false, "0123456789abcdef01234567": false, "ffffffffffffffffffffffff": false, "mdb_sa_i": false, "mdb_sa_id_0123456789abcdef01234567": true,
	} {
		if id.IsAccount() != account {
			t.Errorf("%q is the id of a service account: %v", id, !account)
		}
	}
}
