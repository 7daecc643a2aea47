package apitest

import (
	"strings"
	"testing"
)

// spellings are ways to write a path of the project {project} and the key
// {target} so that a careless router would read other ids, or the same.
func spellings() []string {
	good := "/groups/{project}/apiKeys/{target}"
	at := func(old, new string) string { return strings.Replace(good, old, new, 1) }
	return []string{
		good,
		"/groups/{otherProject}/../{project}/apiKeys/{target}", "/groups/{project}/../{otherProject}/apiKeys/{target}",
		"/groups/{second}/../{project}/apiKeys/{target}", "/groups/{project}/../{second}/apiKeys/{target}",
		"/groups/{second}/%2e%2e/{project}/apiKeys/{target}", "/groups/{project}/.%2E/{second}/apiKeys/{target}",
		"/groups/{second}%2F..%2F{project}/apiKeys/{target}", "/groups/{project}%2F..%2F{second}/apiKeys/{target}",
		"/groups/{project}/./apiKeys/{target}", "/groups/./{project}/apiKeys/{target}", "/groups/{project}/%2e/apiKeys/{target}",
		"/groups/{project}/apiKeys/./{target}", "/groups/{project}/apiKeys/../apiKeys/{target}", "/groups/{project}/apiKeys/{loose}/../{target}",
		"/./groups/{project}/apiKeys/{target}", "/x/../groups/{project}/apiKeys/{target}", "/../v2/groups/{project}/apiKeys/{target}",
		"//groups/{project}/apiKeys/{target}", "/groups//{project}/apiKeys/{target}", "/groups/{project}//apiKeys/{target}",
		"/groups/{project}/apiKeys//{target}", "/groups/{project}/apiKeys/{target}/", "/groups/{project}/apiKeys/{target}//", "/groups/{project}/apiKeys/{target}/.",
		"/groups/{project}/apiKeys/{target}/..", "/groups/{project}/apiKeys/{target}/x", "/groups/{project}/apiKeys/{target}%2F", "/groups/{project}/apiKeys%2F{target}",
		"/groups%2F{project}/apiKeys/{target}", "/groups/{project}%2FapiKeys/{target}", "/groups/%2F{project}/apiKeys/{target}",
		at("{target}", "{target};x=1"), at("{target}", ";{target}"), at("{target}", "{target}%3Bx"), at("{project}", "{project};{second}"),
		at("{target}", "{target}%00"), at("{target}", "%00{target}"), at("{target}", "{target}%0a"), at("{target}", "{target}%20"), at("{target}", "%20{target}"),
		at("{target}", "{target}+"), at("{target}", "{target}."), at("{target}", "{target}.json"), at("{target}", "{target}:verb"), at("{target}", "{target},{loose}"),
		at("{target}", "{target}%3F"), at("{target}", "{target}%23x"), at("{target}", "{target}%252F"), at("{target}", "%25%36%62"),
		at("{target}", "{target.percent}"), at("{project}", "{project.percent}"), at("{target}", "{target.double}"), at("apiKeys", "%61piKeys"), at("groups", "%67roups"),
		at("{target}", "{target.upper}"), at("{project}", "{project.upper}"), at("apiKeys", "apikeys"), at("groups", "Groups"), at("groups", "GROUPS"),
		at("{target}", "{target}\\..\\{loose}"), at("/apiKeys", "\\apiKeys"), at("{target}", "{target}%5C"), at("{target}", "{target}%ff"), at("{target}", "{target}%c0%af"),
		at("{target}", "{otherTarget}?apiUserId={target}"), at("{project}", "{second}?groupId={project}&x="), at("{target}", "{target}{target}"),
		at("{target}", "\u0430{target.tail}"), at("{target}", "{target.wide}"), at("{project}", "byName"), at("{target}", ""), at("{project}", ""),
	}
}

// TestPathSpellings: a spelling means the ids that it shows, or nothing. A
// caller that may act in one project only never acts in another, or on
// another key, whatever it writes.
func TestPathSpellings(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		target, project := w.names["target"], w.names["project"]
		w.names["target.percent"], w.names["project.percent"] = percent(target, "%"), percent(project, "%")
		w.names["target.double"] = percent(target, "%25")
		w.names["target.upper"], w.names["project.upper"] = strings.ToUpper(target), strings.ToUpper(project)
		w.names["target.tail"], w.names["target.wide"] = target[1:], strings.Map(func(r rune) rune { return r - '0' + '０' }, target[:8])+target[8:]
		if strings.ToUpper(target) == target || strings.ToUpper(project) == project {
			t.Skip("ids without letters")
		}
		served := 0
		for _, path := range spellings() {
			for _, c := range []struct{ call, body string }{
				{"PATCH ", `{"roles":["GROUP_OWNER","GROUP_READ_ONLY"]}`}, {"DELETE ", ""},
			} {
				before := w.dump()
				a := w.call("projectOwner", g.at(c.call+path), c.body)
				after := w.dump()
				meant := path == spellings()[0] || strings.Contains(path, ".percent}")
				switch {
				case a.status < 300 && !meant:
					t.Errorf("%s%s acted: %s", c.call, path, a)
				case a.status >= 300 && after != before:
					t.Errorf("%s%s was refused and changed the data: %s", c.call, path, a)
				case a.status >= 300 && a.status != 400 && a.status != 401 && a.status != 404 && a.status != 405:
					t.Errorf("%s%s: %s", c.call, path, a)
				case a.status < 300:
					served++
					w.onlyTarget(before, after)
				case meant:
					t.Errorf("%s%s names the key and was refused: %s", c.call, path, a)
				}
				if a.status < 300 {
					w.ok("owner", "PATCH /api/public/v1.0/groups/{project}/apiKeys/{target}", makeReader, 200)
				}
			}
		}
		if served != 6 {
			t.Errorf("%d calls were served, want 6", served)
		}
	})
}

// onlyTarget checks that of all keys and projects only the target's line and
// the audit chain differ.
func (w *world) onlyTarget(before, after string) {
	w.t.Helper()
	was := make(map[string]bool)
	for _, line := range strings.Split(before, "\n") {
		was[line] = true
	}
	for _, line := range strings.Split(after, "\n") {
		isKey := strings.Contains(line, "{ID:"+w.names["target"]+" ")
		isEvent := strings.Contains(line, " API_KEY_")
		if !was[line] && !isKey && !isEvent {
			w.t.Errorf("changed besides the target: %s", line)
		}
	}
}

// percent escapes every character.
func percent(text, sign string) string {
	const digits = "0123456789abcdef"
	var b strings.Builder
	for i := range len(text) {
		b.WriteString(sign)
		b.WriteByte(digits[text[i]>>4])
		b.WriteByte(digits[text[i]&15])
	}
	return b.String()
}
