package param

import "strings"

// commandLine is what the arguments of the program ask for.
type commandLine struct {
	file    string
	stdin   bool
	options string // as lines of a configuration file
}

// readArgs turns arguments into lines: "--name" begins a line, anything else is a quoted
// word of it. The word behind a lone "--name" is its value even if it begins with
// dashes, but for --save, where scripts that have nothing to save leave the value out.
func readArgs(args []string) commandLine {
	var c commandLine
	var b strings.Builder
	first := 0
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		c.file, first = args[0], 1
	}
	nameNext := true
	for i := first; i < len(args); i++ {
		arg := args[i]
		switch {
		case arg == "-" && (i == 0 || i == len(args)-1):
			c.stdin = true
		case nameNext && strings.HasPrefix(arg, "--"):
			if b.Len() > 0 {
				b.WriteByte('\n')
			}
			b.WriteString(arg[2:] + " ")
			words, ok := splitWords(arg)
			nameNext = !ok || len(words) != 1
			if strings.EqualFold(arg, "--save") && (i == len(args)-1 || strings.HasPrefix(args[i+1], "--")) {
				b.WriteString(`""`)
				nameNext = true
			}
		default:
			b.WriteString(quote(arg) + " ")
			nameNext = true
		}
	}
	c.options = b.String()
	return c
}
