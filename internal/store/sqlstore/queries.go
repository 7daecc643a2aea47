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
	qSecrets
	qOrganizations
	qOrganization
	qProject
	qProjectByName
	qProjects
	qProjectCount
	qProjectsOf
	qProjectOfCount
	qDeletedProject
	qTokenRevoked
	qNonceUsed
	qPrincipal
	qKey
	qKeys
	qKeyCount
	qProjectKeys
	qProjectKeyCount
	qAccount
	qAccounts
	qAccountCount
	qProjectAccounts
	qProjectAccountCount
	qOwners
	qMemberships
	qUses
	qUseOf
	qEvents
	qEventTime
	qEvent
	qEventRange
	qEventsOfTypes
	qEventsOfTypesCount
	qEventsOfProjects
	qEventsOfProjectsCount
	qEventsSeen
	qEventsSeenCount
	qMembershipsOf
	qCheckpoints
	qLastCheckpoint
	qWrappedKeys

	qUseNonce
	qForgetNonces
	qRevokeToken
	qForgetTokens
	qInsertOrganization
	qUpdateOrganization
	qInsertProject
	qUpdateProject
	qRolesInProject
	qDeleteProject
	qDeleteProjectMembers
	qInsertDeletedProject
	qInsertCredential
	qInsertPrincipal
	qSetMember
	qDeleteMember
	qUpdateOrgRoles
	qUpdateProjectRoles
	qUpdateDesc
	qUpdateAccessList
	qUpdateName
	qUpdateSecrets
	qDeletePrincipal
	qDeleteMembers
	qDeleteUses
	qDeleteCredential
	qDeleteUse
	qAddUse
	qChainHead
	qInsertEvent
	qInsertCheckpoint
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
	principalColumns = `k.org_id, k.principal_id, k.public_key, k.descr, k.org_roles, k.access_list, k.created, k.project_roles`
	keyColumns       = principalColumns + `, k.private_tail, k.sealed_md5, k.sealed_sha256`
	accountColumns   = principalColumns + `, k.name, k.secrets`
	// The kinds of principals are ranges of their ids.
	isKey     = `principal_id < 'm'`
	isAccount = `principal_id >= 'm'`

	projectColumns = `p.org_id, p.project_id, p.name, p.created, p.tags, p.with_default_alerts, p.region`
	// typeList has room for latchkey.MaxFilterTypes types.
	typeList = `(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	// ofTypes and ofProjects choose events by what an index has: those of types,
	// and those of one project, or of none with those that a principal is in, of
	// all types or of some. Both end in a range of numbers.
	ofTypes    = `org_id = ? AND type IN ` + typeList + ` AND seq BETWEEN ? AND ?`
	ofProjects = `org_id = ? AND project_id IN (SELECT CAST(? AS TEXT) UNION ALL
			SELECT m.project_id FROM membership m WHERE m.org_id = ? AND m.principal_id = ?)
		AND (CAST(? AS INTEGER) = 0 OR type IN ` + typeList + `) AND seq BETWEEN ? AND ?`
	// seen chooses the same for a principal as ofProjects, by looking at every
	// event of the range.
	seen = `org_id = ? AND (project_id = '' OR EXISTS (SELECT 1 FROM membership m
			WHERE m.org_id = ? AND m.project_id = event.project_id AND m.principal_id = ?))
		AND (CAST(? AS INTEGER) = 0 OR type IN ` + typeList + `) AND seq BETWEEN ? AND ?`
	checkpointColumns = `org_id, seq, hash, previous, created, signer, signature`
	eventColumns      = `org_id, seq, event_id, created, type, source, operation, caller_id, caller_public_key,` +
		` remote_address, project_id, target_id, target_public_key, prev_hash, hash, payload`
)

// queries is every statement of this package but those of opening and
// migrating; it is only read.
var queries = [queryCount]query{
	qSecrets: {"Secrets", tables("credential principal"),
		`SELECT k.secrets FROM credential c JOIN principal k ON k.org_id = c.org_id AND k.principal_id = c.principal_id
		WHERE c.login >= ? AND c.login < ? LIMIT ?`},
	qCredential: {"Credential", tables("credential principal organization membership"),
		`SELECT c.login, k.org_id, k.principal_id, k.public_key, k.sealed_md5, k.sealed_sha256, k.secrets, k.org_roles, k.access_list,
			octet_length(k.project_roles) > 0, coalesce(m.roles, 0), o.access_list_required, o.epoch FROM credential c
		JOIN principal k ON k.org_id = c.org_id AND k.principal_id = c.principal_id
		JOIN organization o ON o.org_id = c.org_id
		LEFT JOIN membership m ON m.org_id = c.org_id AND m.project_id = ? AND m.principal_id = c.principal_id
		WHERE c.login = coalesce((SELECT min(login) FROM credential WHERE login >= ?),
			(SELECT min(login) FROM credential))`},
	qTokenRevoked: {"TokenRevoked", tables("revoked_token"),
		`SELECT count(*) FROM revoked_token WHERE org_id = ? AND token_hash = ?`},
	qNonceUsed: {"NonceUsed", tables("nonce_use"),
		`SELECT count(*) FROM nonce_use WHERE org_id = ? AND nonce = ? AND nc = ?`},
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
	qProjectsOf: {"ProjectsOf", tables("membership project"),
		`SELECT ` + projectColumns + ` FROM membership m
		JOIN project p ON p.org_id = m.org_id AND p.project_id = m.project_id
		WHERE m.org_id = ? AND m.principal_id = ? AND p.folded LIKE ? ESCAPE '!'
		ORDER BY m.project_id LIMIT ? OFFSET ?`},
	qProjectOfCount: {"ProjectOfCount", tables("membership project"),
		`SELECT count(*) FROM membership m
		JOIN project p ON p.org_id = m.org_id AND p.project_id = m.project_id
		WHERE m.org_id = ? AND m.principal_id = ? AND p.folded LIKE ? ESCAPE '!'`},
	qDeletedProject: {"DeletedProject", tables("deleted_project"),
		`SELECT org_id, project_id, deleted, deleted_by FROM deleted_project WHERE org_id = ? AND project_id = ?`},

	qPrincipal: {"Principal", tables("principal"),
		`SELECT ` + principalColumns + ` FROM principal k WHERE k.org_id = ? AND k.principal_id = ?`},
	qKey: {"Key", tables("principal"),
		`SELECT ` + keyColumns + ` FROM principal k WHERE k.org_id = ? AND k.principal_id = ? AND k.` + isKey},
	qKeys: {"Keys", tables("principal"),
		`SELECT ` + keyColumns + ` FROM principal k WHERE k.org_id = ? AND k.` + isKey + ` ORDER BY k.principal_id LIMIT ? OFFSET ?`},
	qKeyCount: {"KeyCount", tables("principal"),
		`SELECT count(*) FROM principal WHERE org_id = ? AND ` + isKey},
	qProjectKeys: {"ProjectKeys", tables("membership principal"),
		`SELECT ` + keyColumns + ` FROM membership m
		JOIN principal k ON k.org_id = m.org_id AND k.principal_id = m.principal_id
		WHERE m.org_id = ? AND m.project_id = ? AND m.` + isKey + ` ORDER BY m.principal_id LIMIT ? OFFSET ?`},
	qProjectKeyCount: {"ProjectKeyCount", tables("membership"),
		`SELECT count(*) FROM membership WHERE org_id = ? AND project_id = ? AND ` + isKey},
	qAccount: {"Account", tables("principal"),
		`SELECT ` + accountColumns + ` FROM principal k WHERE k.org_id = ? AND k.principal_id = ? AND k.` + isAccount},
	qAccounts: {"Accounts", tables("principal"),
		`SELECT ` + accountColumns + ` FROM principal k WHERE k.org_id = ? AND k.` + isAccount + ` ORDER BY k.principal_id LIMIT ? OFFSET ?`},
	qAccountCount: {"AccountCount", tables("principal"),
		`SELECT count(*) FROM principal WHERE org_id = ? AND ` + isAccount},
	qProjectAccounts: {"ProjectAccounts", tables("membership principal"),
		`SELECT ` + accountColumns + ` FROM membership m
		JOIN principal k ON k.org_id = m.org_id AND k.principal_id = m.principal_id
		WHERE m.org_id = ? AND m.project_id = ? AND m.` + isAccount + ` ORDER BY m.principal_id LIMIT ? OFFSET ?`},
	qProjectAccountCount: {"ProjectAccountCount", tables("membership"),
		`SELECT count(*) FROM membership WHERE org_id = ? AND project_id = ? AND ` + isAccount},
	qOwners: {"Owners", tables("principal"),
		`SELECT count(*) FROM principal WHERE org_id = ? AND owner = ? AND owner <> 0`},
	qMemberships: {"Memberships", tables("membership"),
		`SELECT project_id, roles FROM membership WHERE org_id = ? AND principal_id = ? ORDER BY project_id`},
	qUses: {"Uses", tables("principal_use"),
		`SELECT what, count, last_used, last_address FROM principal_use WHERE org_id = ? AND principal_id = ? ORDER BY what`},
	qUseOf: {"UseOf", tables("principal_use"),
		`SELECT what, count, last_used, last_address FROM principal_use WHERE org_id = ? AND principal_id = ? AND what = ?`},
	qEvents: {"Events", tables("event"),
		`SELECT ` + eventColumns + ` FROM event WHERE org_id = ? AND seq > ? ORDER BY seq LIMIT ?`},
	qEventTime: {"EventTime", tables("event"),
		`SELECT created FROM event WHERE org_id = ? AND seq = ?`},
	qEvent: {"Event", tables("event"),
		`SELECT ` + eventColumns + ` FROM event WHERE org_id = ? AND seq BETWEEN ? AND ? AND event_id = ?`},
	qEventRange: {"EventRange", tables("event"),
		`SELECT ` + eventColumns + ` FROM event WHERE org_id = ? AND seq BETWEEN ? AND ? ORDER BY seq DESC LIMIT ?`},
	qEventsOfTypes: {"EventsOfTypes", tables("event"), chosenEvents(ofTypes)},
	qEventsOfTypesCount: {"EventsOfTypesCount", tables("event"),
		`SELECT count(*) FROM event WHERE ` + ofTypes},
	qEventsOfProjects: {"EventsOfProjects", tables("event membership"), chosenEvents(ofProjects)},
	qEventsOfProjectsCount: {"EventsOfProjectsCount", tables("event membership"),
		`SELECT count(*) FROM event WHERE ` + ofProjects},
	qEventsSeen: {"EventsSeen", tables("event membership"),
		`SELECT ` + eventColumns + ` FROM event WHERE ` + seen + ` ORDER BY seq DESC LIMIT ? OFFSET ?`},
	qEventsSeenCount: {"EventsSeenCount", tables("event membership"),
		`SELECT count(*) FROM event WHERE ` + seen},
	qMembershipsOf: {"MembershipsOf", tables("membership"),
		`SELECT count(*) FROM membership WHERE org_id = ? AND principal_id = ?`},
	qCheckpoints: {"Checkpoints", tables("checkpoint"),
		`SELECT ` + checkpointColumns + ` FROM checkpoint WHERE org_id = ? AND seq > ? ORDER BY seq LIMIT ?`},
	qLastCheckpoint: {"LastCheckpoint", tables("checkpoint"),
		`SELECT ` + checkpointColumns + ` FROM checkpoint WHERE org_id = ? ORDER BY seq DESC LIMIT 1`},
	qWrappedKeys: {"WrappedKeys", tables("keyring"),
		`SELECT id, purpose, created, blob FROM keyring ORDER BY purpose, id`},

	qUseNonce: {"UseNonce", tables("nonce_use"),
		`INSERT INTO nonce_use (org_id, nonce, nc, expires) VALUES (?, ?, ?, ?) ON CONFLICT (org_id, nonce, nc) DO NOTHING`},
	qForgetNonces: {"ForgetNonces", tables("nonce_use"),
		`DELETE FROM nonce_use WHERE (org_id, nonce, nc) IN
		(SELECT org_id, nonce, nc FROM nonce_use WHERE expires < ? ORDER BY expires LIMIT ?)`},

	qRevokeToken: {"RevokeToken", tables("revoked_token"),
		`INSERT INTO revoked_token (org_id, token_hash, expires) VALUES (?, ?, ?) ON CONFLICT (org_id, token_hash) DO NOTHING`},
	qForgetTokens: {"ForgetTokens", tables("revoked_token"),
		`DELETE FROM revoked_token WHERE (org_id, token_hash) IN
		(SELECT org_id, token_hash FROM revoked_token WHERE expires < ? ORDER BY expires LIMIT ?)`},

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
	qRolesInProject: {"RolesInProject", tables("membership principal"),
		`SELECT k.principal_id, k.project_roles FROM membership m
		JOIN principal k ON k.org_id = m.org_id AND k.principal_id = m.principal_id
		WHERE m.org_id = ? AND m.project_id = ? AND m.principal_id > ? ORDER BY m.principal_id LIMIT ?`},
	qDeleteProject: {"DeleteProject", tables("project"),
		`DELETE FROM project WHERE org_id = ? AND project_id = ?`},
	qDeleteProjectMembers: {"DeleteProjectMembers", tables("membership"),
		`DELETE FROM membership WHERE org_id = ? AND project_id = ?`},
	qInsertDeletedProject: {"InsertDeletedProject", tables("deleted_project"),
		`INSERT INTO deleted_project (org_id, project_id, deleted, deleted_by) VALUES (?, ?, ?, ?)`},

	qInsertCredential: {"InsertCredential", tables("credential"),
		`INSERT INTO credential (login, org_id, principal_id) VALUES (?, ?, ?) ON CONFLICT (login) DO NOTHING`},
	qInsertPrincipal: {"InsertPrincipal", tables("principal"),
		`INSERT INTO principal (org_id, principal_id, public_key, name, descr, private_tail, sealed_md5, sealed_sha256, secrets,
		org_roles, owner, access_list, created, project_roles) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`},
	qSetMember: {"SetMember", tables("membership"),
		`INSERT INTO membership (org_id, project_id, principal_id, roles) VALUES (?, ?, ?, ?)
		ON CONFLICT (org_id, project_id, principal_id) DO UPDATE SET roles = excluded.roles`},
	qDeleteMember: {"DeleteMember", tables("membership"),
		`DELETE FROM membership WHERE org_id = ? AND project_id = ? AND principal_id = ?`},
	qUpdateOrgRoles: {"UpdateOrgRoles", tables("principal"),
		`UPDATE principal SET org_roles = ?, owner = ? WHERE org_id = ? AND principal_id = ?`},
	qUpdateProjectRoles: {"UpdateProjectRoles", tables("principal"),
		`UPDATE principal SET project_roles = ? WHERE org_id = ? AND principal_id = ?`},
	qUpdateDesc: {"UpdateDesc", tables("principal"),
		`UPDATE principal SET descr = ? WHERE org_id = ? AND principal_id = ?`},
	qUpdateAccessList: {"UpdateAccessList", tables("principal"),
		`UPDATE principal SET access_list = ? WHERE org_id = ? AND principal_id = ?`},
	qUpdateName: {"UpdateName", tables("principal"),
		`UPDATE principal SET name = ? WHERE org_id = ? AND principal_id = ?`},
	qUpdateSecrets: {"UpdateSecrets", tables("principal"),
		`UPDATE principal SET secrets = ? WHERE org_id = ? AND principal_id = ?`},
	qDeletePrincipal: {"DeletePrincipal", tables("principal"),
		`DELETE FROM principal WHERE org_id = ? AND principal_id = ?`},
	qDeleteMembers: {"DeleteMembers", tables("membership"),
		`DELETE FROM membership WHERE org_id = ? AND principal_id = ?`},
	qDeleteUses: {"DeleteUses", tables("principal_use"),
		`DELETE FROM principal_use WHERE org_id = ? AND principal_id = ?`},
	qDeleteCredential: {"DeleteCredential", tables("credential principal"),
		`DELETE FROM credential WHERE login = (SELECT CASE WHEN public_key = '' THEN principal_id ELSE public_key END
		FROM principal WHERE org_id = ? AND principal_id = ?)`},

	qDeleteUse: {"DeleteUse", tables("principal_use"),
		`DELETE FROM principal_use WHERE org_id = ? AND principal_id = ? AND what = ?`},
	qAddUse: {"AddUse", tables("principal_use principal"),
		`INSERT INTO principal_use (org_id, principal_id, what, count, last_used, last_address)
		SELECT k.org_id, k.principal_id, CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS TEXT)
		FROM principal k WHERE k.org_id = ? AND k.principal_id = ?
		ON CONFLICT (org_id, principal_id, what) DO UPDATE SET
			count = principal_use.count + excluded.count,
			last_address = CASE WHEN excluded.last_used >= principal_use.last_used
				THEN excluded.last_address ELSE principal_use.last_address END,
			last_used = CASE WHEN excluded.last_used >= principal_use.last_used
				THEN excluded.last_used ELSE principal_use.last_used END`},
	qChainHead: {"ChainHead", tables("event"),
		`SELECT seq, hash, created FROM event WHERE org_id = ? ORDER BY seq DESC LIMIT 1`},
	qInsertEvent: {"InsertEvent", tables("event"),
		`INSERT INTO event (` + eventColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`},
	qInsertCheckpoint: {"InsertCheckpoint", tables("checkpoint"),
		`INSERT INTO checkpoint (` + checkpointColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?)`},
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

// chosenEvents is the query for a page of the events that a condition chooses,
// newest first. Only those of the page are read whole: the others are looked at
// in the index of the condition, and not, for the order's sake, in the table.
func chosenEvents(condition string) string {
	return `SELECT ` + eventColumns + ` FROM event WHERE org_id = ? AND seq IN
		(SELECT seq FROM event WHERE ` + condition + ` ORDER BY -seq LIMIT ? OFFSET ?) ORDER BY seq DESC`
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
