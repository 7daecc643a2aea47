package sqlstore

import (
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/latchkey/latchkey"
)

// Organizations returns the ids of all organizations in rising order.
func (r *reader) Organizations() ([]latchkey.OrgID, error) {
	var ids []latchkey.OrgID
	err := r.rows(qOrganizations, nil, func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		ids = append(ids, latchkey.OrgID(id))
		return err
	})
	return ids, err
}

// Organization reads one organization with its settings.
func (r *reader) Organization(id latchkey.OrgID) (latchkey.Organization, error) {
	var (
		o                 latchkey.Organization
		created, required int64
		settings          []byte
	)
	err := r.row(qOrganization, []any{string(id)}, (*string)(&o.ID), &o.Name, &created, &required, &settings)
	if err != nil {
		return latchkey.Organization{}, err
	}
	if err := json.Unmarshal(settings, &o.Settings); err != nil {
		return latchkey.Organization{}, fmt.Errorf("%w: settings of organization %s: %w", latchkey.ErrCorrupt, id, err)
	}
	o.Created = fromMillis(created)
	o.Settings.AccessListRequired = required != 0
	return o, nil
}

// WrappedKeys returns the data keys as they are kept.
func (r *reader) WrappedKeys() ([]latchkey.WrappedKey, error) {
	var keys []latchkey.WrappedKey
	err := r.rows(qWrappedKeys, nil, func(rows *sql.Rows) error {
		var (
			k           latchkey.WrappedKey
			id, created int64
		)
		err := rows.Scan(&id, &k.Purpose, &created, &k.Blob)
		k.ID, k.Created = uint32(id), fromMillis(created)
		keys = append(keys, k)
		return err
	})
	return keys, err
}
