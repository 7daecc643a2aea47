package sqlstore

import "strings"

// queryID names a query of the table below.
type queryID int

// query is one statement: the tables that it names, and its text in the SQL
// that SQLite and PostgreSQL share, with ? for every parameter. A test holds
// that a query on a table of organizations binds org_id.
type query struct {
	name   string
	tables []string
	sql    string
}

const (
	qCredential queryID = iota
	qOrganizations
	qOrganization
	qProject
	qProjectByName
	qProjects
	qProjectCount
	qProjectsOfKey
	qProjectOfKeyCount
	qDeletedProject
	qKey
	qKeys
	qKeyCount
	qProjectKeys
	qProjectKeyCount
	qDurableOwners
	qMemberships
	qAccessListUse
	qEvents
	qWrappedKeys

	qUseNonce
	qForgetNonces
	qInsertOrganization
	qUpdateOrganization
	qInsertProject
	qUpdateProject
	qRolesInProject
	qDeleteProject
	qDeleteProjectMembers
	qInsertDeletedProject
	qInsertCredential
	qInsertKey
	qSetMember
	qDeleteMember
	qUpdateKeyOrgRoles
	qUpdateKeyProjectRoles
	qUpdateKeyDesc
	qUpdateKeyAccessList
	qDeleteKey
	qDeleteKeyMembers
	qDeleteKeyUse
	qDeleteCredential
	qDeleteEntryUse
	qAddAccessListUse
	qChainHead
	qInsertEvent
	qInsertWrappedKey

	qBeginView
	qBeginUpdate
	qCommit
	qRollback
	qSavepoint
	qRelease
	qRollbackTo

	queryCount
)

const (
	keyColumns = `k.org_id, k.key_id, k.public_key, k.descr, k.private_tail, k.sealed_md5, k.sealed_sha256,` +
		` k.org_roles, k.access_list, k.created, k.project_roles`
	projectColumns = `p.org_id, p.project_id, p.name, p.created, p.tags, p.with_default_alerts, p.region`
	eventColumns   = `org_id, seq, event_id, created, type, source, operation, caller_id, caller_public_key,` +
		` remote_address, project_id, target_id, target_public_key, prev_hash, hash, payload`
)

// queries is every statement of this package but those of opening and
// migrating; it is only read.
var queries = [queryCount]query{
	qCredential: {"Credential", tables("credential api_key organization membership"),
		`SELECT k.org_id, k.key_id, k.public_key, k.sealed_md5, k.sealed_sha256, k.org_roles, k.access_list,
			octet_length(k.project_roles) > 0, coalesce(m.roles, 0), o.access_list_required FROM credential c
		JOIN api_key k ON k.org_id = c.org_id AND k.key_id = c.key_id
		JOIN organization o ON o.org_id = c.org_id
		LEFT JOIN membership m ON m.org_id = c.org_id AND m.project_id = ? AND m.key_id = c.key_id
		WHERE c.public_key = coalesce((SELECT min(public_key) FROM credential WHERE public_key >= ?),
			(SELECT min(public_key) FROM credential))`},
	qOrganizations: {"Organizations", tables("organization event"),
		`WITH RECURSIVE audited (org_id) AS (
			SELECT min(org_id) FROM event
			UNION ALL
			SELECT (SELECT min(e.org_id) FROM event e WHERE e.org_id > a.org_id) FROM audited a WHERE a.org_id IS NOT NULL)
		SELECT org_id FROM organization UNION SELECT org_id FROM audited WHERE org_id IS NOT NULL ORDER BY org_id`},
	qOrganization: {"Organization", tables("organization"),
		`SELECT org_id, name, created, access_list_required, settings FROM organization WHERE org_id = ?`},

	qProject: {"Project", tables("project"),
		`SELECT ` + projectColumns + ` FROM project p WHERE p.org_id = ? AND p.project_id = ?`},
	qProjectByName: {"ProjectByName", tables("project"),
		`SELECT ` + projectColumns + ` FROM project p WHERE p.org_id = ? AND p.name = ?`},
	qProjects: {"Projects", tables("project"),
		`SELECT ` + projectColumns + ` FROM project p WHERE p.org_id = ? AND p.folded LIKE ? ESCAPE '!'
		ORDER BY p.project_id LIMIT ? OFFSET ?`},
	qProjectCount: {"ProjectCount", tables("project"),
		`SELECT count(*) FROM project p WHERE p.org_id = ? AND p.folded LIKE ? ESCAPE '!'`},
	qProjectsOfKey: {"ProjectsOfKey", tables("membership project"),
		`SELECT ` + projectColumns + ` FROM membership m
		JOIN project p ON p.org_id = m.org_id AND p.project_id = m.project_id
		WHERE m.org_id = ? AND m.key_id = ? AND p.folded LIKE ? ESCAPE '!'
		ORDER BY m.project_id LIMIT ? OFFSET ?`},
	qProjectOfKeyCount: {"ProjectOfKeyCount", tables("membership project"),
		`SELECT count(*) FROM membership m
		JOIN project p ON p.org_id = m.org_id AND p.project_id = m.project_id
		WHERE m.org_id = ? AND m.key_id = ? AND p.folded LIKE ? ESCAPE '!'`},
	qDeletedProject: {"DeletedProject", tables("deleted_project"),
		`SELECT org_id, project_id, deleted, deleted_by FROM deleted_project WHERE org_id = ? AND project_id = ?`},

	qKey: {"Key", tables("api_key"),
		`SELECT ` + keyColumns + ` FROM api_key k WHERE k.org_id = ? AND k.key_id = ?`},
	qKeys: {"Keys", tables("api_key"),
		`SELECT ` + keyColumns + ` FROM api_key k WHERE k.org_id = ? ORDER BY k.key_id LIMIT ? OFFSET ?`},
	qKeyCount: {"KeyCount", tables("api_key"),
		`SELECT count(*) FROM api_key WHERE org_id = ?`},
	qProjectKeys: {"ProjectKeys", tables("membership api_key"),
		`SELECT ` + keyColumns + ` FROM membership m
		JOIN api_key k ON k.org_id = m.org_id AND k.key_id = m.key_id
		WHERE m.org_id = ? AND m.project_id = ? ORDER BY m.key_id LIMIT ? OFFSET ?`},
	qProjectKeyCount: {"ProjectKeyCount", tables("membership"),
		`SELECT count(*) FROM membership WHERE org_id = ? AND project_id = ?`},
	qDurableOwners: {"DurableOwners", tables("api_key"),
		`SELECT count(*) FROM api_key WHERE org_id = ? AND durable_owner = 1`},
	qMemberships: {"Memberships", tables("membership"),
		`SELECT project_id, roles FROM membership WHERE org_id = ? AND key_id = ? ORDER BY project_id`},
	qAccessListUse: {"AccessListUse", tables("access_list_use"),
		`SELECT prefix, count, last_used, last_address FROM access_list_use WHERE org_id = ? AND key_id = ? ORDER BY prefix`},
	qEvents: {"Events", tables("event"),
		`SELECT ` + eventColumns + ` FROM event WHERE org_id = ? AND seq > ? ORDER BY seq LIMIT ?`},
	qWrappedKeys: {"WrappedKeys", tables("keyring"),
		`SELECT id, purpose, created, blob FROM keyring ORDER BY purpose, id`},

	qUseNonce: {"UseNonce", tables("nonce_use"),
		`INSERT INTO nonce_use (org_id, nonce, nc, expires) VALUES (?, ?, ?, ?) ON CONFLICT (org_id, nonce, nc) DO NOTHING`},
	qForgetNonces: {"ForgetNonces", tables("nonce_use"),
		`DELETE FROM nonce_use WHERE (org_id, nonce, nc) IN
		(SELECT org_id, nonce, nc FROM nonce_use WHERE expires < ? ORDER BY expires LIMIT ?)`},

	qInsertOrganization: {"InsertOrganization", tables("organization"),
		`INSERT INTO organization (org_id, name, created, access_list_required, settings) VALUES (?, ?, ?, ?, ?)`},
	qUpdateOrganization: {"UpdateOrganization", tables("organization"),
		`UPDATE organization SET name = ?, access_list_required = ?, settings = ? WHERE org_id = ?`},

	qInsertProject: {"InsertProject", tables("project"),
		`INSERT INTO project (org_id, project_id, name, folded, created, tags, with_default_alerts, region)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (org_id, name) DO NOTHING`},
	qUpdateProject: {"UpdateProject", tables("project"),
		`UPDATE project SET name = ?, folded = ?, tags = ?, with_default_alerts = ?, region = ?
		WHERE org_id = ? AND project_id = ?`},
	qRolesInProject: {"RolesInProject", tables("membership api_key"),
		`SELECT k.key_id, k.project_roles FROM membership m
		JOIN api_key k ON k.org_id = m.org_id AND k.key_id = m.key_id
		WHERE m.org_id = ? AND m.project_id = ? AND m.key_id > ? ORDER BY m.key_id LIMIT ?`},
	qDeleteProject: {"DeleteProject", tables("project"),
		`DELETE FROM project WHERE org_id = ? AND project_id = ?`},
	qDeleteProjectMembers: {"DeleteProjectMembers", tables("membership"),
		`DELETE FROM membership WHERE org_id = ? AND project_id = ?`},
	qInsertDeletedProject: {"InsertDeletedProject", tables("deleted_project"),
		`INSERT INTO deleted_project (org_id, project_id, deleted, deleted_by) VALUES (?, ?, ?, ?)`},

	qInsertCredential: {"InsertCredential", tables("credential"),
		`INSERT INTO credential (public_key, org_id, key_id) VALUES (?, ?, ?) ON CONFLICT (public_key) DO NOTHING`},
	qInsertKey: {"InsertKey", tables("api_key"),
		`INSERT INTO api_key (org_id, key_id, public_key, descr, private_tail, sealed_md5, sealed_sha256,
		org_roles, durable_owner, access_list, created, project_roles) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`},
	qSetMember: {"SetMember", tables("membership"),
		`INSERT INTO membership (org_id, project_id, key_id, roles) VALUES (?, ?, ?, ?)
		ON CONFLICT (org_id, project_id, key_id) DO UPDATE SET roles = excluded.roles`},
	qDeleteMember: {"DeleteMember", tables("membership"),
		`DELETE FROM membership WHERE org_id = ? AND project_id = ? AND key_id = ?`},
	qUpdateKeyOrgRoles: {"UpdateKeyOrgRoles", tables("api_key"),
		`UPDATE api_key SET org_roles = ?, durable_owner = ? WHERE org_id = ? AND key_id = ?`},
	qUpdateKeyProjectRoles: {"UpdateKeyProjectRoles", tables("api_key"),
		`UPDATE api_key SET project_roles = ? WHERE org_id = ? AND key_id = ?`},
	qUpdateKeyDesc: {"UpdateKeyDesc", tables("api_key"),
		`UPDATE api_key SET descr = ? WHERE org_id = ? AND key_id = ?`},
	qUpdateKeyAccessList: {"UpdateKeyAccessList", tables("api_key"),
		`UPDATE api_key SET access_list = ? WHERE org_id = ? AND key_id = ?`},
	qDeleteKey: {"DeleteKey", tables("api_key"),
		`DELETE FROM api_key WHERE org_id = ? AND key_id = ?`},
	qDeleteKeyMembers: {"DeleteKeyMembers", tables("membership"),
		`DELETE FROM membership WHERE org_id = ? AND key_id = ?`},
	qDeleteKeyUse: {"DeleteKeyUse", tables("access_list_use"),
		`DELETE FROM access_list_use WHERE org_id = ? AND key_id = ?`},
	qDeleteCredential: {"DeleteCredential", tables("credential api_key"),
		`DELETE FROM credential WHERE public_key = (SELECT public_key FROM api_key WHERE org_id = ? AND key_id = ?)`},

	qDeleteEntryUse: {"DeleteEntryUse", tables("access_list_use"),
		`DELETE FROM access_list_use WHERE org_id = ? AND key_id = ? AND prefix = ?`},
	qAddAccessListUse: {"AddAccessListUse", tables("access_list_use api_key"),
		`INSERT INTO access_list_use (org_id, key_id, prefix, count, last_used, last_address)
		SELECT k.org_id, k.key_id, CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS TEXT)
		FROM api_key k WHERE k.org_id = ? AND k.key_id = ?
		ON CONFLICT (org_id, key_id, prefix) DO UPDATE SET
			count = access_list_use.count + excluded.count,
			last_address = CASE WHEN excluded.last_used >= access_list_use.last_used
				THEN excluded.last_address ELSE access_list_use.last_address END,
			last_used = CASE WHEN excluded.last_used >= access_list_use.last_used
				THEN excluded.last_used ELSE access_list_use.last_used END`},

	qChainHead: {"ChainHead", tables("event"),
		`SELECT seq, hash FROM event WHERE org_id = ? ORDER BY seq DESC LIMIT 1`},
	qInsertEvent: {"InsertEvent", tables("event"),
		`INSERT INTO event (` + eventColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`},
	qInsertWrappedKey: {"InsertWrappedKey", tables("keyring"),
		`INSERT INTO keyring (id, purpose, created, blob) VALUES (?, ?, ?, ?)`},

	qBeginView:   {name: "BeginView", sql: `BEGIN`},
	qBeginUpdate: {name: "BeginUpdate", sql: `BEGIN IMMEDIATE`},
	qCommit:      {name: "Commit", sql: `COMMIT`},
	qRollback:    {name: "Rollback", sql: `ROLLBACK`},
	qSavepoint:   {name: "Savepoint", sql: `SAVEPOINT caller`},
	qRelease:     {name: "Release", sql: `RELEASE SAVEPOINT caller`},
	qRollbackTo:  {name: "RollbackTo", sql: `ROLLBACK TO SAVEPOINT caller`},
}

func tables(names string) []string { return strings.Fields(names) }

// likeEscaper makes text stand for itself in a LIKE pattern.
var likeEscaper = strings.NewReplacer("!", "!!", "%", "!%", "_", "!_")

// containing returns the LIKE pattern for folded names that contain the text.
func containing(text string) string {
	return "%" + likeEscaper.Replace(fold(text)) + "%"
}

// fold is the form in which names are compared when case does not count.
func fold(name string) string { return strings.ToLower(name) }
