package sqlstore

// span is a range of numbers, with how many matches have higher ones and how
// many are in it.
type span struct {
	low, high     int64
	above, inside int
}

// unknown says of a span that the matches in it were not counted.
const unknown = -1

func (s *span) length() int64 { return s.high - s.low + 1 }

// counter counts the matches in a range of numbers.
type counter func(low, high int64) (int, error)

// narrow returns a part of the span that has the match of that rank, counted
// down from the newest, and not many more than enough, or one without any match
// when there is no such rank in a span that was not counted.
//
// It guesses where the match is from how many there are, and counts from there
// to the nearer end, a little more than needed, until that part has it. What it
// counts is together about as much as lies between the match and the nearer end
// of the span, when the matches are spread evenly, and at most a few times the
// span however they are spread.
func narrow(count counter, s span, rank, enough int) (span, error) {
	if s.inside == unknown {
		var err error
		if s, err = reach(count, s, rank, enough); err != nil {
			return s, err
		}
	}
	slack := enough/3 + 1
	for s.inside > enough && s.length() > int64(enough) {
		upper, lower := s, s
		newer := rank - s.above
		older := s.inside - 1 - newer
		share := int64(min(newer, older)+slack)*s.length()/int64(s.inside) + 1
		share = min(share, s.length()/2)
		var err error
		if newer <= older {
			upper.low, lower.high = s.high-share+1, s.high-share
			upper.inside, err = count(upper.low, upper.high)
			lower.inside = s.inside - upper.inside
		} else {
			upper.low, lower.high = s.low+share, s.low+share-1
			lower.inside, err = count(lower.low, lower.high)
			upper.inside = s.inside - lower.inside
		}
		if err != nil {
			return s, err
		}
		lower.above += upper.inside
		inUpper := rank < lower.above
		if inUpper {
			s = upper
		} else {
			s = lower
		}
		if inUpper == (newer <= older) {
			slack = enough/3 + 1
		} else {
			slack = min(4*slack, s.inside)
		}
	}
	return s, nil
}

// reach looks for the match of that rank from the upper end, in steps that grow,
// and returns the one that has it, or an empty one.
func reach(count counter, s span, rank, enough int) (span, error) {
	step := int64(enough)
	for {
		need := int64(rank-s.above) + 1
		if need > s.length() {
			return span{low: s.low, high: s.low - 1, above: s.above}, nil
		}
		step = min(max(step, need), s.length())
		part := span{s.high - step + 1, s.high, s.above, 0}
		n, err := count(part.low, part.high)
		if err != nil {
			return s, err
		}
		if rank < s.above+n {
			part.inside = n
			return part, nil
		}
		s.high, s.above = part.low-1, s.above+n
		next := 16 * step
		if n > 0 {
			next = min(next, (need-int64(n)+int64(enough))*step/int64(n))
		}
		step = max(2*step, next)
	}
}
