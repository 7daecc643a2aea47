package reference

import (
	"fmt"
	"strings"

	"github.com/latchkey/latchkey/internal/wire"
)

// requestBody describes a body that is read.
func requestBody(body *wire.Body, g wire.Generation) string {
	s, where := body.Schema(g), "there"
	var b strings.Builder
	if s.Type == "array" {
		fmt.Fprintf(&b, "An array of objects, %s.\n\n", counted(s.MinItems, s.MaxItems, "element"))
		s, where = s.Items, "in each"
	}
	b.WriteString("| member | value | must be there | meaning |\n|---|---|---|---|\n")
	requestMembers(&b, s, "")
	if len(s.AnyOf) > 0 {
		fmt.Fprintf(&b, "\nAt least one of `%s` must be %s.\n", strings.Join(s.AnyOf, "`, `"), where)
	}
	return b.String()
}

func requestMembers(b *strings.Builder, s *wire.Schema, prefix string) {
	for _, p := range s.Properties {
		required, meaning := "", p.Schema.Description
		if p.Required {
			required = "yes"
		}
		if p.ReadOnly {
			meaning = strings.TrimSpace(meaning + " Taken without effect.")
		}
		fmt.Fprintf(b, "| `%s%s` | %s | %s | %s |\n", prefix, p.Name, facts(p.Schema), required, cell(meaning))
		switch {
		case p.Schema.Type == "object":
			requestMembers(b, p.Schema, prefix+p.Name+".")
		case p.Schema.Items != nil:
			requestMembers(b, p.Schema.Items, prefix+p.Name+"[].")
		}
	}
}

// answerSchema describes the body of an answer.
func answerSchema(s *wire.Schema) string {
	if s.MediaType != "" {
		return "Text, as `" + s.MediaType + "`.\n"
	}
	if len(s.Properties) == 0 {
		return "An object without members.\n"
	}
	var b strings.Builder
	if s.Description != "" {
		b.WriteString(s.Description + "\n\n")
	}
	b.WriteString("| member | value | always there |\n|---|---|---|\n")
	answerMembers(&b, s, "")
	return b.String()
}

func answerMembers(b *strings.Builder, s *wire.Schema, prefix string) {
	for _, p := range s.Properties {
		always := ""
		if p.Required {
			always = "yes"
		}
		fmt.Fprintf(b, "| `%s%s` | %s | %s |\n", prefix, p.Name, facts(p.Schema), always)
		switch {
		case p.Schema.Type == "object":
			answerMembers(b, p.Schema, prefix+p.Name+".")
		case p.Schema.Items != nil:
			answerMembers(b, p.Schema.Items, prefix+p.Name+"[].")
		}
	}
}

// facts says in few words what a value must be.
func facts(s *wire.Schema) string {
	var list []string
	add := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	switch {
	case s.Type == "":
		add("any")
	case s.Type == "array" && s.Items.Type != "":
		add("array of %ss", s.Items.Type)
		if s.MinItems > 0 || s.MaxItems > 0 {
			add("%s", counted(s.MinItems, s.MaxItems, "element"))
		}
		if len(s.Items.Enum) > 0 {
			add("each one of %s", quoted(s.Items.Enum))
		}
	default:
		add("%s", s.Type)
	}
	if s.Nullable {
		add("or null")
	}
	if s.Format != "" {
		add("%s", s.Format)
	}
	if s.MinLength > 0 || s.MaxLength > 0 {
		add("%s", counted(s.MinLength, s.MaxLength, "character"))
	}
	if s.Maximum != 0 {
		add("%d to %d", s.Minimum, s.Maximum)
	}
	if s.Pattern != "" {
		add("`%s`", s.Pattern)
	}
	if len(s.Enum) > 0 {
		add("one of %s", quoted(s.Enum))
	}
	if s.Default != "" {
		add("%s if absent", s.Default)
	}
	return cell(strings.Join(list, ", "))
}

func quoted(names []string) string { return "`" + strings.Join(names, "`, `") + "`" }

// counted says how many there may be; most is 0 where there is no limit.
func counted(least, most int, what string) string {
	switch {
	case most == 0:
		return fmt.Sprintf("at least %d %ss", least, what)
	case least == 0:
		return fmt.Sprintf("at most %d %ss", most, what)
	case least == most:
		return fmt.Sprintf("%d %ss", most, what)
	}
	return fmt.Sprintf("%d to %d %ss", least, most, what)
}

// cell makes text safe inside a table.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
