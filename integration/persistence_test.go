package integration

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// infoField is a field of INFO as text.
func infoField(t *testing.T, c *conn, field string) string {
	t.Helper()
	for line := range strings.SplitSeq(c.must(t, "INFO", "persistence").text, "\r\n") {
		if text, ok := strings.CutPrefix(line, field+":"); ok {
			return text
		}
	}
	t.Fatal("INFO has no field " + field)
	return ""
}

// TestBackupAlertsAreQuiet: what monitoring programs look at says that every write is safe, however many there
// were and however long the server has been up.
func TestBackupAlertsAreQuiet(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	for _, args := range [][]string{{"--appendfsync", "always"}, {"--appendfsync", "everysec"}, {"--appendfsync", "no"}} {
		c := dial(t, startLarder(t, args...))
		for i := range 50 {
			c.must(t, "SET", fmt.Sprint("k", i), "v")
		}
		c.must(t, "EVAL", "return redis.call('set', KEYS[1], 'v')", "1", "k")
		if args[1] == "no" { // the others sync by themselves
			c.must(t, "WAITAOF", "1", "0", "0")
		}
		const changes = "rdb_changes_since_last_save"
		for deadline := time.Now().Add(20 * time.Second); infoNumber(t, c, changes) != 0; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%q: %s stays at %d", args, changes, infoNumber(t, c, changes))
			}
		}
		time.Sleep(1100 * time.Millisecond) // the second after the start
		before := time.Now().Unix()
		if at := infoNumber(t, c, "rdb_last_save_time"); at < before || at > time.Now().Unix() {
			t.Errorf("%q: rdb_last_save_time is %d, it is %d", args, at, before)
		}
		for field, want := range map[string]string{"rdb_last_bgsave_status": "ok", "aof_last_write_status": "ok",
			"aof_last_bgrewrite_status": "ok", "loading": "0", "rdb_bgsave_in_progress": "0",
			"aof_rewrite_in_progress": "0", "aof_enabled": "0"} {
			if got := infoField(t, c, field); got != want {
				t.Errorf("%q: %s is %s, want %s", args, field, got, want)
			}
		}
	}
}

// TestInfoWithAppendOnly: who has turned appendonly on finds the fields that Redis shows then.
func TestInfoWithAppendOnly(t *testing.T) {
	t.Parallel()
	p := startPair(t, "--appendonly", "yes")
	ours, theirs := dial(t, p.larder), dial(t, p.judge)
	ours.must(t, "SET", "k", "v")
	theirs.must(t, "SET", "k", "v")
	got, want := infoFields(ours.must(t, "INFO", "persistence").text), infoFields(theirs.must(t, "INFO", "persistence").text)
	for _, name := range sortedKeys(want) {
		if !got[name] {
			t.Errorf("INFO persistence has no %s", name)
		}
	}
	for _, field := range []string{"aof_enabled", "aof_last_write_status", "aof_pending_rewrite", "aof_delayed_fsync"} {
		if a, b := infoField(t, ours, field), infoField(t, theirs, field); a != b {
			t.Errorf("%s is %s, the judge has %s", field, a, b)
		}
	}
	if infoNumber(t, ours, "aof_current_size") == 0 {
		t.Error("aof_current_size is 0 after a write")
	}
	ours.must(t, "CONFIG", "SET", "appendonly", "no")
	if v := infoField(t, ours, "aof_enabled"); v != "0" {
		t.Errorf("aof_enabled is %s after CONFIG SET appendonly no", v)
	}
}
