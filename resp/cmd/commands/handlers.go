package commands

import (
	"bytes"
	"strings"

	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

func (f *family) count(*cmd.Call) reply.Reply { return reply.Integer(len(f.catalog.Rows())) }

func (f *family) all(*cmd.Call) reply.Reply {
	rows := f.catalog.Rows()
	infos := make([]reply.Reply, len(rows))
	for i := range rows {
		infos[i] = describe(&rows[i])
	}
	return reply.Of(infos...)
}

func (f *family) info(c *cmd.Call) reply.Reply {
	if len(c.Args) == 2 {
		return f.all(c)
	}
	infos := make([]reply.Reply, 0, len(c.Args)-2)
	for _, name := range c.Args[2:] {
		spec, found := f.named(name)
		if !found {
			infos = append(infos, reply.Nil())
			continue
		}
		infos = append(infos, describe(spec))
	}
	return reply.Of(infos...)
}

// named finds "get" and "config|get".
func (f *family) named(name []byte) (*cmd.Spec, bool) {
	container, sub, split := bytes.Cut(name, []byte("|"))
	if !split {
		return f.catalog.Find([][]byte{name})
	}
	spec, found := f.catalog.Find([][]byte{container, sub})
	return spec, found && spec.Parent != ""
}

func (f *family) docs(c *cmd.Call) reply.Reply {
	var pairs []reply.Reply
	add := func(spec *cmd.Spec) {
		pairs = append(pairs, reply.Text(strings.ToLower(spec.FullName())), document(spec))
	}
	if len(c.Args) == 2 {
		rows := f.catalog.Rows()
		for i := range rows {
			add(&rows[i])
		}
	}
	for _, name := range c.Args[2:] {
		if spec, found := f.named(name); found {
			add(spec)
		}
	}
	return reply.MapOf(pairs...)
}

// list names the commands and their subcommands.
func (f *family) list(c *cmd.Call) reply.Reply {
	s := c.Scan(2)
	keep := func(*cmd.Spec) bool { return true }
	if s.More() {
		switch {
		case !s.WordWith("FILTERBY", 2):
			s.Fail("syntax error")
		case s.Word("MODULE"):
			s.Bytes()
			keep = func(*cmd.Spec) bool { return false }
		case s.Word("ACLCAT"):
			category := "@" + strings.ToLower(s.String())
			keep = func(spec *cmd.Spec) bool { return belongs(spec, category) }
		case s.Word("PATTERN"):
			pattern := s.Bytes()
			keep = func(spec *cmd.Spec) bool { return store.Match(pattern, []byte(strings.ToLower(spec.FullName())), true) }
		default:
			s.Fail("syntax error")
		}
	}
	if err := s.End(); err != nil {
		return reply.Err(err)
	}
	var names []string
	rows := f.catalog.Rows()
	for i := range rows {
		names = appendNames(names, &rows[i], keep)
	}
	return reply.Texts(names...)
}

func appendNames(names []string, spec *cmd.Spec, keep func(*cmd.Spec) bool) []string {
	if keep(spec) {
		names = append(names, strings.ToLower(spec.FullName()))
	}
	for i := range spec.Subs {
		names = appendNames(names, &spec.Subs[i], keep)
	}
	return names
}

func (f *family) getKeys(c *cmd.Call) reply.Reply {
	return f.extract(c, func(key []byte, _ cmd.KeyFlags) reply.Reply { return reply.Bytes(key) })
}

func (f *family) getKeysAndFlags(c *cmd.Call) reply.Reply {
	return f.extract(c, func(key []byte, flags cmd.KeyFlags) reply.Reply {
		return reply.Of(reply.Bytes(key), reply.SetOf(flagWords(flags)...))
	})
}

func (f *family) extract(c *cmd.Call, show func([]byte, cmd.KeyFlags) reply.Reply) reply.Reply {
	line := c.Args[2:]
	spec, found := f.catalog.Find(line)
	switch {
	case !found:
		return reply.Fail("ERR Invalid command specified")
	case len(spec.Keys) == 0:
		return reply.Fail("ERR The command has no key arguments")
	case !spec.Takes(len(line)):
		return reply.Fail("ERR Invalid number of arguments specified for command")
	}
	var keys []reply.Reply
	for i := range spec.Keys {
		k := &spec.Keys[i]
		flags := k.Flags
		if flags&cmd.KeyVariable != 0 && spec.KeyUse != nil {
			flags = spec.KeyUse(line)
		}
		before := len(keys)
		fits := k.Each(line, func(at int) { keys = append(keys, show(line[at], flags)) })
		// A number of no keys, or one that does not fit, is for scripts alone, whatever keys stand elsewhere.
		if !spec.Has(cmd.NoMandatoryKeys) && (!fits || k.KeyNum && len(keys) == before) {
			return reply.Fail("ERR Invalid arguments specified for command")
		}
	}
	if spec.MoreKeys != nil {
		spec.MoreKeys(line, func(at int, flags cmd.KeyFlags) { keys = append(keys, show(line[at], flags)) })
	}
	if len(keys) == 0 && !spec.Has(cmd.NoMandatoryKeys) {
		return reply.Fail("ERR Invalid arguments specified for command")
	}
	return reply.Of(keys...)
}

func help(*cmd.Call) reply.Reply {
	return reply.Words(
		"COMMAND <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
		"(no subcommand)",
		"    Return details about all Redis commands.",
		"COUNT",
		"    Return the total number of commands in this Redis server.",
		"LIST",
		"    Return a list of all commands in this Redis server.",
		"INFO [<command-name> ...]",
		"    Return details about multiple Redis commands.",
		"    If no command names are given, documentation details for all",
		"    commands are returned.",
		"DOCS [<command-name> ...]",
		"    Return documentation details about multiple Redis commands.",
		"    If no command names are given, documentation details for all",
		"    commands are returned.",
		"GETKEYS <full-command>",
		"    Return the keys from a full Redis command.",
		"GETKEYSANDFLAGS <full-command>",
		"    Return the keys and the access flags from a full Redis command.",
		"HELP",
		"    Prints this help.",
	)
}
