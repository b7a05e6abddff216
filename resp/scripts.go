package resp

import (
	"context"
	"log/slog"
	"time"

	"larder/resp/cmd"
	"larder/resp/cmd/scripts"
	"larder/resp/lua"
	"larder/resp/reply"
	"larder/resp/scripting"
	"larder/store"
)

// scripted reports whether the command runs a script.
func (e *execution) scripted() bool { return e.Spec.Has(cmd.Scripted) }

// prepareScript readies an execution whose command runs a script.
func (e *execution) prepareScript() {
	e.Owner = e
	e.job.Write = scripting.Writes(&e.Call)
	if e.script == nil {
		e.script = scripting.New(e.server.scripting, e, &e.Call)
	}
	e.script.Room = scripting.Room{}
}

// Session is the Owner of a script's commands.
func (e *execution) Session() any { return e.session }

// Engine is where a script has its transaction.
func (e *execution) Engine() store.Engine { return e.session.engine() }

// Vent publishes before the commit what may be of what a script leaves.
func (e *execution) Vent() {
	e.server.show(e, e.DB)
	e.server.observers.Vent(&e.Outcome)
}

// Script runs a plan in a transaction of its own, or in that of the EXEC around it.
func (h host) Script(c *cmd.Call, p *scripts.Plan) reply.Reply {
	e := c.Owner.(*execution)
	return e.script.Script(p, e.keys)
}

// scriptWithin runs a script inside the transaction of others. An error ends the attempt.
func (e *execution) scriptWithin(tx store.Tx) error {
	e.script.Begin()
	e.Tx = tx
	e.run()
	e.Tx = nil
	return e.script.Void()
}

// OverMemory reports whether there was no room for data, nor any to be made, when the script's command or
// the EXEC around it was about to run.
func (h host) OverMemory(c *cmd.Call) bool { return c.Owner.(*execution).script.Room.Full() }

// Busy is what commands are answered while a script is past its time.
func (h host) Busy() (text string, busy bool) {
	b, busy := h.scripts.Busy()
	if !busy {
		return "", false
	}
	return string(b.Fault()), true
}

// newScripts makes the engine of scripts with its limits as configured.
func (s *Server) newScripts(vault lua.Vault) error {
	var err error
	s.scripts, err = lua.New(lua.Limits{
		Memory:    int(s.params.Bytes("lua-memory-limit")),
		BusyAfter: func() time.Duration { return time.Duration(s.busyMillis.Load()) * time.Millisecond },
	}, vault)
	return err
}

// logScript writes a message of redis.log at the level that loglevel knows by the same name.
func (s *Server) logScript(m *cmd.Message) {
	levels := [...]slog.Level{lua.LogDebug: slog.LevelDebug, lua.LogVerbose: slog.LevelDebug + 2,
		lua.LogNotice: slog.LevelInfo, lua.LogWarning: slog.LevelWarn}
	s.log.Log(context.Background(), levels[m.Level], m.Text)
}

// LogScript is logScript for what a library logs while it is loaded.
func (h host) LogScript(level int, message string) {
	h.logScript(&cmd.Message{Level: level, Text: message})
}
