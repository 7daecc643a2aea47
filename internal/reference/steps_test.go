package reference_test

// step is one call of the run that is captured.
type step struct {
	operation string
	body      string            // {orgId} is filled in
	query     string            // with its question mark
	keep      string            // the path parameter that the id in the answer, or in its first result, is kept as
	values    map[string]string // path parameters from here on
}

// steps calls every operation once, in an order in which each finds what it
// needs. Generations skip what they have no row for.
var steps = []step{
	{operation: "getSystemStatus"},
	{operation: "getIpInfo"},
	{operation: "getServiceVersion"},
	{operation: "listControlPlaneIpAddresses"},
	{operation: "listOrgs"},
	{operation: "getOrg"},
	{operation: "updateOrg", body: `{"name":"Example organization"}`},
	{operation: "getOrgSettings"},
	{operation: "updateOrgSettings", body: `{"maxServiceAccountSecretValidityInHours":720,"securityContact":"security@example.com"}`},
	{operation: "createGroup", body: `{"name":"reports","orgId":"{orgId}","tags":[{"key":"environment","value":"staging"}]}`, keep: "groupId"},
	{operation: "listGroups"},
	{operation: "getOrgGroups"},
	{operation: "getGroup", values: map[string]string{"groupName": "reports"}},
	{operation: "getGroupByName"},
	{operation: "updateGroup", body: `{"tags":[{"key":"environment","value":"production"}]}`},
	{operation: "createOrgApiKey", body: `{"desc":"Deployment","roles":["ORG_MEMBER"]}`, keep: "apiUserId"},
	{operation: "listOrgApiKeys"},
	{operation: "getOrgApiKey"},
	{operation: "updateOrgApiKey", body: `{"desc":"Deployment pipeline","roles":["ORG_READ_ONLY"]}`},
	{operation: "createGroupApiKey", body: `{"desc":"Nightly backup","roles":["GROUP_BACKUP_MANAGER"]}`},
	{operation: "addGroupApiKey", body: `[{"roles":["GROUP_READ_ONLY"]}]`},
	{operation: "updateGroupApiKeyRoles", body: `{"roles":["GROUP_CLUSTER_MANAGER","GROUP_DATA_ACCESS_READ_ONLY"]}`},
	{operation: "listGroupApiKeys"},
	{operation: "removeGroupApiKey"},
	{operation: "createOrgApiKeyAccessListEntry", body: `[{"cidrBlock":"203.0.113.0/24"},{"ipAddress":"198.51.100.7"}]`,
		values: map[string]string{"ipAddress": "203.0.113.0%2F24"}},
	{operation: "listOrgApiKeyAccessListEntries"},
	{operation: "getOrgApiKeyAccessListEntry"},
	{operation: "deleteOrgApiKeyAccessListEntry"},
	{operation: "deleteOrgApiKey"},
	{operation: "createOrgServiceAccount", keep: "clientId",
		body: `{"name":"pipeline","description":"Deployment pipeline","roles":["ORG_MEMBER"],"secretExpiresAfterHours":720}`},
	{operation: "listOrgServiceAccounts"},
	{operation: "getOrgServiceAccount"},
	{operation: "updateOrgServiceAccount", body: `{"description":"Deployment pipeline of the web shop","roles":["ORG_READ_ONLY"]}`},
	{operation: "createOrgServiceAccountSecret", body: `{"secretExpiresAfterHours":48}`, keep: "secretId"},
	{operation: "deleteOrgServiceAccountSecret"},
	{operation: "createOrgServiceAccountAccessList", body: `[{"cidrBlock":"203.0.113.0/24"},{"ipAddress":"198.51.100.7"}]`,
		values: map[string]string{"ipAddress": "198.51.100.7"}},
	{operation: "listOrgServiceAccountAccessList"},
	{operation: "deleteOrgServiceAccountAccessListEntry"},
	{operation: "inviteGroupServiceAccount", body: `{"roles":["GROUP_READ_ONLY"]}`},
	{operation: "getOrgServiceAccountGroups"},
	{operation: "createGroupServiceAccount", keep: "clientId",
		body: `{"name":"nightly","description":"Nightly backup","roles":["GROUP_BACKUP_MANAGER"],"secretExpiresAfterHours":720}`},
	{operation: "listGroupServiceAccounts"},
	{operation: "getGroupServiceAccount"},
	{operation: "updateGroupServiceAccount", body: `{"roles":["GROUP_BACKUP_MANAGER","GROUP_DATA_ACCESS_READ_ONLY"]}`},
	{operation: "createGroupServiceAccountSecret", body: `{"secretExpiresAfterHours":48}`, keep: "secretId"},
	{operation: "deleteGroupServiceAccountSecret"},
	{operation: "createGroupServiceAccountAccessList", body: `[{"ipAddress":"198.51.100.7"}]`},
	{operation: "listGroupServiceAccountAccessList"},
	{operation: "deleteGroupServiceAccountAccessListEntry"},
	{operation: "deleteGroupServiceAccount"},
	{operation: "deleteOrgServiceAccount"},
	{operation: "listEventTypes", query: "?itemsPerPage=3"},
	{operation: "listGroupEvents", query: "?itemsPerPage=3", keep: "eventId"},
	{operation: "getGroupEvent"},
	{operation: "listOrgEvents", query: "?itemsPerPage=3&eventType=SERVICE_ACCOUNT_CREATED", keep: "eventId"},
	{operation: "getOrgEvent"},
	{operation: "listRateLimits", query: "?itemsPerPage=2", values: map[string]string{"endpointSetId": "rateLimitsInspection_user"}},
	{operation: "getRateLimit"},
	{operation: "deleteGroup"},
}
