package acls

import (
	"strings"

	"larder/resp/access"
	"larder/resp/cmd"
	"larder/resp/reply"
)

// setUser closes subscribers who may not hear any more what they hear.
func (f *family) setUser(c *cmd.Call) reply.Reply {
	name, rules := string(c.Args[2]), make([]string, len(c.Args)-3)
	for i, a := range c.Args[3:] {
		rules[i] = string(a)
	}
	if err := f.host.Users().SetUser(name, rules); err != nil {
		return reply.Fail("ERR " + reply.Quote([]byte(err.Error())))
	}
	f.close(c, func(o *cmd.Client) bool { return o.Info().User == name && o.Overhears() })
	return reply.OK()
}

func (f *family) delUser(c *cmd.Call) reply.Reply {
	names := c.Args[2:]
	for _, name := range names {
		if string(name) == access.DefaultUser {
			return reply.Fail("ERR The 'default' user cannot be removed")
		}
	}
	gone := map[string]bool{}
	for _, name := range names {
		if f.host.Users().Delete(string(name)) {
			gone[string(name)] = true
		}
	}
	f.dismiss(c, func(user string) bool { return gone[user] })
	return reply.Integer(len(gone))
}

// dismiss closes the connections of users who are gone. The caller's own goes on as one that has not authenticated,
// for the rest of a transaction.
func (f *family) dismiss(c *cmd.Call, gone func(user string) bool) {
	f.close(c, func(o *cmd.Client) bool { return gone(o.Info().User) })
	if gone(c.Client.Info().User) {
		f.host.Dismiss(c)
	}
}

// close ends connections; the caller's own only after its reply.
func (f *family) close(c *cmd.Call, these func(*cmd.Client) bool) {
	for _, o := range f.host.Clients() {
		switch {
		case !these(o):
		case o == c.Client:
			o.Killed.Store(true)
		default:
			o.Kill()
		}
	}
}

func (f *family) getUser(c *cmd.Call) reply.Reply {
	u := f.host.Users().Find(string(c.Args[2]))
	if u == nil {
		return reply.Nil()
	}
	d := u.Describe()
	var others []reply.Reply
	for _, s := range d.Selectors[1:] {
		others = append(others, reply.MapOf(selector(s)...))
	}
	fields := []reply.Reply{reply.Text("flags"), reply.SetOf(texts(d.Flags)...), reply.Text("passwords"),
		reply.Texts(d.Passwords...)}
	fields = append(fields, selector(d.Selectors[0])...)
	return reply.MapOf(append(fields, reply.Text("selectors"), reply.Of(others...))...)
}

func selector(s access.SelectorDescription) []reply.Reply {
	return texts([]string{"commands", s.Commands, "keys", s.Keys, "channels", s.Channels})
}

func texts(words []string) []reply.Reply {
	list := make([]reply.Reply, len(words))
	for i, w := range words {
		list[i] = reply.Text(w)
	}
	return list
}

func (f *family) list(*cmd.Call) reply.Reply { return reply.Texts(f.host.Users().Lines()...) }

func (f *family) users(*cmd.Call) reply.Reply { return reply.Texts(f.host.Users().Names()...) }

func (f *family) whoAmI(c *cmd.Call) reply.Reply { return reply.Text(f.host.UserOf(c).Name()) }

// dryRun answers what a user would be told, and runs nothing.
func (f *family) dryRun(c *cmd.Call) reply.Reply {
	line := c.Args[3:]
	u := f.host.Users().Find(string(c.Args[2]))
	if u == nil {
		return reply.Failf("ERR User '%s' not found", c.Args[2])
	}
	spec, found := f.host.Find(line)
	switch {
	case !found:
		return reply.Failf("ERR Command '%s' not found", line[0])
	case !spec.Takes(len(line)):
		return reply.Fail("ERR wrong number of arguments for '" + spec.LowerName() + "' command")
	}
	if v := u.May(spec, line); v.Denial != access.Granted {
		return reply.Text(v.Detail(u.Name(), spec, line))
	}
	return reply.OK()
}

// cat names the categories, or the commands of one.
func (f *family) cat(c *cmd.Call) reply.Reply {
	switch len(c.Args) {
	case 2:
		return reply.Texts(access.Categories()...)
	case 3:
		names, known := f.host.Users().Catalog().Members(string(c.Args[2]))
		if !known {
			return reply.Fail("ERR Unknown category '" + reply.Quote(c.Args[2][:min(128, len(c.Args[2]))]) + "'")
		}
		return reply.Texts(names...)
	}
	return c.UnknownForm()
}

const noFile = "ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the " +
	"ACL SETUSER command " +
	"and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users in the " +
	"Redis configuration."

// load closes the connections of all users but default, as Redis 7.2 does: they were let in by rules that are gone.
func (f *family) load(c *cmd.Call) reply.Reply {
	path := f.params.Path("aclfile")
	if path == "" {
		return reply.Fail(noFile)
	}
	if err := f.host.Users().Load(path, f.params.String("aclfile")); err != nil {
		return reply.Fail("ERR " + reply.Quote([]byte(err.Error())))
	}
	f.dismiss(c, func(user string) bool { return user != access.DefaultUser })
	return reply.OK()
}

func (f *family) save(*cmd.Call) reply.Reply {
	path := f.params.Path("aclfile")
	if path == "" {
		return reply.Fail(noFile)
	}
	if err := f.host.Users().Save(path); err != nil {
		f.host.Log("ACL SAVE: " + err.Error())
		return reply.Fail("ERR There was an error trying to save the ACLs. Please check the server logs for more information")
	}
	return reply.OK()
}

func help(*cmd.Call) reply.Reply {
	return reply.Words(strings.Split(helpText, "\n")...)
}

const helpText = `ACL <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
CAT [<category>]
    List all commands that belong to <category>, or all command categories
    when no category is specified.
DELUSER <username> [<username> ...]
    Delete a list of users.
DRYRUN <username> <command> [<arg> ...]
    Returns whether the user can execute the given command without executing the command.
GETUSER <username>
    Get the user's details.
GENPASS [<bits>]
    Generate a secure 256-bit user password. The optional ` + "`bits`" + ` argument can
    be used to specify a different size.
LIST
    Show users details in config file format.
LOAD
    Reload users from the ACL file.
LOG [<count> | RESET]
    Show the ACL log entries.
SAVE
    Save the current config to the ACL file.
SETUSER <username> <attribute> [<attribute> ...]
    Create or modify a user with the specified attributes.
USERS
    List all the registered usernames.
WHOAMI
    Return the current connection username.
HELP
    Prints this help.`
