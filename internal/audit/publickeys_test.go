package audit_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/latchkey/latchkey/internal/audit"
)

func TestPublicKeys(t *testing.T) {
	two := append(testKeys(), make([]byte, 32))
	pem, err := two.PEM()
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{pem, "\n" + pem + "\n", two.Hex(), strings.ReplaceAll(two.Hex(), "\n", " ")} {
		if got, err := audit.ParsePublicKeys(text); err != nil || !reflect.DeepEqual(got, two) {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	const rsa = "-----BEGIN PUBLIC KEY-----\nMFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKj34GkxFhD90vcNLYLInFEX6Ppy1tPf\n9Cnzj4p4WGeKLs1Pt8QuKUpRKfFLfRYC9AIKjbJTWit+CqvjWYzvQwECAwEAAQ==\n-----END PUBLIC KEY-----\n"
	for _, text := range []string{
		"", " \n", "x", two.Hex()[:63], two.Hex()[:64] + "0", two.Hex() + "x", pem[:len(pem)-9], pem + "-----", strings.Replace(pem, "MCow", "MCox", 1),
		strings.ReplaceAll(pem, "PUBLIC", "PRIVATE"), rsa, pem + rsa,
	} {
		if got, err := audit.ParsePublicKeys(text); !errors.Is(err, audit.ErrNoPublicKey) {
			t.Errorf("%q: %v, %v; want ErrNoPublicKey", text, got, err)
		}
	}
}
