-- Every primary key begins with org_id, so that the schema can be spread by
-- organization. The exceptions are credential, which says in which
-- organization a public key is to be looked for, and keyring.
-- Times are milliseconds since 1970, UTC.

-- +goose Up
CREATE TABLE organization (
    org_id               TEXT    NOT NULL,
    name                 TEXT    NOT NULL,
    created              BIGINT  NOT NULL,
    access_list_required INTEGER NOT NULL,
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

-- A rowid table: rows of a few hundred bytes to some hundred kilobytes belong
-- in leaf pages. project_roles comes last, because it is the part that grows.
CREATE TABLE api_key (
    org_id        TEXT    NOT NULL REFERENCES organization (org_id),
    key_id        TEXT    NOT NULL,
    public_key    TEXT    NOT NULL,
    descr         TEXT    NOT NULL,
    private_tail  TEXT    NOT NULL,
    sealed_md5    BLOB    NOT NULL,
    sealed_sha256 BLOB    NOT NULL,
    org_roles     BIGINT  NOT NULL,
    durable_owner INTEGER NOT NULL,
    access_list   TEXT    NOT NULL,
    created       BIGINT  NOT NULL,
    project_roles TEXT    NOT NULL,
    PRIMARY KEY (org_id, key_id)
);
CREATE INDEX api_key_durable_owner ON api_key (org_id) WHERE durable_owner = 1;

-- The index of api_key.project_roles: which keys are in a project, and what one
-- key holds in one project without reading all that it holds. Both references
-- carry org_id: a key cannot be put into another organization's project.
CREATE TABLE membership (
    org_id     TEXT   NOT NULL,
    project_id TEXT   NOT NULL,
    key_id     TEXT   NOT NULL,
    roles      BIGINT NOT NULL,
    PRIMARY KEY (org_id, project_id, key_id),
    FOREIGN KEY (org_id, project_id) REFERENCES project (org_id, project_id),
    FOREIGN KEY (org_id, key_id) REFERENCES api_key (org_id, key_id)
) WITHOUT ROWID;
CREATE INDEX membership_by_key ON membership (org_id, key_id, project_id);

CREATE TABLE credential (
    public_key TEXT NOT NULL,
    org_id     TEXT NOT NULL,
    key_id     TEXT NOT NULL,
    PRIMARY KEY (public_key)
) WITHOUT ROWID;

CREATE TABLE nonce_use (
    org_id  TEXT   NOT NULL,
    nonce   TEXT   NOT NULL,
    nc      BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    PRIMARY KEY (org_id, nonce, nc)
) WITHOUT ROWID;
CREATE INDEX nonce_use_expires ON nonce_use (expires);

CREATE TABLE access_list_use (
    org_id       TEXT   NOT NULL,
    key_id       TEXT   NOT NULL,
    prefix       TEXT   NOT NULL,
    count        BIGINT NOT NULL,
    last_used    BIGINT NOT NULL,
    last_address TEXT   NOT NULL,
    PRIMARY KEY (org_id, key_id, prefix),
    FOREIGN KEY (org_id, key_id) REFERENCES api_key (org_id, key_id)
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
