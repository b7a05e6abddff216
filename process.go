package main

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strconv"

	"larder/resp/param"
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

// writePid writes `pidfile` and returns what removes it.
func writePid(params *param.Set) (func(), error) {
	path := params.String("pidfile")
	if path == "" {
		return func() {}, nil
	}
	if err := os.WriteFile(path, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o644); err != nil {
		return nil, fmt.Errorf("the pid file cannot be written: %w", err)
	}
	return func() { os.Remove(path) }, nil
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
