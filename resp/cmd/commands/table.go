// Package commands holds the COMMAND container: the rows of all commands, described to clients.
package commands

import "larder/resp/cmd"

// Catalog is the table of rows as these commands read it. For any goroutine.
type Catalog interface {
	// Rows returns all commands, containers with their subcommands inside.
	Rows() []cmd.Spec
	// Find returns the row for a command line, nil and false if there is none. With
	// only a name it finds containers too; "config|get" finds a subcommand.
	Find(line [][]byte) (*cmd.Spec, bool)
}

type family struct{ catalog Catalog }

const quiet = cmd.Loading | cmd.Stale

// Table returns the rows of the family.
func Table(catalog Catalog) []cmd.Spec {
	f := &family{catalog}
	shuffled := []string{"nondeterministic_output_order"}
	return []cmd.Spec{{Name: "COMMAND", Arity: -1, Flags: quiet, Nests: true, Run: f.all,
		Group: "server", Since: "2.8.13", Tips: shuffled,
		Categories: []string{"@connection"},
		Summary:    "Returns detailed information about all commands.",
		Complexity: "O(N) where N is the total number of Redis commands",
		Subs: []cmd.Spec{
			{Name: "COUNT", Arity: 2, Flags: quiet, Run: f.count,
				Group: "server", Since: "2.8.13", Categories: []string{"@connection"},
				Summary: "Returns a count of commands.", Complexity: "O(1)"},
			{Name: "INFO", Arity: -2, Flags: quiet, Nests: true, Run: f.info,
				Group: "server", Since: "2.8.13", Usage: "[command-name [command-name ...]]",
				Tips: shuffled, Categories: []string{"@connection"},
				Summary:    "Returns information about one, multiple or all commands.",
				Complexity: "O(N) where N is the number of commands to look up"},
			{Name: "DOCS", Arity: -2, Flags: quiet, Nests: true, Run: f.docs,
				Group: "server", Since: "7.0.0", Usage: "[command-name [command-name ...]]",
				Tips: shuffled, Categories: []string{"@connection"},
				Summary:    "Returns documentary information about one, multiple or all commands.",
				Complexity: "O(N) where N is the number of commands to look up"},
			{Name: "LIST", Arity: -2, Flags: quiet, Run: f.list, Group: "server", Since: "7.0.0",
				Usage: "[FILTERBY <MODULE module-name | ACLCAT category | PATTERN pattern>]", Tips: shuffled,
				Categories: []string{"@connection"},
				Summary:    "Returns a list of command names.", Complexity: "O(N) where N is the total number of Redis commands"},
			{Name: "GETKEYS", Arity: -3, Flags: quiet, Run: f.getKeys,
				Group: "server", Since: "2.8.13", Usage: "command [arg [arg ...]]",
				Categories: []string{"@connection"},
				Summary:    "Extracts the key names from an arbitrary command.",
				Complexity: "O(N) where N is the number of arguments to the command"},
			{Name: "GETKEYSANDFLAGS", Arity: -3, Flags: quiet, Nests: true, Run: f.getKeysAndFlags,
				Group: "server", Since: "7.0.0", Usage: "command [arg [arg ...]]",
				Categories: []string{"@connection"},
				Summary:    "Extracts the key names and access flags for an arbitrary command.",
				Complexity: "O(N) where N is the number of arguments to the command"},
			{Name: "HELP", Arity: 2, Flags: quiet, Run: help,
				Group: "server", Since: "5.0.0", Categories: []string{"@connection"},
				Summary: "Returns helpful text about the different subcommands.", Complexity: "O(1)"},
		}}}
}
