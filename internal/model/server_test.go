package model

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/keyring"
	"github.com/latchkey/latchkey/internal/op" // for setting organizations up, nothing else
	"github.com/latchkey/latchkey/internal/server"
	"github.com/latchkey/latchkey/internal/store/sqlstore"
)

// instance is a server in this process, whose data can be closed and opened again.
type instance struct {
	dir     string
	clock   func() time.Time
	maxKeys int
	data    *server.Data
	service *op.Service
	handler atomic.Pointer[http.Handler]
}

// start makes a server on a new directory, in memory where that can be had.
func start(clock func() time.Time, maxKeys int) (*instance, error) {
	parent := "/dev/shm"
	if info, err := os.Stat(parent); err != nil || !info.IsDir() {
		parent = ""
	}
	dir, err := os.MkdirTemp(parent, "latchkey-model-")
	if err != nil {
		if dir, err = os.MkdirTemp("", "latchkey-model-"); err != nil {
			return nil, err
		}
	}
	i := &instance{dir: dir, clock: clock, maxKeys: maxKeys}
	first, err := server.OpenData(context.Background(), dir, "") // makes the keys
	if err == nil {
		if err = first.Close(); err == nil {
			err = i.open()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%w, %w", err, os.RemoveAll(dir))
	}
	return i, nil
}

// open opens the data with the clock of the test.
func (i *instance) open() error {
	store, err := sqlstore.Open(i.dir, sqlstore.Options{Clock: i.clock})
	if err != nil {
		return err
	}
	var wrapped []keyring.WrappedKey
	err = store.View(context.Background(), func(r latchkey.Reader) error {
		rows, err := r.WrappedKeys()
		for _, k := range rows {
			wrapped = append(wrapped, keyring.WrappedKey{ID: k.ID, Purpose: keyring.Purpose(k.Purpose), Created: k.Created, Blob: k.Blob})
		}
		return err
	})
	if err != nil {
		return err
	}
	master, err := keyring.LoadMasterKey(filepath.Join(i.dir, server.MasterKeyFile))
	if err != nil {
		return err
	}
	keys, err := keyring.Open(master, wrapped)
	if err != nil {
		return err
	}
	i.data = &server.Data{Dir: i.dir, Store: store, Keys: keys}
	s, err := server.New(i.data, server.Config{Clock: i.clock, MaxKeysPerOrg: i.maxKeys, NoFailureGuard: true})
	if err != nil {
		return err
	}
	i.service = s.Service
	h := s.Handler("http://latchkey.test")
	i.handler.Store(&h)
	return nil
}

// restart closes the data and opens it again.
func (i *instance) restart() error {
	if err := i.data.Close(); err != nil {
		return err
	}
	return i.open()
}

func (i *instance) stop() error {
	err := i.data.Close()
	if e := os.RemoveAll(i.dir); err == nil {
		err = e
	}
	return err
}

func (i *instance) client() *client {
	return &client{handler: func() http.Handler { return *i.handler.Load() }, now: i.clock}
}

// found is an organization as a command sets it up.
type found struct {
	org, project string
	owner        credential
}

func (i *instance) organization(name string) (found, error) {
	s, err := i.service.CreateOrganization(context.Background(), "org create", op.SetupOptions{OrgName: name, ProjectName: "first"})
	return found{string(s.Org.ID), string(s.Project.ID), credential{
		id: string(s.Owner.Key.ID), public: string(s.Owner.Key.PublicKey), private: s.Owner.Private.Reveal(),
	}}, err
}
