package wire

import (
	"math"

	"github.com/latchkey/latchkey"
)

// Names, limits and defaults of the paging parameters.
const (
	paramPageNum      = "pageNum"
	paramItemsPerPage = "itemsPerPage"
	paramIncludeCount = "includeCount"

	defaultItemsPerPage = 100
	maxItemsPerPage     = 500
	// maxPageNum is the largest number whose page begins at an offset that an
	// int can hold, and no more than the 32 bits that clients give it.
	maxPageNum = min(math.MaxInt32, math.MaxInt/maxItemsPerPage)
)

// Paging is what a list request asks for.
type Paging struct {
	Page         latchkey.Page
	IncludeCount bool // whether the answer has totalCount
}

// ParsePaging reads pageNum (1 or more, 1 if absent), itemsPerPage (1 to 500,
// 100 if absent) and, unless counted, includeCount (true if absent). A bad value
// is CodeInvalidQuery with the name of the first bad one of the three.
func ParsePaging(q Query, counted bool) (Paging, *latchkey.Error) {
	number, refusal := q.number(paramPageNum, 1, maxPageNum)
	if refusal != nil {
		return Paging{}, refusal
	}
	size, refusal := q.number(paramItemsPerPage, defaultItemsPerPage, maxItemsPerPage)
	if refusal != nil {
		return Paging{}, refusal
	}
	paging := Paging{Page: latchkey.Page{Number: number, Size: size}, IncludeCount: true}
	if !counted {
		if paging.IncludeCount, refusal = q.Bool(paramIncludeCount, true); refusal != nil {
			return Paging{}, refusal
		}
	}
	return paging, nil
}

// number reads a parameter of decimal digits between 1 and largest.
func (q Query) number(name string, absent, largest int) (int, *latchkey.Error) {
	text, given, refusal := q.Single(name)
	if refusal != nil || !given {
		return absent, refusal
	}
	n := 0
	for i := range len(text) {
		digit := int(text[i]) - '0'
		if digit < 0 || digit > 9 || n > (largest-digit)/10 {
			return 0, invalidQuery(name)
		}
		n = n*10 + digit
	}
	if n < 1 {
		return 0, invalidQuery(name)
	}
	return n, nil
}

// AppendLinks appends the member "links" of a list, with its name: self, then
// previous unless this is the first page, then next unless it is the last.
// href is the absolute address of the list without a query, total how many
// items all pages have (negative: not known), got how many this page has.
//
// The other parameters come first, in the order of the request. After them
// self ends in pageNum, itemsPerPage; previous and next end in itemsPerPage,
// pageNum: so the real service prints them (listOrgUsers, recorded).
func AppendLinks(dst []byte, href string, q Query, p Paging, total, got int) []byte {
	dst = append(dst, `"links":[`...)
	dst = appendPageLink(dst, href, q, p.Page, "self")
	if p.Page.Number > 1 {
		dst = append(dst, ',')
		dst = appendPageLink(dst, href, q, latchkey.Page{Number: p.Page.Number - 1, Size: p.Page.Size}, "previous")
	}
	if p.hasNext(total, got) {
		dst = append(dst, ',')
		dst = appendPageLink(dst, href, q, latchkey.Page{Number: p.Page.Number + 1, Size: p.Page.Size}, "next")
	}
	return append(dst, ']')
}

func (p Paging) hasNext(total, got int) bool {
	if p.Page.Number >= maxPageNum {
		return false
	}
	if total < 0 {
		return got >= p.Page.Size
	}
	return p.Page.Offset()+p.Page.Size < total
}

func appendPageLink(dst []byte, href string, q Query, page latchkey.Page, rel string) []byte {
	dst = append(dst, `{"href":`...)
	dst = AppendString(dst, href)
	dst = dst[:len(dst)-1] // what follows needs no escaping in JSON
	dst = append(dst, '?')
	dst = q.appendOthers(dst, paramPageNum, paramItemsPerPage)
	if rel == "self" {
		dst = append(dst, "pageNum="...)
		dst = AppendInt(dst, page.Number)
		dst = append(dst, "&itemsPerPage="...)
		dst = AppendInt(dst, page.Size)
	} else {
		dst = append(dst, "itemsPerPage="...)
		dst = AppendInt(dst, page.Size)
		dst = append(dst, "&pageNum="...)
		dst = AppendInt(dst, page.Number)
	}
	dst = append(dst, `","rel":"`...)
	dst = append(dst, rel...)
	return append(dst, `"}`...)
}
