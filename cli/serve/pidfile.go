package serve

import (
	"log/slog"
	"os"
	"strconv"
	"strings"
)

// writePid writes the process's id over whatever another process has left. As in Redis, a file that cannot be written
// is no reason not to serve.
func writePid(path string, log *slog.Logger) {
	if path == "" {
		return
	}
	if err := os.WriteFile(path, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o644); err != nil {
		log.Warn("Failed to write the pid file", "error", err)
	}
}

// removePid removes the file if it still names this process: Redis removes a successor's too.
func removePid(path string) {
	if text, err := os.ReadFile(path); err == nil && strings.TrimSpace(string(text)) == strconv.Itoa(os.Getpid()) {
		os.Remove(path)
	}
}
