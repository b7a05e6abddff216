package info

import (
	"time"

	"larder/store"
)

// infoPersistence tells a monitoring program what it wants to know in Redis's words: how many writes a crash of the
// machine could undo, since when that is so, and whether writing fails. Where nobody has asked for RDB files, a figure
// that counted them would have every alert on backups go off; where somebody has, the figures are theirs.
func (r *Reporter) infoPersistence(t *text) {
	sizes := r.sizesFor(t)
	unsynced, safeAt, failing := safety(sizes)
	status := "ok"
	if failing {
		status = "err"
	}
	saved := status
	save := r.Saving.Status()
	changes, lastSave, current := unsynced, safeAt.Unix(), int64(-1)
	if r.Saving.Wanted() {
		changes, lastSave = int64(r.Saving.Moment()-save.Moment), save.Last.Unix()
		if save.Failed {
			saved = "err"
		}
	}
	if save.Running {
		current = int64(time.Since(save.Since).Seconds())
	}
	t.lines("loading", 0, "async_loading", 0, "current_cow_peak", 0, "current_cow_size", 0, "current_cow_size_age", 0,
		"current_fork_perc", "0.00",
		"current_save_keys_processed", save.Done, "current_save_keys_total", running(save.Running)*save.Total,
		"rdb_changes_since_last_save", changes,
		"rdb_bgsave_in_progress", running(save.Running), "rdb_last_save_time", lastSave, "rdb_last_bgsave_status", saved,
		"rdb_last_bgsave_time_sec", int64(max(save.Took, -time.Second).Seconds()),
		"rdb_current_bgsave_time_sec", current, "rdb_saves", save.Saves, "rdb_last_cow_size", 0,
		"rdb_last_load_keys_expired", 0, "rdb_last_load_keys_loaded", 0,
		"aof_enabled", r.Params.Int("appendonly"), "aof_rewrite_in_progress", 0, "aof_rewrite_scheduled", 0,
		"aof_last_rewrite_time_sec", -1,
		"aof_current_rewrite_time_sec", -1, "aof_last_bgrewrite_status", "ok", "aof_rewrites", 0,
		"aof_rewrites_consecutive_failures", 0,
		"aof_last_write_status", status, "aof_last_cow_size", 0, "module_fork_in_progress", 0, "module_fork_last_cow_size", 0)
	if r.Params.Bool("appendonly") {
		total := Sum(sizes)
		t.lines("aof_current_size", total.Journal+total.WAL, "aof_base_size", 0, "aof_pending_rewrite", 0,
			"aof_buffer_length", 0,
			"aof_pending_bio_fsync", min(unsynced, 1), "aof_delayed_fsync", 0)
	}
}

func running(is bool) int64 {
	if is {
		return 1
	}
	return 0
}

// safety tells how many groups of writes wait for an fsync, up to when everything is safe, which is now if nothing
// waits, and whether the last fsync has failed.
func safety(sizes []store.Size) (unsynced int64, safeAt time.Time, failing bool) {
	safeAt = time.Now()
	for _, size := range sizes {
		unsynced, failing = unsynced+size.Unsynced, failing || size.Failing
		if at := time.UnixMilli(size.SyncedAt); (size.Unsynced > 0 || size.Failing) && at.Before(safeAt) {
			safeAt = at
		}
	}
	return unsynced, safeAt, failing
}
