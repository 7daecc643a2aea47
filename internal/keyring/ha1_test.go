package keyring

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
)

const (
	keyA = "64f0c0ffee64f0c0ffee64f0"
	keyB = "64f0c0ffee64f0c0ffee64f1"
)

func seal(t testing.TB, k *Keyring, keyID, alg string, ha1 []byte) []byte {
	t.Helper()
	sealed, err := k.SealHA1(keyID, alg, ha1)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestSealHA1(t *testing.T) {
	k := newKeyring(t, newMaster(t))
	for alg, size := range map[string]int{"MD5": 16, "SHA-256": 32} {
		ha1 := bytes.Repeat([]byte{0xa7}, size)
		sealed := seal(t, k, keyA, alg, ha1)
		if bytes.Contains(sealed, ha1[:8]) {
			t.Error("the sealed form shows the HA1")
		}
		if again := seal(t, k, keyA, alg, ha1); bytes.Equal(again, sealed) {
			t.Error("sealed twice in the same way")
		}
		kept := slices.Clone(sealed)
		got, err := k.OpenHA1([]byte("before"), keyA, alg, sealed)
		if err != nil || string(got) != "before"+string(ha1) {
			t.Errorf("%s: got %x, %v", alg, got, err)
		}
		if !bytes.Equal(sealed, kept) {
			t.Error("opening changed the sealed form")
		}
	}
}

func TestSealHA1Refusals(t *testing.T) {
	k := newKeyring(t, newMaster(t))
	long := strings.Repeat("x", maxKeyID+1)
	for _, c := range []struct {
		keyID, alg string
		ha1        []byte
	}{{"", "MD5", []byte{1}}, {keyA, "", []byte{1}}, {keyA, "MD5", nil}, {long, "MD5", []byte{1}}, {keyA, long, []byte{1}}, {keyA, "MD5", make([]byte, maxHA1+1)}} {
		if _, err := k.SealHA1(c.keyID, c.alg, c.ha1); err == nil {
			t.Errorf("sealed %q %q %x", c.keyID, c.alg, c.ha1)
		}
		if _, err := k.OpenHA1(nil, c.keyID, c.alg, make([]byte, maxSealed+1)); !errors.Is(err, ErrBrokenSeal) {
			t.Errorf("opened %q %q", c.keyID, c.alg)
		}
	}
}

func TestSealBelongsToItsRow(t *testing.T) {
	m := newMaster(t)
	k, other := newKeyring(t, m), newKeyring(t, m)
	ha1A, ha1B := bytes.Repeat([]byte{1}, 16), bytes.Repeat([]byte{2}, 16)
	a, b := seal(t, k, keyA, "MD5", ha1A), seal(t, k, keyB, "MD5", ha1B)

	for _, c := range []struct {
		name       string
		ring       *Keyring
		keyID, alg string
		sealed     []byte
	}{
		{"blobs of two rows swapped", k, keyA, "MD5", b},
		{"blobs of two rows swapped back", k, keyB, "MD5", a},
		{"other algorithm", k, keyA, "SHA-256", a},
		{"parts shifted", k, keyA + "M", "D5", a},
		{"other data key of the same id", other, keyA, "MD5", a},
		{"nothing", k, keyA, "MD5", nil},
		{"header alone", k, keyA, "MD5", a[:sealHA1At]},
		{"cut", k, keyA, "MD5", a[:len(a)-1]},
		{"longer", k, keyA, "MD5", append(slices.Clone(a), 0)},
		{"huge", k, keyA, "MD5", make([]byte, 1<<20)},
	} {
		dst := []byte("dst")
		got, err := c.ring.OpenHA1(dst, c.keyID, c.alg, c.sealed)
		if !errors.Is(err, ErrBrokenSeal) || string(got) != "dst" {
			t.Errorf("%s: got %x, %v", c.name, got, err)
		}
	}
	for i := range a {
		for bit := range 8 {
			altered := slices.Clone(a)
			altered[i] ^= 1 << bit
			if _, err := k.OpenHA1(nil, keyA, "MD5", altered); !errors.Is(err, ErrBrokenSeal) {
				t.Fatalf("bit %d of byte %d: %v", bit, i, err)
			}
		}
	}
}

func TestRotatedDataKey(t *testing.T) {
	m := newMaster(t)
	one, two, nonce := generate(t, m, HA1, 1), generate(t, m, HA1, 2), generate(t, m, Nonce, 1)
	before, after := open(t, m, one, nonce), open(t, m, one, two, nonce)
	ha1 := bytes.Repeat([]byte{5}, 16)

	old := seal(t, before, keyA, "MD5", ha1)
	if got, err := after.OpenHA1(nil, keyA, "MD5", old); err != nil || !bytes.Equal(got, ha1) {
		t.Errorf("old seal: %x, %v", got, err)
	}
	if _, err := before.OpenHA1(nil, keyA, "MD5", seal(t, after, keyA, "MD5", ha1)); !errors.Is(err, ErrBrokenSeal) {
		t.Errorf("the newest key is not used: %v", err)
	}
}

func TestDummyHA1(t *testing.T) {
	k := newKeyring(t, newMaster(t))
	id, md5 := k.DummyHA1("MD5")
	if len(id) != len(keyA) {
		t.Errorf("id %q is not as long as a real one", id)
	}
	if real := seal(t, k, keyA, "MD5", make([]byte, 16)); len(md5) != len(real) {
		t.Errorf("%d bytes, a real one has %d", len(md5), len(real))
	}
	if _, unknown := k.DummyHA1("none"); !bytes.Equal(unknown, md5) {
		t.Error("no dummy for an unknown algorithm")
	}
	first, err := k.OpenHA1(nil, id, "MD5", md5)
	if err != nil {
		t.Fatal(err)
	}
	again := newKeyring(t, newMaster(t))
	id, md5 = again.DummyHA1("MD5")
	if second, err := again.OpenHA1(nil, id, "MD5", md5); err != nil || bytes.Equal(first, second) {
		t.Errorf("two processes have the same dummy: %v", err)
	}
}

func TestKeyringConcurrently(t *testing.T) {
	k := newKeyring(t, newMaster(t))
	var wait sync.WaitGroup
	for g := range 8 {
		wait.Go(func() {
			for i := range 200 {
				id := fmt.Sprintf("%024x", g*1000+i)
				ha1 := bytes.Repeat([]byte{byte(g), byte(i)}, 8)
				sealed, err := k.SealHA1(id, "MD5", ha1)
				if err != nil {
					t.Error(err)
					return
				}
				if got, err := k.OpenHA1(nil, id, "MD5", sealed); err != nil || !bytes.Equal(got, ha1) {
					t.Errorf("got %x, %v, want %x", got, err, ha1)
					return
				}
			}
		})
	}
	wait.Wait()
}

func TestOpenHA1DoesNotAllocate(t *testing.T) {
	k := newKeyring(t, newMaster(t))
	sealed := seal(t, k, keyA, "SHA-256", make([]byte, 32))
	if n := testing.AllocsPerRun(1000, func() {
		var buf [32]byte
		if _, err := k.OpenHA1(buf[:0], keyA, "SHA-256", sealed); err != nil {
			t.Error(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzOpenHA1(f *testing.F) {
	k := newKeyring(f, newMaster(f))
	ha1 := bytes.Repeat([]byte{9}, 16)
	good := seal(f, k, keyA, "MD5", ha1)
	f.Add(keyA, "MD5", good)
	f.Add(keyA, "MD5", []byte{})
	f.Add("", "", make([]byte, maxSealed))
	f.Fuzz(func(t *testing.T, keyID, alg string, sealed []byte) {
		got, err := k.OpenHA1(nil, keyID, alg, sealed)
		switch {
		case err != nil && (got != nil || !errors.Is(err, ErrBrokenSeal)):
			t.Errorf("got %x beside %v", got, err)
		case err == nil && (keyID != keyA || alg != "MD5" || !bytes.Equal(sealed, good) || !bytes.Equal(got, ha1)):
			t.Errorf("opened %q %q %x", keyID, alg, sealed)
		}
	})
}

func BenchmarkOpenHA1(b *testing.B) {
	k := newKeyring(b, newMaster(b))
	sealed := seal(b, k, keyA, "MD5", make([]byte, 16))
	b.ReportAllocs()
	for b.Loop() {
		var buf [32]byte
		if _, err := k.OpenHA1(buf[:0], keyA, "MD5", sealed); err != nil {
			b.Fatal(err)
		}
	}
}
