package servers

import (
	"context"
	"errors"

	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/resp/snapshot"
)

const saveRunning = "ERR Background save already in progress"

// save answers when the RDB file is there. Redis's error has no text either: the log has the reason.
func (f *family) save(*cmd.Call) reply.Reply {
	switch err := f.host.Save(context.Background()); {
	case errors.Is(err, snapshot.ErrRunning):
		return reply.Fail(saveRunning)
	case err != nil:
		return reply.Fail("ERR")
	}
	return reply.OK()
}

// backgroundSave starts to write the RDB file. In EXEC it starts when that has committed, as in Redis, so that the file
// has what stands before it.
func (f *family) backgroundSave(c *cmd.Call) reply.Reply {
	s := c.Scan(1)
	if s.More() && (!s.Word("SCHEDULE") || s.More()) {
		return reply.Fail("ERR syntax error")
	}
	if c.Nested {
		if f.host.Saving() {
			return reply.Fail(saveRunning)
		}
		c.Later(func() { _ = f.host.StartSave() }) // what has begun since then is as new
		return reply.Word("Background saving scheduled")
	}
	if err := f.host.StartSave(); err != nil {
		return reply.Fail(saveRunning)
	}
	return reply.Word("Background saving started")
}

func (f *family) lastSave(*cmd.Call) reply.Reply { return reply.Integer(f.host.LastSave().Unix()) }

func (f *family) rewrite(c *cmd.Call) reply.Reply {
	return f.fold(c, reply.Word("Background append only file rewriting started"))
}

// fold makes all writes durable and folds the write-ahead logs. It waits for writers, so inside EXEC, which is
// one, it comes after the commit; there is nobody to tell then if it fails, but the upkeep will try again.
func (f *family) fold(c *cmd.Call, answer reply.Reply) reply.Reply {
	if c.Nested {
		c.Later(func() { _ = f.host.Flush(context.Background()) })
		return answer
	}
	if err := f.host.Flush(context.Background()); err != nil {
		return reply.Err(err)
	}
	return answer
}
