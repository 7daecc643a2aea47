package wire

import (
	"strings"
	"testing"
)

func TestGenerationsDiffer(t *testing.T) {
	if len(Generations()) != int(generationCount) {
		t.Fatalf("Generations lists %d of %d", len(Generations()), generationCount)
	}
	seen := map[string]bool{}
	for _, g := range Generations() {
		for _, text := range []string{g.Base(), g.Name()} {
			if text == "" || seen[text] {
				t.Errorf("%v: %q is empty or not its own", g, text)
			}
			seen[text] = true
		}
		if strings.HasSuffix(g.Base(), "/") || !strings.HasPrefix(g.Base(), "/api/") {
			t.Errorf("%v: base %q", g, g.Base())
		}
		if g.Versioned() != (g == AtlasV2) {
			t.Errorf("%v: Versioned() = %v", g, g.Versioned())
		}
	}
}

func TestLinkRelPrefix(t *testing.T) {
	for g, want := range map[Generation]string{
		AtlasV2:  "https://cloud.mongodb.com/",
		AtlasV1:  "https://cloud.mongodb.com/",
		PublicV1: "http://mms.mongodb.com/",
	} {
		if got := g.LinkRelPrefix(); got != want {
			t.Errorf("%v: %q, want %q", g, got, want)
		}
	}
}
