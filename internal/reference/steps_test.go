package reference_test

// step is one call of the run that is captured.
type step struct {
	operation string
	body      string            // {orgId} is filled in
	keep      string            // the path parameter that the id in the answer is kept as
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
	{operation: "deleteGroup"},
}
