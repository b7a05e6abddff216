package serve

import (
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"

	"larder/resp/param"
)

// newLog makes the structured log: `loglevel`, `logfile` or standard output, and syslog besides.
func newLog(params *param.Set, stdout io.Writer) (*slog.Logger, func(), error) {
	out, closeOut := stdout, func() {}
	if path := pathOf(params, "logfile"); path != "" {
		f := &logFile{path: path}
		if err := f.open(); err != nil {
			return nil, nil, param.CannotLog(err)
		}
		out, closeOut = f, f.close
	}
	level := new(slog.LevelVar)
	level.Set(logLevel(params.String("loglevel")))
	params.OnChange("loglevel", func(value string) error { level.Set(logLevel(value)); return nil })
	var handler slog.Handler = slog.NewTextHandler(out, &slog.HandlerOptions{Level: level})
	if params.Bool("syslog-enabled") {
		handler = slog.NewMultiHandler(handler, newSyslog(params, level))
	}
	return slog.New(handler), closeOut, nil
}

// logLevel maps Redis's levels: verbose lies between debug and info, nothing drops all.
func logLevel(name string) slog.Level {
	switch name {
	case "debug":
		return slog.LevelDebug
	case "verbose":
		return levelVerbose
	case "warning":
		return slog.LevelWarn
	case "nothing":
		return slog.LevelError + 4
	}
	return slog.LevelInfo
}

const levelVerbose = slog.LevelDebug + 2

// pathOf is the absolute path that a directive names, "" for none. A relative one may start in `dir`, which the
// engine would make only later; that it cannot be made is told by whoever opens the path.
func pathOf(params *param.Set, name string) string {
	path := params.Path(name)
	if path != "" && !filepath.IsAbs(params.String(name)) {
		_ = os.MkdirAll(params.String("dir"), 0o700)
	}
	return path
}

// logFile is `logfile`. Before each line it looks whether the file still has its name: logrotate moves it away and
// tells nobody, since Redis opens it for every line. The log's handler calls it from one goroutine at a time.
type logFile struct {
	path string
	file *os.File
	is   fs.FileInfo
}

// open opens the file of that name, and leaves everything as it is if that fails.
func (l *logFile) open() error {
	file, err := os.OpenFile(l.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	is, err := file.Stat()
	if err != nil {
		file.Close()
		return err
	}
	l.close()
	l.file, l.is = file, is
	// The last words of a process that dies of an error of its own go here too: in the background standard error is
	// lost. Where they cannot, the log is still a log.
	_ = debug.SetCrashOutput(file, debug.CrashOptions{})
	return nil
}

func (l *logFile) close() {
	if l.file != nil {
		l.file.Close()
	}
}

// Write appends to the file that has the name now. While none can be opened the old one gets the lines: Redis loses
// them.
func (l *logFile) Write(line []byte) (int, error) {
	if now, err := os.Stat(l.path); err != nil || !os.SameFile(now, l.is) {
		_ = l.open()
	}
	return l.file.Write(line)
}
