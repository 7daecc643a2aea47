package wire

// Generation is one of the wire contracts that the server speaks. It decides
// how the same operation looks: base path, links, errors and media types.
type Generation uint8

// The generations. AtlasV1 answers like PublicV1, under its own base.
const (
	AtlasV2 Generation = iota
	PublicV1
	AtlasV1
	generationCount
)

// Generations returns all of them, for tables and tests that must cover each.
func Generations() []Generation { return []Generation{AtlasV2, PublicV1, AtlasV1} }

// Base returns the path that everything of the generation is under, without a slash at its end.
func (g Generation) Base() string {
	switch g {
	case AtlasV2:
		return "/api/atlas/v2"
	case PublicV1:
		return "/api/public/v1.0"
	case AtlasV1:
		return "/api/atlas/v1.0"
	}
	return ""
}

// Name returns the generation's label in metrics, logs and file names.
func (g Generation) Name() string {
	switch g {
	case AtlasV2:
		return "atlas-v2"
	case PublicV1:
		return "public-v1.0"
	case AtlasV1:
		return "atlas-v1.0"
	}
	return "none"
}

// String returns the generation's name.
func (g Generation) String() string { return g.Name() }

// Versioned reports whether requests choose a dated media type.
func (g Generation) Versioned() bool { return g == AtlasV2 }

// LinkRelPrefix returns what stands before the relation types of links that
// are not registered ones, such as "https://cloud.mongodb.com/" before "groups".
func (g Generation) LinkRelPrefix() string {
	if g == PublicV1 {
		return "http://mms.mongodb.com/"
	}
	return "https://cloud.mongodb.com/"
}
