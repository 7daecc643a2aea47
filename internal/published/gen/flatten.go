package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/latchkey/latchkey/internal/published"
)

// schema is what the flattening reads of an OpenAPI schema.
type schema struct {
	Ref           string             `json:"$ref"`
	Type          string             `json:"type"`
	Nullable      bool               `json:"nullable"`
	ReadOnly      bool               `json:"readOnly"`
	WriteOnly     bool               `json:"writeOnly"`
	Properties    map[string]*schema `json:"properties"`
	Required      []string           `json:"required"`
	Items         *schema            `json:"items"`
	Enum          []any              `json:"enum"`
	AllOf         []*schema          `json:"allOf"`
	OneOf         []*schema          `json:"oneOf"`
	Additional    *schema            `json:"additionalProperties"`
	Discriminator *struct {
		Mapping map[string]string `json:"mapping"`
	} `json:"discriminator"`
}

func refName(ref string) string { return ref[strings.LastIndex(ref, "/")+1:] }

// node is a resolved schema.
type node struct {
	types               map[string]bool
	members             map[string]*node
	required            map[string]bool
	items, extra        *node
	readOnly, writeOnly bool
	open                bool
}

func newNode() *node {
	return &node{types: map[string]bool{}, members: map[string]*node{}, required: map[string]bool{}}
}

// schemas flattens every schema that an operation answers or asks for.
func (d *document) schemas(rows []published.OperationFacts) (published.SchemaFile, error) {
	file := published.SchemaFile{Responses: map[string][]published.Member{}, Requests: map[string][]published.Member{}}
	for _, row := range rows {
		for _, a := range row.Answers {
			if err := d.flatten(a.Schema, false, file.Responses); err != nil {
				return file, fmt.Errorf("%s: %w", row.ID, err)
			}
		}
		for _, r := range row.Requests {
			if err := d.flatten(r.Schema, true, file.Requests); err != nil {
				return file, fmt.Errorf("%s: %w", row.ID, err)
			}
		}
	}
	return file, nil
}

func (d *document) flatten(name string, request bool, into map[string][]published.Member) error {
	if _, done := into[name]; done || name == "" {
		return nil
	}
	elem, array := strings.CutPrefix(name, "[]")
	if d.Schemas[elem] == nil {
		return fmt.Errorf("no schema %q", elem)
	}
	n, err := d.resolve(&schema{Ref: elem}, nil, false)
	if err != nil {
		return err
	}
	if array {
		outer := newNode()
		outer.types["array"], outer.items = true, n
		n = outer
	}
	var members []published.Member
	emit(n, ".", false, request, &members)
	slices.SortFunc(members, func(a, b published.Member) int { return strings.Compare(a.Path, b.Path) })
	into[name] = members
	return nil
}

// resolve follows references and compositions. A reference back into the stack is cut: inside allOf it adds nothing
// (the schema extends the one that lists it), elsewhere it stands for an object nothing is published about.
func (d *document) resolve(s *schema, stack []string, inAllOf bool) (*node, error) {
	n := newNode()
	if s.Ref != "" {
		name := refName(s.Ref)
		if slices.Contains(stack, name) {
			n.types["object"], n.open = true, !inAllOf
			return n, nil
		}
		target := d.Schemas[name]
		if target == nil {
			return nil, fmt.Errorf("no schema %q", name)
		}
		return d.resolve(target, append(slices.Clone(stack), name), inAllOf)
	}
	n.readOnly, n.writeOnly = s.ReadOnly, s.WriteOnly
	if s.Type != "" {
		n.types[s.Type] = true
	}
	for name, member := range s.Properties {
		m, err := d.resolve(member, stack, false)
		if err != nil {
			return nil, err
		}
		m.readOnly = m.readOnly || member.ReadOnly
		n.members[name] = m
	}
	for _, name := range s.Required {
		n.required[name] = true
	}
	var err error
	if s.Items != nil {
		if n.items, err = d.resolve(s.Items, stack, false); err != nil {
			return nil, err
		}
	}
	if s.Additional != nil {
		if n.extra, err = d.resolve(s.Additional, stack, false); err != nil {
			return nil, err
		}
	}
	for _, part := range s.AllOf {
		p, err := d.resolve(part, stack, true)
		if err != nil {
			return nil, err
		}
		n.add(p)
	}
	choices := s.OneOf
	if choices == nil && s.Discriminator != nil {
		for _, ref := range slices.Sorted(maps.Values(s.Discriminator.Mapping)) {
			if d.Schemas[refName(ref)] == nil {
				n.open = true // the extract leaves this alternative out
				continue
			}
			choices = append(choices, &schema{Ref: ref})
		}
	}
	if err := d.choose(n, choices, stack); err != nil {
		return nil, err
	}
	switch {
	case len(n.types) == 0 && len(n.members) > 0:
		n.types["object"] = true
	case len(n.types) == 0:
		n.types["any"] = true
	}
	if s.Nullable {
		n.types["null"] = true
	}
	return n, nil
}

// choose adds alternatives to n: what any of them has may occur, only what all of them require is required.
func (d *document) choose(n *node, choices []*schema, stack []string) error {
	if len(choices) == 0 {
		return nil
	}
	var common map[string]bool
	for _, choice := range choices {
		c, err := d.resolve(choice, stack, false)
		if err != nil {
			return err
		}
		required := c.required
		c.required = map[string]bool{}
		n.add(c)
		if common == nil {
			common = required
		}
		maps.DeleteFunc(common, func(name string, _ bool) bool { return !required[name] })
	}
	maps.Copy(n.required, common)
	return nil
}

// add merges another description of the same value into n.
func (n *node) add(o *node) {
	maps.Copy(n.types, o.types)
	maps.Copy(n.required, o.required)
	n.open = n.open || o.open
	for name, member := range o.members {
		if have := n.members[name]; have != nil {
			have.add(member)
		} else {
			n.members[name] = member
		}
	}
	n.items = either(n.items, o.items)
	n.extra = either(n.extra, o.extra)
}

func either(a, b *node) *node {
	if a == nil {
		return b
	}
	if b != nil {
		a.add(b)
	}
	return a
}

// emit writes the members at and below path. What is only written is left out of answers; what is only read is kept
// in requests with its mark, and is never required there.
func emit(n *node, path string, required, request bool, out *[]published.Member) {
	if n.writeOnly && !request {
		return
	}
	m := published.Member{Path: path, Types: slices.Sorted(maps.Keys(n.types)), Open: n.open}
	m.Required = required && (!request || !n.readOnly)
	m.ReadOnly, m.WriteOnly = request && n.readOnly, request && n.writeOnly
	*out = append(*out, m)
	if request && n.readOnly {
		return
	}
	for name, member := range n.members {
		emit(member, published.JoinName(path, name), n.required[name], request, out)
	}
	if n.items != nil {
		emit(n.items, published.JoinElement(path), false, request, out)
	}
	if n.extra != nil {
		emit(n.extra, published.JoinName(path, "*"), false, request, out)
	}
}
