// Package acls holds ACL: users, their rights, and the record of what was denied.
package acls

import (
	"larder/resp/access"
	"larder/resp/cmd"
	"larder/resp/param"
)

// Host is what these commands need of the server. For any goroutine.
type Host interface {
	Users() *access.Users
	// Denials are what ACL LOG shows.
	Denials() *access.Log
	// UserOf is who the calling client is.
	UserOf(*cmd.Call) *access.User
	// Dismiss makes the calling client somebody who has not authenticated, as its user is gone; it is closed after its
	// reply.
	Dismiss(*cmd.Call)
	// Clients lists the connections, oldest first.
	Clients() []*cmd.Client
	// Find returns the row for a command line by the names that clients use.
	Find(line [][]byte) (*cmd.Spec, bool)
	// Log writes a warning.
	Log(message string)
}

// family carries the host to the handlers.
type family struct {
	host   Host
	params *param.Set
}

const (
	open  = cmd.NoScript | cmd.Loading | cmd.Stale
	admin = open | cmd.Admin
	users = "O(N). Where N is the number of configured users."
)

// Table returns the rows of the family.
func Table(host Host, params *param.Set) []cmd.Spec {
	f := &family{host, params}
	return []cmd.Spec{{Name: "ACL", Arity: -2, Group: "server", Since: "6.0.0",
		Summary:    "A container for Access List Control commands.",
		Complexity: "Depends on subcommand.", Subs: f.rows()}}
}

func (f *family) rows() []cmd.Spec {
	return []cmd.Spec{
		{Name: "CAT", Arity: -2, Flags: open, Run: f.cat, Group: "server", Since: "6.0.0", Usage: "[category]",
			Summary:    "Lists the ACL categories, or the commands inside a category.",
			Complexity: "O(1) since the categories and commands are a fixed set."},
		{Name: "DELUSER", Arity: -3, Flags: admin, Run: f.delUser,
			Group: "server", Since: "6.0.0", Usage: "username [username ...]",
			Summary:    "Deletes ACL users, and terminates their connections.",
			Complexity: "O(1) amortized time considering the typical user."},
		{Name: "DRYRUN", Arity: -4, Flags: admin, Run: f.dryRun,
			Group: "server", Since: "7.0.0", Usage: "username command [arg [arg ...]]",
			Summary: "Simulates the execution of a command by a user, without executing the command.", Complexity: "O(1)."},
		{Name: "GENPASS", Arity: -2, Flags: open, Run: genPass, Group: "server", Since: "6.0.0", Usage: "[bits]",
			Summary: "Generates a pseudorandom, secure password that can be used to identify ACL users.", Complexity: "O(1)"},
		{Name: "GETUSER", Arity: 3, Flags: admin, Nests: true, Run: f.getUser,
			Group: "server", Since: "6.0.0", Usage: "username",
			Summary:    "Lists the ACL rules of a user.",
			Complexity: "O(N). Where N is the number of password, command and pattern rules that the user has."},
		{Name: "LIST", Arity: 2, Flags: admin, Run: f.list, Group: "server", Since: "6.0.0",
			Summary: "Dumps the effective rules in ACL file format.", Complexity: users},
		{Name: "LOAD", Arity: 2, Flags: admin, Run: f.load, Group: "server", Since: "6.0.0",
			Summary: "Reloads the rules from the configured ACL file.", Complexity: users},
		{Name: "LOG", Arity: -2, Flags: admin, Nests: true, Run: f.log,
			Group: "server", Since: "6.0.0", Usage: "[count | RESET]",
			Summary:    "Lists recent security events generated due to ACL rules.",
			Complexity: "O(N) with N being the number of entries shown."},
		{Name: "SAVE", Arity: 2, Flags: admin, Run: f.save, Group: "server", Since: "6.0.0",
			Summary: "Saves the effective ACL rules in the configured ACL file.", Complexity: users},
		{Name: "SETUSER", Arity: -3, Flags: admin, Run: f.setUser, Secrets: secrets,
			Group: "server", Since: "6.0.0", Usage: "username [rule [rule ...]]",
			Summary:    "Creates and modifies an ACL user and its rules.",
			Complexity: "O(N). Where N is the number of rules provided."},
		{Name: "USERS", Arity: 2, Flags: admin, Run: f.users, Group: "server", Since: "6.0.0",
			Summary: "Lists all ACL users.", Complexity: users},
		{Name: "WHOAMI", Arity: 2, Flags: open, Run: f.whoAmI, Group: "server", Since: "6.0.0",
			Summary: "Returns the authenticated username of the current connection.", Complexity: "O(1)"},
		{Name: "HELP", Arity: 2, Flags: cmd.Loading | cmd.Stale, Run: help, Group: "server", Since: "6.0.0",
			Summary: "Returns helpful text about the different subcommands.", Complexity: "O(1)"},
	}
}

// secrets are all words of SETUSER, the user's name too, as in Redis.
func secrets(args [][]byte) (hidden []int) {
	for i := 2; i < len(args); i++ {
		hidden = append(hidden, i)
	}
	return hidden
}
