// Packages turns Debian's package index into Redis commands, for redis-cli --pipe:
//
//	apt-cache dumpavail | go run ./integration/packages | redis-cli -p 6380 --pipe
//
// It makes a hash pkg:NAME of each package, a set section:NAME of the packages in each
// section, the sorted set by-size of all by installed size in KiB, the list names of all
// in the index's order, and a counter maintainer:NAME for each maintainer.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	n, err := convert(os.Stdin, out)
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "packages:", err)
		os.Exit(1)
	}
	fmt.Fprintln(os.Stderr, n, "packages")
}

// field is one line of a stanza, continuation lines joined to it.
type field struct{ name, value string }

// convert writes the commands for every stanza and returns how many packages it saw. The
// index may hold several versions of a package: the first counts.
func convert(in io.Reader, out io.Writer) (int, error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 16<<20)
	seen := map[string]bool{}
	var stanza []field
	flush := func() error {
		defer func() { stanza = nil }()
		name := value(stanza, "Package")
		if name == "" || seen[name] {
			return nil
		}
		seen[name] = true
		return write(out, name, stanza)
	}
	for lines.Scan() {
		line := lines.Text()
		switch {
		case line == "":
			if err := flush(); err != nil {
				return 0, err
			}
		case line[0] == ' ' && len(stanza) > 0:
			last := &stanza[len(stanza)-1]
			last.value += "\n" + line[1:]
		default:
			name, v, _ := strings.Cut(line, ":")
			stanza = append(stanza, field{name, strings.TrimSpace(v)})
		}
	}
	if err := flush(); err != nil {
		return 0, err
	}
	return len(seen), lines.Err()
}

func value(stanza []field, name string) string {
	for _, f := range stanza {
		if f.name == name {
			return f.value
		}
	}
	return ""
}

// write gives the commands of one package.
func write(out io.Writer, name string, stanza []field) error {
	hash := []string{"HSET", "pkg:" + name}
	for _, f := range stanza {
		hash = append(hash, f.name, f.value)
	}
	size := value(stanza, "Installed-Size")
	if size == "" {
		size = "0"
	}
	for _, words := range [][]string{
		hash,
		{"SADD", "section:" + value(stanza, "Section"), name},
		{"ZADD", "by-size", size, name},
		{"RPUSH", "names", name},
		{"INCR", "maintainer:" + value(stanza, "Maintainer")},
	} {
		if err := writeCommand(out, words); err != nil {
			return err
		}
	}
	return nil
}

func writeCommand(out io.Writer, words []string) error {
	if _, err := fmt.Fprintf(out, "*%d\r\n", len(words)); err != nil {
		return err
	}
	for _, w := range words {
		if _, err := fmt.Fprintf(out, "$%d\r\n%s\r\n", len(w), w); err != nil {
			return err
		}
	}
	return nil
}
