package cmd

import (
	"time"

	"larder/resp/reply"
	"larder/store"
)

// Block is what a blocking command waits for when it has found nothing. It is data.
type Block struct {
	// Keys are those whose change may let the command go on, and Type what they must then
	// hold: a key of another type leaves it waiting.
	Keys []store.Key
	Type store.Type
	// Limit is how long it waits at most, 0 for ever.
	Limit time.Duration
	// Resume, if set, runs in place of the command line when there is something: XREAD's $ is the
	// last id at the time when it began to wait.
	Resume [][]byte
	// Lost has the command run again, too, when one of the keys goes or holds another type: XREADGROUP then
	// answers an error.
	Lost bool
	// Again, if set, has the command run again after so long although there was no write, and after what that run
	// asks for: entries become old enough for XREADGROUP CLAIM without a write.
	Again time.Duration
}

// Await has the command wait, and run again when one of the keys is there. Where it must not,
// inside EXEC and scripts, nothing is the answer.
func (c *Call) Await(b Block, nothing reply.Reply) reply.Reply {
	if !c.Nested {
		c.Block = &b
	}
	return nothing
}
