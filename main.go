// Larder is a server that speaks the Redis protocol and keeps the data on disk.
package main

import (
	"os"

	"larder/cli"
)

func main() { os.Exit(cli.Run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
