package ratelimit

import (
	"fmt"
	"strconv"
	"strings"
)

// Rule sets the limit of one set; the zero Limit takes it away.
type Rule struct {
	Set   string
	Limit Limit
}

// mostTokens is the largest capacity and the largest refill.
const mostTokens = 1_000_000

// String writes the rule as ParseRule reads it.
func (r Rule) String() string {
	if r.Limit == (Limit{}) {
		return r.Set + " off"
	}
	return fmt.Sprintf("%s %d/%d", r.Set, r.Limit.Capacity, r.Limit.Refill)
}

// ParseRule reads a rule: the id of a set, white space, and either
// CAPACITY/REFILL, two decimal numbers from 1 to 1,000,000, or "off". The error
// says what is wrong and what helps.
func ParseRule(text string) (Rule, error) {
	fields := strings.Fields(text)
	if len(fields) != 2 {
		return Rule{}, fmt.Errorf("%q is no limit; write it like %s or events_group off", text, example)
	}
	r := Rule{Set: fields[0]}
	if byID(r.Set).ID == "" {
		return Rule{}, fmt.Errorf("there is no endpoint set %q; there are %s", r.Set, ids())
	}
	if fields[1] == "off" {
		return r, nil
	}
	capacity, refill, ok := strings.Cut(fields[1], "/")
	if !ok {
		return Rule{}, fmt.Errorf("%q is neither CAPACITY/REFILL nor off; write it like %s", fields[1], example)
	}
	for _, number := range []struct {
		name, text string
		to         *int
	}{{"capacity", capacity, &r.Limit.Capacity}, {"refill", refill, &r.Limit.Refill}} {
		n, err := strconv.ParseUint(number.text, 10, 32)
		if err != nil || n < 1 || n > mostTokens {
			return Rule{}, fmt.Errorf("the %s %q is no number from 1 to %d; write it like %s", number.name, number.text, mostTokens, example)
		}
		*number.to = int(n)
	}
	return r, nil
}

const example = "programmaticApiKeys_group 1200/500"

func ids() string {
	var all []string
	for _, s := range Sets() {
		all = append(all, s.ID)
	}
	return strings.Join(all, ", ")
}
