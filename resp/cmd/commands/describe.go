package commands

import (
	"slices"
	"strings"

	"larder/resp/access"
	"larder/resp/cmd"
	"larder/resp/reply"
)

// word pairs a flag with its name in Redis's replies, in Redis's order.
type word[F ~uint16 | ~uint64] struct {
	flag F
	name string
}

func commandWords() []word[cmd.Flags] {
	return []word[cmd.Flags]{
		{cmd.Write, "write"}, {cmd.View, "readonly"}, {cmd.DenyOOM, "denyoom"}, {cmd.Admin, "admin"},
		{cmd.PubSub, "pubsub"}, {cmd.NoScript, "noscript"}, {cmd.Blocking, "blocking"}, {cmd.Loading, "loading"},
		{cmd.Stale, "stale"}, {cmd.NoMonitor, "skip_monitor"}, {cmd.NoSlowlog, "skip_slowlog"}, {cmd.Fast, "fast"},
		{cmd.NoAuth, "no_auth"}, {cmd.NoMandatoryKeys, "no_mandatory_keys"},
		{cmd.NoAsyncLoading, "no_async_loading"}, {cmd.NoMulti, "no_multi"}, {cmd.Asking, "asking"},
		{cmd.MovableKeys, "movablekeys"},
		{cmd.AllowBusy, "allow_busy"},
	}
}

func keyWords() []word[cmd.KeyFlags] {
	return []word[cmd.KeyFlags]{
		{cmd.KeyRO, "RO"}, {cmd.KeyRW, "RW"}, {cmd.KeyOW, "OW"}, {cmd.KeyRM, "RM"}, {cmd.KeyAccess, "access"},
		{cmd.KeyUpdate, "update"}, {cmd.KeyInsert, "insert"}, {cmd.KeyDelete, "delete"}, {cmd.KeyNotKey, "not_key"},
		{cmd.KeyIncomplete, "incomplete"}, {cmd.KeyVariable, "variable_flags"},
	}
}

func names[F ~uint16 | ~uint64](have F, words []word[F]) []reply.Reply {
	var list []reply.Reply
	for _, w := range words {
		if have&w.flag != 0 {
			list = append(list, reply.Word(w.name))
		}
	}
	return list
}

func flagWords(f cmd.KeyFlags) []reply.Reply { return names(f, keyWords()) }

// describe is one element of COMMAND INFO: ten fields, the last one for the subcommands.
// https://redis.io/docs/latest/commands/command/
func describe(spec *cmd.Spec) reply.Reply {
	first, last, step, movable := legacyRange(spec)
	flags := spec.Flags
	if movable {
		flags |= cmd.MovableKeys
	}
	var categories, tips, keys, subs []reply.Reply
	for _, c := range access.CategoriesOf(spec) {
		categories = append(categories, reply.Word(c))
	}
	for _, t := range spec.Tips {
		tips = append(tips, reply.Text(t))
	}
	for i := range spec.Keys {
		keys = append(keys, describeKeys(&spec.Keys[i]))
	}
	for i := range spec.Subs {
		subs = append(subs, describe(&spec.Subs[i]))
	}
	return reply.Of(reply.Text(strings.ToLower(spec.FullName())), reply.Integer(spec.Arity),
		reply.SetOf(names(flags, commandWords())...),
		reply.Integer(first), reply.Integer(last), reply.Integer(step),
		reply.SetOf(categories...), reply.SetOf(tips...), reply.SetOf(keys...), subcommands(subs))
}

// subcommands is an empty set for a command without any, as Redis has it.
func subcommands(subs []reply.Reply) reply.Reply {
	if len(subs) == 0 {
		return reply.SetOf()
	}
	return reply.Of(subs...)
}

func describeKeys(k *cmd.KeySpec) reply.Reply {
	begin := section("index", reply.Text("index"), reply.Integer(k.Index))
	find := section("range", reply.Text("lastkey"), reply.Integer(k.Last), reply.Text("keystep"), reply.Integer(k.Step),
		reply.Text("limit"), reply.Integer(k.Limit))
	switch {
	case k.Unknown:
		begin, find = section("unknown"), section("unknown")
	case k.Keyword != "":
		begin = section("keyword", reply.Text("keyword"), reply.Text(k.Keyword), reply.Text("startfrom"),
			reply.Integer(k.StartFrom))
	}
	if k.KeyNum {
		find = section("keynum", reply.Text("keynumidx"), reply.Integer(k.NumAt), reply.Text("firstkey"),
			reply.Integer(k.FirstAt),
			reply.Text("keystep"), reply.Integer(k.Step))
	}
	fields := []reply.Reply{reply.Text("flags"), reply.SetOf(flagWords(k.Flags)...), reply.Text("begin_search"), begin,
		reply.Text("find_keys"), find}
	if k.Notes != "" {
		fields = append([]reply.Reply{reply.Text("notes"), reply.Text(k.Notes)}, fields...)
	}
	return reply.MapOf(fields...)
}

func section(kind string, spec ...reply.Reply) reply.Reply {
	return reply.MapOf(reply.Text("type"), reply.Text(kind), reply.Text("spec"), reply.MapOf(spec...))
}

// legacyRange folds key specs into the first, last and step of old clients, by the rules
// of Redis's populateCommandLegacyRangeSpec: only adjoining plain ranges count, anything
// else makes the keys movable.
func legacyRange(spec *cmd.Spec) (first, last, step int, movable bool) {
	plain := func(k *cmd.KeySpec) bool { return !k.Unknown && !k.KeyNum && k.Keyword == "" }
	if len(spec.Keys) == 1 && plain(&spec.Keys[0]) {
		k := &spec.Keys[0]
		return k.Index, absolute(k), max(k.Step, 1), k.Flags&cmd.KeyIncomplete != 0
	}
	for i := range spec.Keys {
		k := &spec.Keys[i]
		if !plain(k) || k.Step > 1 || last != 0 && last != k.Index-1 {
			movable = true
			continue
		}
		movable = movable || k.Flags&cmd.KeyIncomplete != 0
		if first == 0 {
			first, step = k.Index, 1
		}
		last = absolute(k)
	}
	return first, last, step, movable
}

func absolute(k *cmd.KeySpec) int {
	if k.Last < 0 {
		return k.Last
	}
	return k.Index + k.Last
}

func belongs(spec *cmd.Spec, category string) bool {
	return slices.Contains(access.CategoriesOf(spec), category)
}
