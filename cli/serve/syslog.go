package serve

import (
	"context"
	"log/slog"
	"log/syslog"
	"strings"
	"sync"

	"larder/resp/param"
)

// syslogWriter sends lines to the system's log. As with the C library, it is no error that nobody listens there: such
// lines are lost, and the next one tries again.
type syslogWriter struct {
	dial func() (*syslog.Writer, error)

	mu    sync.Mutex // held by whoever writes a line, since level is the line's
	level slog.Level
	conn  *syslog.Writer // nil until somebody listens
}

// Write sends one line. The caller holds mu.
func (w *syslogWriter) Write(line []byte) (int, error) {
	if w.conn == nil {
		conn, err := w.dial()
		if err != nil {
			return 0, err
		}
		w.conn = conn
	}
	return len(line), w.send(string(line))
}

// send gives the line Redis's priority for its level.
func (w *syslogWriter) send(text string) error {
	switch {
	case w.level >= slog.LevelError:
		return w.conn.Err(text)
	case w.level >= slog.LevelWarn:
		return w.conn.Warning(text)
	case w.level >= slog.LevelInfo:
		return w.conn.Notice(text)
	case w.level >= levelVerbose:
		return w.conn.Info(text)
	}
	return w.conn.Debug(text)
}

// facility is the number of a word of `syslog-facility`.
func facility(word string) syslog.Priority {
	if number, found := strings.CutPrefix(word, "local"); found {
		return syslog.LOG_LOCAL0 + syslog.Priority(number[0]-'0')<<3
	}
	return syslog.LOG_USER
}

// newSyslog sends the log's lines to the system's log as well, as Redis does.
func newSyslog(params *param.Set, level slog.Leveler) slog.Handler {
	priority, ident := facility(params.String("syslog-facility")), params.String("syslog-ident")
	out := &syslogWriter{dial: func() (*syslog.Writer, error) { return syslog.New(priority, ident) }}
	return out.handler(level)
}

// handler gives the writer the lines of a log.
func (w *syslogWriter) handler(level slog.Leveler) slog.Handler {
	return syslogHandler{slog.NewTextHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: plain}), w}
}

// plain leaves out what each of syslog's lines has anyway.
func plain(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey) {
		return slog.Attr{}
	}
	return a
}

// syslogHandler tells the writer the level of what it is about to get.
type syslogHandler struct {
	slog.Handler
	out *syslogWriter
}

// Handle is slog.Handler's.
func (h syslogHandler) Handle(ctx context.Context, r slog.Record) error {
	h.out.mu.Lock()
	defer h.out.mu.Unlock()
	h.out.level = r.Level
	return h.Handler.Handle(ctx, r)
}

// WithAttrs is slog.Handler's.
func (h syslogHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return syslogHandler{h.Handler.WithAttrs(attrs), h.out}
}

// WithGroup is slog.Handler's.
func (h syslogHandler) WithGroup(name string) slog.Handler {
	return syslogHandler{h.Handler.WithGroup(name), h.out}
}
