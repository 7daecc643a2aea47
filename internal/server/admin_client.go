package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/latchkey/latchkey/internal/store/sqlstore"
)

// Commands gives the commands that change data: to the server that has the
// data directory, or to the directory itself when none has.
type Commands struct {
	client *http.Client // of a server that answers; else data is open
	data   *Data
	local  commands
}

// OpenCommands looks for a server that has the directory, and opens the data
// itself when there is none. It returns ErrNotSetUp when there is no data, and
// an error that wraps sqlstore.ErrInUse when another process has the directory
// and does not answer.
func OpenCommands(ctx context.Context, dir, masterKeyFile string) (*Commands, error) {
	patience := time.Now().Add(adminPatience)
	for {
		if client := dialAdmin(ctx, dir); client != nil {
			return &Commands{client: client}, nil
		}
		c, err := openLocally(ctx, dir, masterKeyFile)
		if !errors.Is(err, sqlstore.ErrInUse) || time.Now().After(patience) {
			return c, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(20 * time.Millisecond): // a server may be about to answer
		}
	}
}

// dialAdmin returns nil when nobody answers on the directory's socket.
func dialAdmin(ctx context.Context, dir string) *http.Client {
	probe, err := dialSocket(ctx, dir)
	if err != nil {
		return nil
	}
	_ = probe.Close() // it said all it was asked
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return dialSocket(ctx, dir) },
	}}
}

func openLocally(ctx context.Context, dir, masterKeyFile string) (*Commands, error) {
	switch done, err := IsSetUp(dir); {
	case err != nil:
		return nil, err
	case !done:
		return nil, fmt.Errorf("%w: %s (latchkey serve or latchkey init sets it up)", ErrNotSetUp, dir)
	}
	data, err := OpenData(ctx, dir, masterKeyFile)
	if err != nil {
		return nil, err
	}
	s, err := New(data, Config{})
	if err != nil {
		return nil, errors.Join(err, data.Close())
	}
	return &Commands{data: data, local: commands{s.Service}}, nil
}

// Close lets the data go, if it was opened.
func (c *Commands) Close() error {
	if c.data != nil {
		return c.data.Close()
	}
	c.client.CloseIdleConnections()
	return nil
}

// CreateOrganization creates an organization with its first owner key.
func (c *Commands) CreateOrganization(ctx context.Context, name string) (OwnerKey, error) {
	if c.client == nil {
		return c.local.createOrganization(ctx, name)
	}
	return c.ask(ctx, createOrganizationPath, newOrganization{name})
}

// RecoverOwner creates a new owner key of the organization.
func (c *Commands) RecoverOwner(ctx context.Context, org string) (OwnerKey, error) {
	if c.client == nil {
		return c.local.recoverOwner(ctx, org)
	}
	id, err := parseOrg(org)
	if err != nil {
		return OwnerKey{}, err
	}
	return c.ask(ctx, createOrganizationPath+"/"+string(id)+"/owners", struct{}{})
}

func (c *Commands) ask(ctx context.Context, path string, body any) (OwnerKey, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return OwnerKey{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://latchkey"+path, bytes.NewReader(text))
	if err != nil {
		return OwnerKey{}, err
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return OwnerKey{}, fmt.Errorf("ask the running server: %w", err)
	}
	defer resp.Body.Close()
	decode := json.NewDecoder(resp.Body)
	if resp.StatusCode != http.StatusOK {
		var f commandFault
		if err := decode.Decode(&f); err != nil || f.Error == "" {
			return OwnerKey{}, fmt.Errorf("the running server answered %s; is it another version of Latchkey?", resp.Status)
		}
		return OwnerKey{}, errors.New(f.Error)
	}
	var key OwnerKey
	if err := decode.Decode(&key); err != nil {
		return OwnerKey{}, fmt.Errorf("the answer of the running server: %w", err)
	}
	return key, nil
}
