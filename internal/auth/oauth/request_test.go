package oauth

import (
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/latchkey/latchkey"
)

const formType = "application/x-www-form-urlencoded"

func basic(id, secret string) string {
	return rawBasic(url.QueryEscape(id) + ":" + url.QueryEscape(secret))
}

func rawBasic(pair string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(pair))
}

func TestParseBearer(t *testing.T) {
	for header, want := range map[string]string{
		"Bearer a.b.c": "a.b.c", "bearer a.b.c": "a.b.c", "BEARER a": "a", "Bearer a b": "a b", "Bearer  a": " a",
		"Bearer": "", "Bearer ": "", "Bearer\ta": "", "Bearer" + strings.Repeat(" a", 600): "",
	} {
		token, ok := ParseBearer(header)
		if ok != (want != "") || token.Reveal() != want {
			t.Errorf("%q: %q %v, want %q", header, token.Reveal(), ok, want)
		}
		if !IsBearer(header) {
			t.Errorf("%q is not of the scheme Bearer", header)
		}
	}
	for _, header := range []string{"", "Beare", "Bearera", "Bearer,a", "Bearer=a", " Bearer a", "Basic a", "Digest a", `Digest username="Bearer "`, "Bеarer a"} {
		if _, ok := ParseBearer(header); ok || IsBearer(header) {
			t.Errorf("%q is taken for the scheme Bearer", header)
		}
	}
}

// FuzzBearer: what is no token of ours is told without a panic, and a token is
// what the header has after the scheme, whole.
func FuzzBearer(f *testing.F) {
	tokens := newTokens(f, newKeys(f, 1)...)
	good := issue(f, tokens, someClaims())
	for _, seed := range []string{"Bearer " + good, "bearer " + good, "Bearer  " + good, "Bearer", "Basic " + good, good, "Bearer ..", "Bearer " + good + "="} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		token, ok := ParseBearer(header)
		if !ok {
			return
		}
		if !IsBearer(header) || !strings.EqualFold("Bearer "+token.Reveal(), header) || !strings.HasSuffix(header, token.Reveal()) {
			t.Fatalf("%q has the token %q", header, token.Reveal())
		}
		if claims, ok := tokens.Verify(token); ok && token.Reveal() != good {
			t.Fatalf("%q is a token of %+v", header, claims)
		}
	})
}

func TestParse(t *testing.T) {
	secret := latchkey.NewClientSecret().Reveal()
	const id = "mdb_sa_id_0123456789abcdef01234567"
	inForm := "client_id=" + id + "&client_secret=" + secret + "&grant_type=client_credentials&token=a.b.c"
	type want struct {
		id, secret, grant, token string
	}
	for name, c := range map[string]struct {
		authorization, contentType []string
		body                       string
		want                       want
	}{
		"basic":              {[]string{basic(id, secret)}, []string{formType}, "grant_type=client_credentials", want{id, secret, "client_credentials", ""}},
		"basic, lower case":  {[]string{"basic" + basic(id, secret)[5:]}, []string{formType}, "", want{id, secret, "", ""}},
		"basic, not escaped": {[]string{rawBasic(id + ":" + secret)}, []string{formType}, "", want{id, secret, "", ""}},
		"basic, escaped":     {[]string{rawBasic("%6d" + id[1:] + ":" + strings.ReplaceAll(secret, "_", "%5F"))}, []string{formType}, "", want{id, secret, "", ""}},
		"basic, plus":        {[]string{rawBasic("a+b:" + secret)}, []string{formType}, "", want{"a b", secret, "", ""}},
		"basic, empty form":  {[]string{basic(id, secret)}, []string{formType}, "client_id=&client_secret=", want{id, secret, "", ""}},
		"form":               {nil, []string{formType}, inForm, want{id, secret, "client_credentials", "a.b.c"}},
		"form, charset":      {nil, []string{formType + "; charset=UTF-8"}, inForm, want{id, secret, "client_credentials", "a.b.c"}},
		"form, upper case":   {nil, []string{strings.ToUpper(formType)}, inForm, want{id, secret, "client_credentials", "a.b.c"}},
		"unknown parameter":  {nil, []string{formType}, inForm + "&scope=x&&y", want{id, secret, "client_credentials", "a.b.c"}},
		"escaped name":       {nil, []string{formType}, "client%5Fid=a%20b&client_secret=" + secret, want{"a b", secret, "", ""}},
		"secret of no form":  {[]string{basic(id, "wrong")}, []string{formType}, "", want{id, "", "", ""}},
		"secret with a typo": {[]string{basic(id, secret[:len(secret)-1]+"~")}, []string{formType}, "", want{id, "", "", ""}},
	} {
		r, err := Parse(c.authorization, c.contentType, []byte(c.body))
		got := want{r.Client.ID, r.Client.Secret.Reveal(), r.Grant, r.Token.Reveal()}
		if err != nil || got != c.want {
			t.Errorf("%s: %+v %v, want %+v", name, got, err, c.want)
		}
	}
	good, form := []string{basic(id, secret)}, []string{formType}
	for name, c := range map[string]struct {
		authorization, contentType []string
		body                       string
	}{
		"nothing":               {nil, nil, ""},
		"no credentials":        {nil, form, "grant_type=client_credentials"},
		"no content type":       {good, nil, ""},
		"JSON":                  {good, []string{"application/json"}, "{}"},
		"multipart":             {good, []string{"multipart/form-data; boundary=x"}, ""},
		"two content types":     {good, []string{formType, formType}, ""},
		"broken content type":   {good, []string{formType + "; charset"}, ""},
		"two headers":           {append(good, good...), form, ""},
		"both":                  {good, form, inForm},
		"both, secret":          {good, form, "client_secret=" + secret},
		"both, id":              {good, form, "client_id=" + id},
		"no secret":             {nil, form, "client_id=" + id},
		"no id":                 {nil, form, "client_secret=" + secret},
		"empty secret":          {[]string{basic(id, "")}, form, ""},
		"empty id":              {[]string{basic("", secret)}, form, ""},
		"empty header":          {[]string{""}, form, inForm},
		"no colon":              {[]string{rawBasic(id)}, form, ""},
		"Bearer":                {[]string{"Bearer a.b.c"}, form, ""},
		"Digest":                {[]string{`Digest username="x"`}, form, ""},
		"Basic alone":           {[]string{"Basic"}, form, ""},
		"Basic and nothing":     {[]string{"Basic "}, form, ""},
		"no base64":             {[]string{"Basic *"}, form, ""},
		"no padding":            {[]string{"Basic YTpiYw"}, form, ""},
		"spare bits":            {[]string{"Basic YTpiYx=="}, form, ""},
		"two spaces":            {[]string{"Basic  YTpi"}, form, ""},
		"bad escape in basic":   {[]string{rawBasic("%zz:" + secret)}, form, ""},
		"NUL in basic":          {[]string{rawBasic("a%00:" + secret)}, form, ""},
		"no UTF-8 in basic":     {[]string{rawBasic("\xff:" + secret)}, form, ""},
		"parameter twice":       {good, form, "grant_type=client_credentials&grant_type=client_credentials"},
		"twice, other spelling": {good, form, "grant_type=a&grant%5Ftype=a"},
		"unknown twice":         {good, form, "x=1&x=2"},
		"twice without a value": {good, form, "x&x"},
		"bad escape":            {good, form, "grant_type=%"},
		"NUL":                   {good, form, "grant_type=a%00"},
		"no UTF-8":              {good, form, "grant_type=%ff"},
		"too many":              {good, form, manyParams(maxParams + 1)},
	} {
		if _, err := Parse(c.authorization, c.contentType, []byte(c.body)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Parse(good, form, []byte(manyParams(maxParams))); err != nil {
		t.Errorf("as many parameters as may be: %v", err)
	}
}

func manyParams(n int) string {
	var parts []string
	for i := range n {
		parts = append(parts, strings.Repeat("x", i+1)+"=1")
	}
	return strings.Join(parts, "&")
}

// FuzzParse compares with net/url, which is lenient: what we read it reads the
// same way.
func FuzzParse(f *testing.F) {
	secret := "mdb_sa_sk_0000000000000000000000000000000000000000000" + "000000"
	f.Add(basic("mdb_sa_id_0123456789abcdef01234567", secret), formType, "grant_type=client_credentials")
	f.Add("", formType, "client_id=a&client_secret=b&grant_type=client_credentials")
	f.Add(rawBasic("a%3Ab:c:d"), formType+"; charset=utf-8", "token=a.b.c&token_type_hint=access_token")
	f.Add("Basic", formType, "x=1&x=2&%=&;")
	f.Fuzz(func(t *testing.T, authorization, contentType, body string) {
		var lines []string
		if authorization != "" {
			lines = []string{authorization}
		}
		r, err := Parse(lines, []string{contentType}, []byte(body))
		if err != nil {
			if !errors.Is(err, ErrMalformed) || r != (Request{}) {
				t.Fatalf("%+v %v", r, err)
			}
			return
		}
		values, err := url.ParseQuery(strings.ReplaceAll(body, ";", "%3B"))
		if err != nil {
			t.Fatalf("%q is read, and net/url says %v", body, err)
		}
		for name, list := range values {
			if len(list) != 1 {
				t.Fatalf("%q is read, with %q twice", body, name)
			}
		}
		if r.Grant != values.Get("grant_type") || r.Token.Reveal() != values.Get("token") {
			t.Fatalf("%q: grant %q, token %q", body, r.Grant, r.Token.Reveal())
		}
		if lines == nil && r.Client.ID != values.Get("client_id") {
			t.Fatalf("%q: client %q", body, r.Client.ID)
		}
		if r.Client.ID == "" || !utf8.ValidString(r.Client.ID) || strings.Contains(r.Client.ID, "\x00") {
			t.Fatalf("%q %q: client %q", authorization, body, r.Client.ID)
		}
		if s := r.Client.Secret.Reveal(); s != "" {
			if _, ok := latchkey.ParseClientSecret(s); !ok {
				t.Fatalf("%q is no secret", s)
			}
		}
	})
}
