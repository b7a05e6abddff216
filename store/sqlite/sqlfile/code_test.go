package sqlfile_test

import (
	"errors"
	"strings"
	"testing"

	"larder/store"
	"larder/store/sqlite/capi"
	"larder/store/sqlite/sqlfile"
)

// TestResultsAreSentences maps SQLite's results to codes and to sentences that name the file and what to do.
func TestResultsAreSentences(t *testing.T) {
	for _, c := range []struct {
		result int32
		code   store.Code
		says   string
	}{
		{capi.Full, store.CodeFull, "/d/shard.db has no space left: free some on its file system"},
		{capi.IOErrRead, store.CodeUnreadable, "/d/shard.db could not be read: its device fails"},
		{capi.IOErrCorruptFS, store.CodeUnreadable, "/d/shard.db could not be read: its device fails"},
		{capi.IOErrShortRead, store.CodeDamaged, "/d/shard.db is damaged: it is too short: stop the server and run larder check"},
		{capi.IOErrWrite, store.CodeIO, "/d/shard.db could not be written: its device fails"},
		{capi.IOErrFsync, store.CodeIO, "/d/shard.db could not be written: its device fails"},
		{capi.IOErr, store.CodeIO, "/d/shard.db could not be written: its device fails"},
		{capi.IOErrNoMem, store.CodeInternal, "/d/shard.db needs memory that is not there: lower cache-size"},
		{capi.NoMem, store.CodeInternal, "/d/shard.db needs memory that is not there: lower cache-size"},
		{capi.CantOpen, store.CodeIO, "/d/shard.db could not be opened: look at its permissions"},
		{capi.CantOpenIsDir, store.CodeIO, "/d/shard.db could not be opened: look at its permissions"},
		{capi.ReadOnly, store.CodeIO, "/d/shard.db may only be read: look at its permissions"},
		{capi.ReadOnlyDBMoved, store.CodeIO, "/d/shard.db may only be read: look at its permissions"},
		{capi.IOErrLock, store.CodeIO, "/d/shard.db could not be locked: put it on a local file system"},
		{capi.Busy, store.CodeInternal, "/d/shard.db is locked: end the other program"},
		{capi.Corrupt, store.CodeDamaged, "/d/shard.db is damaged: not readable as a database: stop the server and run larder check"},
		{capi.NotADB, store.CodeDamaged, "/d/shard.db is damaged: not readable as a database: stop the server and run larder check"},
	} {
		err := sqlfile.Fault("/d/shard.db", &capi.Error{Code: c.result, Message: "text"})
		if !errors.Is(err, &store.Error{Code: c.code}) || !strings.HasPrefix(err.Error(), c.says) {
			t.Errorf("result %d: %v", c.result, err)
		}
	}
}
