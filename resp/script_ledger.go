package resp

import (
	"context"
	"log/slog"
	"time"

	"larder/resp/cmd"
	"larder/resp/lua"
	"larder/resp/table"
)

// ledgerMax bounds what an attempt keeps for after its commit. A script that leaves more has
// it published on the way, and twice if that attempt turns out to be void.
const ledgerMax = 4096

// ledger is what the commands of a script leave to statistics, MONITOR and the log. It
// belongs to one attempt of a script until its commit.
type ledger struct {
	server *Server
	owner  *execution // whose command runs the script
	calls  []scriptCall
	logs   []scriptLog
	shown  []shownLine
	db     int // where those were looked for
	hits   int64
	misses int64
}

// scriptCall is a command that a script has called.
type scriptCall struct {
	entry    *table.Entry // nil for one that there is not
	took     time.Duration
	problem  string // the error it answered
	rejected bool   // it was not run
}

type scriptLog struct {
	level   int
	message string
}

type shownLine struct {
	db   int
	args [][]byte
}

func (l *ledger) clear() {
	clear(l.calls)
	clear(l.logs)
	clear(l.shown)
	l.calls, l.logs, l.shown = l.calls[:0], l.logs[:0], l.shown[:0]
	l.hits, l.misses = 0, 0
}

func (l *ledger) add(c scriptCall) {
	if l.calls = append(l.calls, c); len(l.calls) == ledgerMax {
		l.publish()
	}
}

func (l *ledger) ran(e *table.Entry, took time.Duration, problem string) {
	l.add(scriptCall{entry: e, took: took, problem: problem})
}

func (l *ledger) rejected(e *table.Entry, problem string) {
	l.add(scriptCall{entry: e, problem: problem, rejected: true})
}

func (l *ledger) log(level int, message string) {
	if l.logs = append(l.logs, scriptLog{level, message}); len(l.logs) == ledgerMax {
		l.publish()
	}
}

// show keeps a command for MONITOR. The words are the script's own copies.
func (l *ledger) show(spec *cmd.Spec, db int, args [][]byte) {
	if l.server.monitors.Active() && spec.Flags&(cmd.NoMonitor|cmd.Admin) == 0 {
		l.shown = append(l.shown, shownLine{db, public(spec, args)})
	}
}

// count takes over what a command's transaction has seen.
func (l *ledger) count(t *trackTx) {
	l.db, l.hits, l.misses = t.call.DB, l.hits+t.hits, l.misses+t.misses
}

// publish feeds the statistics, the monitors and the log, and begins afresh.
func (l *ledger) publish() {
	s := l.server
	s.show(l.owner, l.owner.DB)
	for i := range l.calls {
		s.noteScriptCall(&l.calls[i])
	}
	for _, line := range l.shown {
		s.monitors.Show(line.db, "lua", line.args)
	}
	for _, line := range l.logs {
		host{s}.LogScript(line.level, line.message)
	}
	s.stats.Hits.Add(l.hits)
	s.cache.counts.Looked(l.db, l.hits, l.misses)
	s.stats.Misses.Add(l.misses)
	l.clear()
}

func (s *Server) noteScriptCall(c *scriptCall) {
	if c.problem != "" {
		s.stats.Errors.Count(c.problem)
	}
	switch {
	case c.entry == nil:
	case c.rejected:
		c.entry.Stats.Rejected.Add(1)
	default:
		c.entry.Stats.Ran(c.took, c.problem != "", s.latencyTracking.Load())
	}
}

// LogScript writes a message of redis.log at the level that loglevel knows by the same name.
func (h host) LogScript(level int, message string) {
	levels := [...]slog.Level{lua.LogDebug: slog.LevelDebug, lua.LogVerbose: slog.LevelDebug + 2,
		lua.LogNotice: slog.LevelInfo, lua.LogWarning: slog.LevelWarn}
	h.log.Log(context.Background(), levels[level], message)
}
