package guard

import "bytes"

// placeholder is what redcon reads where a held command stands: one empty argument. A client that sends just that is
// held too, so it cannot be forged.
const placeholder = "*1\r\n$0\r\n\r\n"

// Held reports whether args, read by redcon from a Conn, stand for a command that the Conn holds; see Conn.Args.
func Held(args [][]byte) bool {
	return len(args) == 1 && len(args[0]) == 0
}

// Args returns the arguments of a command that redcon has read from this connection: args itself or, where args are
// only a placeholder, the command that the guard holds back. It must be called once for each command, in the order of
// the pipeline, by the goroutine that runs redcon's handler; the caller owns the result.
func (c *Conn) Args(args [][]byte) [][]byte {
	if !Held(args) || len(c.held) == 0 {
		return args
	}
	args = c.held[0]
	c.held[0] = nil
	if c.held = c.held[1:]; len(c.held) == 0 {
		c.held = nil
	}
	return args
}

// hold takes the command at the head of the backlog out of it. No arguments mean an empty line; an error, quotes that
// do not match.
func (c *Conn) hold() ([][]byte, *ProtocolError) {
	f := &c.frame
	if f.verdict != inline {
		return splitBulks(c.backlog.take(f.size), int(f.count)), nil
	}
	args, ok := splitLine(c.backlog.bytes()[:f.size])
	if !ok {
		return nil, &ProtocolError{text: unbalancedQuotes}
	}
	c.backlog.drop(f.size)
	return args, nil
}

// splitBulks cuts a checked multibulk command into its arguments, which share its memory.
func splitBulks(raw []byte, count int) [][]byte {
	args := make([][]byte, count)
	at := bytes.IndexByte(raw, '\r') + 2
	for i := range args {
		size := 0
		for at++; raw[at] != '\r'; at++ {
			size = size*10 + int(raw[at]-'0')
		}
		at += 2
		args[i] = raw[at : at+size : at+size]
		at += size + 2
	}
	return args
}
