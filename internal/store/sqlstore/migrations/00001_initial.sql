-- Every primary key begins with org_id, so that the schema can be spread by
-- organization. The exceptions are credential, which says in which
-- organization a public key or client id is to be looked for, and keyring.
-- Times are milliseconds since 1970, UTC.

-- +goose Up
-- epoch counts how often every token of the organization was made void.
CREATE TABLE organization (
    org_id               TEXT    NOT NULL,
    name                 TEXT    NOT NULL,
    created              BIGINT  NOT NULL,
    access_list_required INTEGER NOT NULL,
    epoch                BIGINT  NOT NULL DEFAULT 0,
    settings             TEXT    NOT NULL,
    PRIMARY KEY (org_id)
) WITHOUT ROWID;

-- folded is name in lower case, for searching.
CREATE TABLE project (
    org_id              TEXT    NOT NULL REFERENCES organization (org_id),
    project_id          TEXT    NOT NULL,
    name                TEXT    NOT NULL,
    folded              TEXT    NOT NULL,
    created             BIGINT  NOT NULL,
    tags                TEXT    NOT NULL,
    with_default_alerts INTEGER NOT NULL,
    region              TEXT    NOT NULL,
    PRIMARY KEY (org_id, project_id),
    UNIQUE (org_id, name)
) WITHOUT ROWID;

CREATE TABLE deleted_project (
    org_id     TEXT   NOT NULL REFERENCES organization (org_id),
    project_id TEXT   NOT NULL,
    deleted    BIGINT NOT NULL,
    deleted_by TEXT   NOT NULL,
    PRIMARY KEY (org_id, project_id)
) WITHOUT ROWID;

-- API keys and service accounts. The ids of service accounts begin with
-- mdb_sa_id_, those of keys with a hex digit, so that each kind is one range of
-- ids. owner is 1 for a durable owner, 2 for a service account that is an owner.
-- A rowid table: rows of a few hundred bytes to some hundred kilobytes belong
-- in leaf pages. project_roles comes last, because it is the part that grows.
CREATE TABLE principal (
    org_id        TEXT    NOT NULL REFERENCES organization (org_id),
    principal_id  TEXT    NOT NULL,
    public_key    TEXT    NOT NULL,
    name          TEXT    NOT NULL,
    descr         TEXT    NOT NULL,
    private_tail  TEXT    NOT NULL,
    sealed_md5    BLOB    NOT NULL,
    sealed_sha256 BLOB    NOT NULL,
    secrets       TEXT    NOT NULL,
    org_roles     BIGINT  NOT NULL,
    owner         INTEGER NOT NULL,
    access_list   TEXT    NOT NULL,
    created       BIGINT  NOT NULL,
    project_roles TEXT    NOT NULL,
    PRIMARY KEY (org_id, principal_id)
);
CREATE INDEX principal_owner ON principal (org_id, owner) WHERE owner <> 0;

-- The index of principal.project_roles: who is in a project, and what one
-- principal holds in one project without reading all that it holds. Both
-- references carry org_id: nobody can be put into another organization's project.
CREATE TABLE membership (
    org_id       TEXT   NOT NULL,
    project_id   TEXT   NOT NULL,
    principal_id TEXT   NOT NULL,
    roles        BIGINT NOT NULL,
    PRIMARY KEY (org_id, project_id, principal_id),
    FOREIGN KEY (org_id, project_id) REFERENCES project (org_id, project_id),
    FOREIGN KEY (org_id, principal_id) REFERENCES principal (org_id, principal_id)
) WITHOUT ROWID;
CREATE INDEX membership_by_principal ON membership (org_id, principal_id, project_id);

-- login is the public key of a key or the client id of a service account.
CREATE TABLE credential (
    login        TEXT NOT NULL,
    org_id       TEXT NOT NULL,
    principal_id TEXT NOT NULL,
    PRIMARY KEY (login)
) WITHOUT ROWID;

CREATE TABLE nonce_use (
    org_id  TEXT   NOT NULL,
    nonce   TEXT   NOT NULL,
    nc      BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    PRIMARY KEY (org_id, nonce, nc)
) WITHOUT ROWID;
CREATE INDEX nonce_use_expires ON nonce_use (expires);

CREATE TABLE revoked_token (
    org_id     TEXT   NOT NULL,
    token_hash BLOB   NOT NULL,
    expires    BIGINT NOT NULL,
    PRIMARY KEY (org_id, token_hash)
) WITHOUT ROWID;
CREATE INDEX revoked_token_expires ON revoked_token (expires);

-- what is the prefix of an access list entry or the id of a secret.
CREATE TABLE principal_use (
    org_id       TEXT   NOT NULL,
    principal_id TEXT   NOT NULL,
    what         TEXT   NOT NULL,
    count        BIGINT NOT NULL,
    last_used    BIGINT NOT NULL,
    last_address TEXT   NOT NULL,
    PRIMARY KEY (org_id, principal_id, what),
    FOREIGN KEY (org_id, principal_id) REFERENCES principal (org_id, principal_id)
) WITHOUT ROWID;

CREATE TABLE event (
    org_id            TEXT   NOT NULL,
    seq               BIGINT NOT NULL,
    event_id          TEXT   NOT NULL,
    created           BIGINT NOT NULL,
    type              TEXT   NOT NULL,
    source            TEXT   NOT NULL,
    operation         TEXT   NOT NULL,
    caller_id         TEXT   NOT NULL,
    caller_public_key TEXT   NOT NULL,
    remote_address    TEXT   NOT NULL,
    project_id        TEXT   NOT NULL,
    target_id         TEXT   NOT NULL,
    target_public_key TEXT   NOT NULL,
    prev_hash         BLOB   NOT NULL,
    hash              BLOB   NOT NULL,
    payload           BLOB   NOT NULL,
    PRIMARY KEY (org_id, seq)
) WITHOUT ROWID;

-- What the lists of events are filtered by.
CREATE INDEX event_of_project ON event (org_id, project_id, seq, type);
CREATE INDEX event_of_type ON event (org_id, type, seq);

CREATE TABLE checkpoint (
    org_id    TEXT    NOT NULL,
    seq       BIGINT  NOT NULL,
    hash      BLOB    NOT NULL,
    previous  BIGINT  NOT NULL,
    created   BIGINT  NOT NULL,
    signer    INTEGER NOT NULL,
    signature BLOB    NOT NULL,
    PRIMARY KEY (org_id, seq)
) WITHOUT ROWID;

-- +goose StatementBegin
CREATE TRIGGER event_is_not_updated BEFORE UPDATE ON event
BEGIN
    SELECT RAISE(ABORT, 'events are append-only');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER event_is_not_deleted BEFORE DELETE ON event
BEGIN
    SELECT RAISE(ABORT, 'events are append-only');
END;
-- +goose StatementEnd

CREATE TABLE keyring (
    id      INTEGER NOT NULL,
    purpose TEXT    NOT NULL,
    created BIGINT  NOT NULL,
    blob    BLOB    NOT NULL,
    PRIMARY KEY (purpose, id)
);
