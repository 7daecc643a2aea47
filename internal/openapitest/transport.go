package openapitest

import (
	"bytes"
	"io"
	"net/http"
)

// Transport returns a RoundTripper that sends requests through base, or
// http.DefaultTransport when that is nil, validates each answer, and tells
// judged about it before the client gets it. It is for clients in the same
// process; Proxy is for all others.
func (v *Validator) Transport(base http.RoundTripper, judged func(Exchange)) http.RoundTripper {
	if base == nil {
		base = http.DefaultTransport
	}
	return &transport{v, base, judged}
}

type transport struct {
	validator *Validator
	base      http.RoundTripper
	judged    func(Exchange)
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	if closeErr := resp.Body.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	t.judged(Exchange{
		Method: req.Method, Target: req.URL.RequestURI(), Operation: t.validator.Operation(req),
		Status: resp.StatusCode, Err: t.validator.Validate(req, resp, body),
	})
	return resp, nil
}
