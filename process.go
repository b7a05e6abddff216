package main

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strconv"
	"syscall"

	"larder/resp/param"
	"larder/store"
)

// newLog makes the structured log: `loglevel`, and `logfile` or standard output.
func newLog(params *param.Set, stdout io.Writer) (*slog.Logger, func(), error) {
	out, closeOut := stdout, func() {}
	if path := params.String("logfile"); path != "" {
		f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			return nil, nil, fmt.Errorf("the log file cannot be opened: %w", err)
		}
		out, closeOut = f, func() { f.Close() }
	}
	level := new(slog.LevelVar)
	level.Set(logLevel(params.String("loglevel")))
	params.OnChange("loglevel", func(value string) error { level.Set(logLevel(value)); return nil })
	return slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: level})), closeOut, nil
}

// logLevel maps Redis's levels: verbose lies between debug and info, nothing drops all.
func logLevel(name string) slog.Level {
	switch name {
	case "debug":
		return slog.LevelDebug
	case "verbose":
		return slog.LevelDebug + 2
	case "warning":
		return slog.LevelWarn
	case "nothing":
		return slog.LevelError + 4
	}
	return slog.LevelInfo
}

// writePid writes `pidfile` and returns what removes it. As in Redis, one that cannot be
// written is no reason not to serve.
func writePid(params *param.Set, log *slog.Logger) (remove func()) {
	path := params.String("pidfile")
	if path == "" {
		return func() {}
	}
	if err := os.WriteFile(path, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o644); err != nil {
		log.Warn("The pid file cannot be written", "error", err)
		return func() {}
	}
	return func() { os.Remove(path) }
}

// ownFiles is how many descriptors are kept for other things than clients: each shard's file,
// log and readers, the journal, listeners, temporary files of large replies.
func ownFiles(params *param.Set) uint64 { return 64 + 16*uint64(params.Int("shards")) }

// fitClients lowers `maxclients` to what the limit on open files allows, and refuses to
// raise it beyond. The Go runtime has raised the soft limit to the hard one.
func fitClients(params *param.Set, log *slog.Logger) {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return
	}
	most := max(limit.Max-min(limit.Max, ownFiles(params)), 1)
	if uint64(params.Int("maxclients")) > most {
		log.Warn("The limit on open files (ulimit -n) allows fewer clients than maxclients asks for", "files", limit.Max, "maxclients", most)
		if err := params.Assign("maxclients", strconv.FormatUint(most, 10)); err != nil {
			log.Error("maxclients stays as it was", "error", err)
		}
	}
	params.OnChange("maxclients", func(string) error {
		if uint64(params.Int("maxclients")) > most {
			return store.Invalid(fmt.Sprintf("The operating system is not able to handle the specified number of clients, try with %d", most))
		}
		return nil
	})
}

// notify tells systemd about the state, if `supervised` says so and it listens.
// https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html
func notify(params *param.Set, state string) {
	mode, path := params.String("supervised"), os.Getenv("NOTIFY_SOCKET")
	if path == "" || mode != "systemd" && mode != "auto" {
		return
	}
	conn, err := net.Dial("unixgram", path)
	if err != nil {
		return
	}
	defer conn.Close()
	io.WriteString(conn, state)
}
