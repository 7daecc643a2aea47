package e2e

// pageOfEntries is how the provider asks for access lists of service accounts.
const pageOfEntries = "?includeCount=true&itemsPerPage=500&pageNum=1"

// Paths of the service account that a sequence made.
const (
	tfAccount        = "/orgs/{org}/serviceAccounts/{account}"
	tfProjectAccount = "/groups/{project}/serviceAccounts/{account}"
)

// tfNewAccount is the body with which the provider makes a service account.
func tfNewAccount(role string) string {
	return `{"description":"Example service account","name":"tf-account","roles":["` + role + `"],"secretExpiresAfterHours":2160}`
}

// terraformAccounts returns the resources that are service accounts or belong
// to one. The provider finds a secret again in the reads of its account only,
// so every read must have the secrets; it takes a read without members for one
// that found nothing, and a 404 for the end of a deletion.
func terraformAccounts() []tool {
	return []tool{
		terraform("mongodbatlas_service_account",
			step{"POST", "/orgs/{org}/serviceAccounts", tfNewAccount("ORG_READ_ONLY"), 201, "", "account=clientId"},
			step{"GET", tfAccount, "", 200, "", "secret=secrets.0.id"},
			step{"GET", tfAccount, "", 200, "", "masked=secrets.0.maskedSecretValue"},
			step{"GET", "/orgs/{org}/serviceAccounts?pageNum=1", "", 200, "", "listed=results.0.secrets.0.id"},
			step{"PATCH", tfAccount, `{"description":"Updated","name":"tf-renamed","roles":["ORG_READ_ONLY","ORG_MEMBER"]}`, 200, "", "secret=secrets.0.id"},
			step{"GET", tfAccount, "", 200, "", "secret=secrets.0.id"},
			step{"POST", "/orgs/{org}/serviceAccounts", tfNewAccount("INVALID_ROLE"), 400, "INVALID_ENUM_VALUE", ""},
			step{"POST", "/orgs/{org}/serviceAccounts", `{"description":"x","name":"x","roles":["ORG_MEMBER"],"secretExpiresAfterHours":7}`, 400, "VALIDATION_ERROR", ""},
			step{"DELETE", tfAccount, "", 204, "", ""},
			step{"GET", tfAccount, "", 404, "RESOURCE_NOT_FOUND", ""},
			step{"DELETE", tfAccount, "", 404, "RESOURCE_NOT_FOUND", ""},
			step{"GET", "/orgs/{org}/serviceAccounts/not-an-id", "", 400, "PATH_PARAM_PARSE_ERROR", ""},
		),
		terraform("mongodbatlas_service_account_secret",
			step{"POST", "/orgs/{org}/serviceAccounts", tfNewAccount("ORG_MEMBER"), 201, "", "account=clientId"},
			step{"POST", tfAccount + "/secrets", `{"secretExpiresAfterHours":48}`, 201, "", "clear=secret"},
			step{"GET", tfAccount, "", 200, "", "first=secrets.0.id"},
			step{"GET", tfAccount, "", 200, "", "second=secrets.1.id"},
			step{"DELETE", tfAccount + "/secrets/{second}", "", 204, "", ""},
			step{"GET", tfAccount, "", 200, "", "first=secrets.0.id"},
			step{"DELETE", tfAccount + "/secrets/{second}", "", 404, "RESOURCE_NOT_FOUND", ""},
			step{"DELETE", tfAccount, "", 204, "", ""},
			step{"POST", tfAccount + "/secrets", `{"secretExpiresAfterHours":48}`, 404, "RESOURCE_NOT_FOUND", ""},
		),
		terraform("mongodbatlas_service_account_access_list_entry",
			step{"POST", "/orgs/{org}/serviceAccounts", tfNewAccount("ORG_MEMBER"), 201, "", "account=clientId"},
			step{"POST", tfAccount + "/accessList" + pageOfEntries, `[{"ipAddress":"192.0.2.1"}]`, 200, "", "entry=results.0.cidrBlock"},
			step{"POST", tfAccount + "/accessList" + pageOfEntries, `[{"cidrBlock":"100.10.0.0/16"}]`, 200, "", ""},
			step{"GET", tfAccount + "/accessList" + pageOfEntries, "", 200, "", "second=results.1.cidrBlock"},
			step{"DELETE", tfAccount + "/accessList/100.10.0.0%2F16", "", 204, "", ""},
			step{"DELETE", tfAccount + "/accessList/100.10.0.0%2F16", "", 404, "RESOURCE_NOT_FOUND", ""},
			step{"DELETE", tfAccount + "/accessList/192.0.2.1", "", 204, "", ""},
			step{"GET", tfAccount + "/accessList" + pageOfEntries, "", 200, "", ""},
			step{"DELETE", tfAccount, "", 204, "", ""},
			step{"GET", tfAccount + "/accessList" + pageOfEntries, "", 404, "RESOURCE_NOT_FOUND", ""},
		),
		terraform("mongodbatlas_project_service_account",
			step{"POST", "/groups/{project}/serviceAccounts", tfNewAccount("GROUP_READ_ONLY"), 201, "", "account=clientId"},
			step{"GET", tfProjectAccount, "", 200, "", "secret=secrets.0.id"},
			step{"GET", "/groups/{project}/serviceAccounts?pageNum=1", "", 200, "", "listed=results.0.clientId"},
			step{"PATCH", tfProjectAccount, `{"description":"Updated","name":"tf-renamed","roles":["GROUP_OWNER","GROUP_READ_ONLY"]}`, 200, "", "role=roles.1"},
			step{"POST", tfProjectAccount + "/secrets", `{"secretExpiresAfterHours":48}`, 201, "", "second=id"},
			step{"GET", tfProjectAccount, "", 200, "", "second=secrets.1.id"},
			step{"DELETE", tfProjectAccount + "/secrets/{second}", "", 204, "", ""},
			step{"POST", tfProjectAccount + "/accessList" + pageOfEntries, `[{"cidrBlock":"100.10.0.0/16"}]`, 200, "", ""},
			step{"GET", tfProjectAccount + "/accessList" + pageOfEntries, "", 200, "", "entry=results.0.cidrBlock"},
			step{"DELETE", tfProjectAccount + "/accessList/100.10.0.0%2F16", "", 204, "", ""},
			step{"DELETE", tfProjectAccount, "", 204, "", ""},
			step{"GET", tfProjectAccount, "", 404, "RESOURCE_NOT_FOUND", ""},
			step{"DELETE", tfAccount, "", 204, "", ""},
			step{"DELETE", tfProjectAccount, "", 404, "RESOURCE_NOT_FOUND", ""},
		),
		terraform("mongodbatlas_service_account_project_assignment",
			step{"POST", "/orgs/{org}/serviceAccounts", tfNewAccount("ORG_MEMBER"), 201, "", "account=clientId"},
			step{"GET", tfProjectAccount, "", 404, "RESOURCE_NOT_FOUND", ""},
			step{"POST", tfProjectAccount + ":invite", `{"roles":["GROUP_READ_ONLY"]}`, 200, "", "role=roles.0"},
			step{"GET", tfProjectAccount, "", 200, "", "role=roles.0"},
			step{"GET", tfAccount + "/groups?pageNum=1", "", 200, "", "role=results.0.roles.0"},
			step{"GET", tfAccount + "/groups?pageNum=2", "", 200, "", ""},
			step{"POST", tfProjectAccount + ":invite", `{"roles":["GROUP_READ_ONLY"]}`, 409, "VALIDATION_ERROR", ""},
			step{"PATCH", tfProjectAccount, `{"roles":["GROUP_OWNER","GROUP_READ_ONLY"]}`, 200, "", "role=roles.1"},
			step{"GET", tfProjectAccount, "", 200, "", "role=roles.1"},
			step{"DELETE", tfProjectAccount, "", 204, "", ""},
			step{"GET", tfProjectAccount, "", 404, "RESOURCE_NOT_FOUND", ""},
			step{"GET", tfAccount, "", 200, "", "role=roles.0"},
			step{"DELETE", tfAccount, "", 204, "", ""},
			step{"GET", tfAccount + "/groups?pageNum=1", "", 404, "RESOURCE_NOT_FOUND", ""},
		),
	}
}
