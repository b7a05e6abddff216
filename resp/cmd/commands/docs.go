package commands

import (
	"strings"

	"larder/resp/cmd"
	"larder/resp/reply"
)

// document is one value of COMMAND DOCS.
// https://redis.io/docs/latest/commands/command-docs/
func document(spec *cmd.Spec) reply.Reply {
	fields := []reply.Reply{reply.Text("summary"), reply.Text(spec.Summary), reply.Text("since"), reply.Text(spec.Since),
		reply.Text("group"), reply.Text(spec.Group)}
	if spec.Complexity != "" {
		fields = append(fields, reply.Text("complexity"), reply.Text(spec.Complexity))
	}
	fields = append(fields, warnings(spec)...)
	if args := Arguments(spec); len(args) > 0 {
		fields = append(fields, reply.Text("arguments"), argumentList(args))
	}
	if len(spec.Subs) > 0 {
		var subs []reply.Reply
		for i := range spec.Subs {
			subs = append(subs, reply.Text(strings.ToLower(spec.Subs[i].FullName())), document(&spec.Subs[i]))
		}
		fields = append(fields, reply.Text("subcommands"), reply.MapOf(subs...))
	}
	return reply.MapOf(fields...)
}

// warnings are the fields that only discouraged commands have.
func warnings(spec *cmd.Spec) []reply.Reply {
	var flags, more []reply.Reply
	if spec.DeprecatedSince != "" {
		flags = append(flags, reply.Word("deprecated"))
		more = []reply.Reply{reply.Text("deprecated_since"), reply.Text(spec.DeprecatedSince),
			reply.Text("replaced_by"), reply.Text(spec.ReplacedBy)}
	}
	if spec.Has(cmd.Undocumented) {
		flags = append(flags, reply.Word("syscmd"))
	}
	if flags == nil {
		return nil
	}
	return append([]reply.Reply{reply.Text("doc_flags"), reply.SetOf(flags...)}, more...)
}

func argumentList(args []Argument) reply.Reply {
	list := make([]reply.Reply, len(args))
	for i, a := range args {
		list[i] = argumentMap(a)
	}
	return reply.Of(list...)
}

func argumentMap(a Argument) reply.Reply {
	fields := []reply.Reply{reply.Text("name"), reply.Text(a.Name), reply.Text("type"), reply.Text(a.Type)}
	if a.Type != "oneof" && a.Type != "block" {
		fields = append(fields, reply.Text("display_text"), reply.Text(a.Name))
	}
	if a.Type == "key" {
		fields = append(fields, reply.Text("key_spec_index"), reply.Integer(a.KeySpec))
	}
	if a.Token != "" {
		fields = append(fields, reply.Text("token"), reply.Text(a.Token))
	}
	var flags []reply.Reply
	if a.Optional {
		flags = append(flags, reply.Word("optional"))
	}
	if a.Multiple {
		flags = append(flags, reply.Word("multiple"))
	}
	if a.MultipleToken {
		flags = append(flags, reply.Word("multiple_token"))
	}
	if flags != nil {
		fields = append(fields, reply.Text("flags"), reply.SetOf(flags...))
	}
	if len(a.Parts) > 0 {
		fields = append(fields, reply.Text("arguments"), argumentList(a.Parts))
	}
	return reply.MapOf(fields...)
}
