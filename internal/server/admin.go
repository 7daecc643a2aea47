package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/op"
)

// commands are the changes that people make on the machine itself, beside the
// API. They are recorded like every change, with the command as their source.
type commands struct{ service *op.Service }

// errRefusedCommand is wrapped by what is the fault of whoever gave a command.
var errRefusedCommand = errors.New("nothing was changed")

func (c commands) createOrganization(ctx context.Context, name string) (OwnerKey, error) {
	if !latchkey.ValidName(name) {
		return OwnerKey{}, fmt.Errorf("%q cannot name an organization: 1 to %d letters, digits, spaces (not at an end) and signs of %q; %w", name, latchkey.MaxNameLength, latchkey.NameSigns, errRefusedCommand)
	}
	made, err := c.service.CreateOrganization(ctx, "org create", op.SetupOptions{OrgName: name})
	if err != nil {
		return OwnerKey{}, fmt.Errorf("create the organization: %w", err)
	}
	return OwnerKey{made.Org.ID, newKey(made.Owner)}, nil
}

func (c commands) recoverOwner(ctx context.Context, id string) (OwnerKey, error) {
	org, err := c.which(ctx, id)
	if err != nil {
		return OwnerKey{}, err
	}
	made, err := c.service.RecoverOwner(ctx, org)
	var refusal *latchkey.Error
	switch {
	case errors.As(err, &refusal) && refusal.Code == latchkey.CodeOrganizationNotFound:
		return OwnerKey{}, fmt.Errorf("there is no organization %s; %w", org, errRefusedCommand)
	case err != nil:
		return OwnerKey{}, fmt.Errorf("create an owner key: %w", err)
	}
	return OwnerKey{org, newKey(made)}, nil
}

// which returns the organization with that id, or without one the only one
// there is.
func (c commands) which(ctx context.Context, id string) (latchkey.OrgID, error) {
	if id != "" {
		return parseOrg(id)
	}
	all, err := c.service.Organizations(ctx)
	if err != nil {
		return "", err
	}
	if len(all) == 1 {
		return all[0].ID, nil
	}
	var list strings.Builder
	for _, org := range all {
		fmt.Fprintf(&list, "\n  %s  %q", org.ID, org.Name)
	}
	return "", fmt.Errorf("there are %d organizations; name one with --org; %w:%s", len(all), errRefusedCommand, list.String())
}

func parseOrg(id string) (latchkey.OrgID, error) {
	org, ok := latchkey.ParseID[latchkey.OrgID](id)
	if !ok {
		return "", fmt.Errorf("%q is no id of an organization, which has %d lower-case hex digits; %w", id, latchkey.IDLength, errRefusedCommand)
	}
	return org, nil
}

// Admin answers the commands of other processes while a server has the data:
// HTTP on a socket in the data directory that only its owner can open.
type Admin struct {
	server http.Server
	remove func() error
	ended  chan error
}

// newOrganization is the body of the command that creates an organization.
type newOrganization struct {
	Name string `json:"name"`
}

// commandFault is the answer to a command that failed.
type commandFault struct {
	Error string `json:"error"`
}

// OpenAdmin starts to answer commands. It returns an error when the socket
// cannot be made, or when somebody else answers on it.
func (s *Server) OpenAdmin() (*Admin, error) {
	ln, remove, err := listenSocket(s.data.Dir)
	if err != nil {
		return nil, err
	}
	a := &Admin{remove: remove, ended: make(chan error, 1)}
	a.server = http.Server{
		Handler:           adminHandler(commands{s.Service}, s.config.Log),
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       requestTimeout,
		WriteTimeout:      writeTimeout,
		ErrorLog:          slog.NewLogLogger(s.config.Log.Handler(), slog.LevelDebug),
	}
	go func() { a.ended <- a.server.Serve(ln) }()
	return a, nil
}

// Close finishes the commands that run and takes the socket away.
func (a *Admin) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), drainTimeout)
	defer cancel()
	err := errors.Join(a.remove(), a.server.Shutdown(ctx))
	if ended := <-a.ended; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}

const (
	createOrganizationPath = "/organizations"
	maxCommandBody         = 64 << 10
)

func adminHandler(c commands, log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, command string, key OwnerKey, err error) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		var v any = key
		if err != nil {
			v = commandFault{err.Error()}
			status := http.StatusInternalServerError
			if errors.Is(err, errRefusedCommand) {
				status = http.StatusUnprocessableEntity
			}
			w.WriteHeader(status)
			log.Warn("a command failed", slog.String("command", command), slog.Any("error", err))
		} else {
			log.Info("a command was done", slog.String("command", command), slog.String("org", string(key.OrgID)), slog.String("key", string(key.KeyID)))
		}
		_ = json.NewEncoder(w).Encode(v) // the command went away: nobody to tell
	}
	mux.HandleFunc("POST "+createOrganizationPath, func(w http.ResponseWriter, r *http.Request) {
		var in newOrganization
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxCommandBody))
		if err == nil {
			err = json.Unmarshal(body, &in)
		}
		var key OwnerKey
		if err == nil {
			key, err = c.createOrganization(r.Context(), in.Name)
		}
		answer(w, "org create", key, err)
	})
	mux.HandleFunc("POST "+createOrganizationPath+"/{org}/owners", func(w http.ResponseWriter, r *http.Request) {
		key, err := c.recoverOwner(r.Context(), r.PathValue("org"))
		answer(w, "recover-owner", key, err)
	})
	return mux
}

// adminPatience is how long a command waits for a server that has the data
// but does not answer yet.
const adminPatience = 3 * time.Second
