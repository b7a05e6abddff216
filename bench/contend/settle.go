package contend

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"larder/bench/wire"
)

// lookEvery is the time over which the CPU of a server tells whether it is at rest.
const lookEvery = 150 * time.Millisecond

// WaitIdle waits, no longer than limit, until the server uses less than a tenth of a core or so: what a command left to
// do in the background is done, and its CPU can be billed to the command. With AwaitSettled the memtable is empty as
// well, and the logs are folded into the data files. It reports whether all that has come about.
func (s *Server) WaitIdle(limit time.Duration) bool {
	end := time.Now().Add(limit)
	if !s.rest(end) {
		return false
	}
	if !s.AwaitSettled || s.Kind.Fold == nil {
		return true
	}
	for time.Now().Before(end) && s.Alive() {
		folded, err := s.fold()
		if refused := wire.ServerError(""); errors.As(err, &refused) {
			return false // a server that does not know the command will not learn it
		}
		if folded {
			return s.rest(end)
		}
		time.Sleep(lookEvery)
	}
	return false
}

func (s *Server) rest(end time.Time) bool {
	for time.Now().Before(end) && s.Alive() {
		before := s.CPU()
		time.Sleep(lookEvery)
		if s.CPU()-before <= tick && (!s.AwaitSettled || s.settled()) {
			return true
		}
	}
	return false
}

// settled reports whether nothing lies in Larder's memtable: a second after the last write it begins to settle by
// itself, and would take the cores from whoever is measured next.
func (s *Server) settled() bool {
	if !s.Kind.Settles {
		return true
	}
	text, err := s.Info("larder")
	if err != nil {
		return false
	}
	for line := range strings.Lines(text) {
		if bytes, ok := strings.CutPrefix(line, "overlay_bytes:"); ok {
			n, err := strconv.ParseInt(strings.TrimSpace(bytes), 10, 64)
			return err == nil && n == 0
		}
	}
	return false
}

// fold has the server bring its logs into the data files now, which it would do on its own within a minute, and
// reports whether that was done. Of Larder nothing is believed: its logs are looked at.
func (s *Server) fold() (done bool, err error) {
	if _, err := wire.Once(s.Addr(), s.Kind.Fold...); err != nil {
		return false, err
	}
	return !s.Kind.Settles || checkpointed(s.data()), nil
}

// Offsets in the file that SQLite keeps beside a write-ahead log, in the machine's byte order ("WAL-Index Format" at
// sqlite.org/walformat.html): how many frames are in the log, and how many of them are in the database.
const (
	walFrames     = 16
	walBackfilled = 96
	walHeader     = walBackfilled + 4
)

// checkpointed reports whether every write-ahead log in the directory is in its database, to the last page.
func checkpointed(dir string) bool {
	paths, err := filepath.Glob(filepath.Join(dir, "*-shm"))
	if err != nil || len(paths) == 0 {
		return false
	}
	for _, path := range paths {
		index, err := os.ReadFile(path)
		if err != nil || len(index) < walHeader {
			return false
		}
		number := func(at int) uint32 { return binary.NativeEndian.Uint32(index[at:]) }
		if number(walFrames) != number(walBackfilled) {
			return false
		}
	}
	return true
}
