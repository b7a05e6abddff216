// Package cli finds the subcommand that a command line asks for. Each is a package below.
package cli

import (
	"fmt"
	"io"

	"larder/cli/check"
	"larder/cli/serve"
	"larder/resp/cmd"
)

// command is a subcommand: run takes the words behind its name and returns the exit status.
type command struct {
	name, summary string
	run           func(args []string, stdin io.Reader, stdout, stderr io.Writer) int
}

func commands() []command {
	return []command{
		{"serve", "serve clients; what no other name stands before is meant so, too", serve.Run},
		{"check", "look for damage in a data directory that no server uses", check.Run},
	}
}

// Run runs the subcommand that the words name, and serves if they name none, as redis-server does.
func Run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		return serve.Run(args, stdin, stdout, stderr)
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return c.run(args[1:], stdin, stdout, stderr)
		}
	}
	switch {
	case args[0] == "help":
		return help(args[1:], stdout, stderr)
	case len(args) > 1:
	case args[0] == "--help" || args[0] == "-h":
		return help(nil, stdout, stderr)
	case args[0] == "--version" || args[0] == "-v":
		fmt.Fprintf(stdout, "Larder server v=%s redis=%s\n", cmd.Version, cmd.RedisVersion)
		return 0
	}
	return serve.Run(args, stdin, stdout, stderr)
}

// help lists the subcommands, or shows how one is used.
func help(args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] != "--help" {
		for _, c := range commands() {
			if c.name == args[0] {
				return c.run([]string{"--help"}, nil, stdout, stderr)
			}
		}
		fmt.Fprintf(stderr, "larder: there is no subcommand %q, see larder help\n", args[0])
		return 1
	}
	fmt.Fprint(stdout, "Usage: larder [subcommand] [arguments]\n\n")
	for _, c := range commands() {
		fmt.Fprintf(stdout, "  %-8s%s\n", c.name, c.summary)
	}
	fmt.Fprint(stdout, "  help    show this, or how a subcommand is used: larder help NAME\n"+
		"\nlarder NAME --help says the same, and larder --version which one this is.\n")
	return 0
}
