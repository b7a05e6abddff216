package info

import (
	"context"
	"fmt"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"

	"larder/resp/access"
	"larder/resp/broker"
	"larder/resp/cmd"
	"larder/resp/effects"
	"larder/store"
)

func (r *Reporter) infoServer(t *text) {
	up := int64(time.Since(r.Stats.Started).Seconds())
	executable, _ := os.Executable()
	t.lines("redis_version", cmd.RedisVersion, "redis_mode", r.Mode(), "larder_version", cmd.Version,
		"redis_git_sha1", "00000000", "redis_git_dirty", 0, "redis_build_id", buildID(),
		"os", runtime.GOOS+" "+runtime.GOARCH,
		"arch_bits", strconv.IntSize, "monotonic_clock", "go", "multiplexing_api", "go", "atomicvar_api", "go",
		"gcc_version", "0.0.0", "go_version", runtime.Version(), "process_id", os.Getpid(),
		"process_supervised", r.Supervisor,
		"run_id", r.RunID, "tcp_port", r.Params.Int("port"), "server_time_usec", time.Now().UnixMicro(),
		"uptime_in_seconds", up, "uptime_in_days", up/86400, "hz", r.Params.Int("hz"), "configured_hz", r.Params.Int("hz"),
		"lru_clock", time.Now().Unix()&(1<<24-1), "executable", executable, "config_file", r.Params.File(),
		"io_threads_active", 0)
	r.infoListeners(t)
}

// Mode is what Redis calls the ways a server can stand: alone, or in a cluster.
func (r *Reporter) Mode() string {
	if r.Clustered {
		return "cluster"
	}
	return "standalone"
}

func (r *Reporter) infoCluster(t *text) {
	enabled := 0
	if r.Clustered {
		enabled = 1
	}
	t.line("cluster_enabled", enabled)
}

func (r *Reporter) infoListeners(t *text) {
	n := 0
	if port, addrs := r.Params.Int("port"), r.Params.Strings("bind"); port != 0 && len(addrs) > 0 {
		t.line("listener0", fmt.Sprintf("name=tcp,bind=%s,port=%d", strings.Join(addrs, ",bind="), port))
		n++
	}
	if path := r.Params.String("unixsocket"); path != "" {
		t.line(fmt.Sprintf("listener%d", n), "name=unix,bind="+path)
	}
}

// buildID is the revision the binary was built from, 0 when it was not recorded.
func buildID() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				return setting.Value[:min(16, len(setting.Value))]
			}
		}
	}
	return "0"
}

func (r *Reporter) infoClients(t *text) {
	tracking, _, _, _ := r.Observers.Caches.Counts()
	awaited, loss := r.Observers.Lines.Count()
	t.lines("connected_clients", r.Clients(), "cluster_connections", 0, "maxclients", r.Params.Int("maxclients"),
		"client_recent_max_input_buffer", 0, "client_recent_max_output_buffer", 0, "blocked_clients", r.Blocked(),
		"tracking_clients", tracking,
		"clients_in_timeout_table", 0, "total_blocking_keys", awaited, "total_blocking_keys_on_nokey", loss)
}

func (r *Reporter) infoMemory(t *text) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	total := Sum(r.sizesFor(t))
	total.Data = r.dataBytes(total.Data)
	peak := r.peak.note(total.Data)
	resident := residentBytes()
	t.lines("used_memory", total.Data, "used_memory_human", human(total.Data), "used_memory_rss", resident,
		"used_memory_rss_human", human(resident),
		"used_memory_peak", peak, "used_memory_peak_human", human(peak),
		"used_memory_peak_perc", fmt.Sprintf("%.2f%%", 100*float64(total.Data)/float64(max(peak, 1))),
		"used_memory_overhead", m.HeapInuse, "used_memory_startup", 0, "used_memory_dataset", total.Data,
		"used_memory_dataset_perc", "100.00%",
		"total_system_memory", systemMemory(), "total_system_memory_human", human(systemMemory()))
	r.infoScripts(t)
	t.lines("maxmemory", r.Params.Int("maxmemory"), "maxmemory_human", human(r.Params.Int("maxmemory")),
		"maxmemory_policy", r.Params.String("maxmemory-policy"),
		"allocator_allocated", m.HeapAlloc, "allocator_active", m.HeapInuse, "allocator_resident", m.Sys-m.HeapReleased,
		"allocator_frag_ratio", ratio(m.HeapInuse, m.HeapAlloc), "allocator_frag_bytes", m.HeapInuse-m.HeapAlloc,
		"allocator_rss_ratio", ratio(m.Sys-m.HeapReleased, m.HeapInuse),
		"allocator_rss_bytes", m.Sys-m.HeapReleased-m.HeapInuse,
		"rss_overhead_ratio", ratio(uint64(resident), m.Sys-m.HeapReleased),
		"rss_overhead_bytes", resident-int64(m.Sys-m.HeapReleased),
		"mem_fragmentation_ratio", ratio(uint64(resident), uint64(total.Data)),
		"mem_fragmentation_bytes", resident-total.Data, "mem_not_counted_for_evict", 0,
		"mem_replication_backlog", 0, "mem_total_replication_buffers", 0, "mem_clients_slaves", 0, "mem_clients_normal", 0,
		"mem_cluster_links", 0, "mem_aof_buffer", 0, "mem_allocator", "go", "active_defrag_running", 0,
		"lazyfree_pending_objects", total.Orphans, "lazyfreed_objects", 0)
}

func (r *Reporter) infoStats(t *text) {
	st := r.Stats
	_, keys, items, prefixes := r.Observers.Caches.Counts()
	evicted, overTotal, overNow := r.Budget.Evictions()
	_, stale := r.overdue()
	t.lines("total_connections_received", st.Connections.Load(), "total_commands_processed", st.Commands.Load(),
		"instantaneous_ops_per_sec", r.rates.commands.Load(), "total_net_input_bytes", r.Traffic.In.Load(),
		"total_net_output_bytes", r.Traffic.Out.Load(),
		"total_net_repl_input_bytes", 0, "total_net_repl_output_bytes", 0,
		"instantaneous_input_kbps", kilobytes(&r.rates.bytesIn), "instantaneous_output_kbps", kilobytes(&r.rates.sent),
		"instantaneous_input_repl_kbps", "0.00", "instantaneous_output_repl_kbps", "0.00",
		"rejected_connections", st.Refused.Load(), "sync_full", 0, "sync_partial_ok", 0, "sync_partial_err", 0,
		"expired_subkeys", st.ExpiredFields.Load(), "expired_keys", st.Expired.Load(),
		"expired_stale_perc", fmt.Sprintf("%.2f", 100*stale), "expired_time_cap_reached_count", r.Upkeep.Capped(),
		"expire_cycle_cpu_milliseconds", r.Upkeep.BusyMillis(),
		"evicted_keys", evicted-r.evictedBefore.Load(), "evicted_clients", 0,
		"total_eviction_exceeded_time", overTotal.Milliseconds(), "current_eviction_exceeded_time", overNow.Milliseconds(),
		"keyspace_hits", st.Hits.Load(), "keyspace_misses", st.Misses.Load(),
		"pubsub_channels", r.Observers.Broker.Total(broker.Channels),
		"pubsub_patterns", r.Observers.Broker.Total(broker.Patterns),
		"pubsubshard_channels", r.Observers.Broker.Total(broker.ShardChannels),
		"latest_fork_usec", 0, "total_forks", 0, "migrate_cached_sockets", 0, "slave_expires_tracked_keys", 0,
		"active_defrag_hits", 0, "active_defrag_misses", 0, "active_defrag_key_hits", 0, "active_defrag_key_misses", 0,
		"total_active_defrag_time", 0, "current_active_defrag_time", 0, "tracking_total_keys", keys,
		"tracking_total_items", items, "tracking_total_prefixes", prefixes,
		"unexpected_error_replies", 0, "total_error_replies", st.Errors.Total(), "dump_payload_sanitizations", 0,
		"total_reads_processed", st.Commands.Load(), "total_writes_processed", st.Commands.Load(),
		"io_threaded_reads_processed", 0, "io_threaded_writes_processed", 0,
		"reply_buffer_shrinks", 0, "reply_buffer_expands", 0, "eventloop_cycles", 0, "eventloop_duration_sum", 0,
		"eventloop_duration_cmd_sum", 0,
		"instantaneous_eventloop_cycles_per_sec", 0, "instantaneous_eventloop_duration_usec", 0,
		"acl_access_denied_auth", r.Denials.Denied(access.DeniedAuth),
		"acl_access_denied_cmd", r.Denials.Denied(access.DeniedCommand),
		"acl_access_denied_key", r.Denials.Denied(access.DeniedKey),
		"acl_access_denied_channel", r.Denials.Denied(access.DeniedChannel))
	r.infoBlessed(t)
}

// overdue is how far the removal of expired keys is behind.
func (r *Reporter) overdue() (lag time.Duration, stale float64) {
	lag, stale, err := r.Upkeep.Overdue(context.Background())
	if err != nil {
		r.Log.Error("the expired keys cannot be looked for", "error", err)
	}
	return lag, stale
}

func (r *Reporter) infoReplication(t *text) {
	t.lines("role", "master", "connected_slaves", 0, "master_failover_state", "no-failover", "master_replid", r.RunID,
		"master_replid2", strings.Repeat("0", 40), "master_repl_offset", 0, "second_repl_offset", -1,
		"repl_backlog_active", 0,
		"repl_backlog_size", r.Params.Int("repl-backlog-size"), "repl_backlog_first_byte_offset", 0,
		"repl_backlog_histlen", 0)
}

func (r *Reporter) infoCPU(t *text) {
	var self, children syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &self)
	syscall.Getrusage(syscall.RUSAGE_CHILDREN, &children)
	t.lines("used_cpu_sys", seconds(self.Stime), "used_cpu_user", seconds(self.Utime),
		"used_cpu_sys_children", seconds(children.Stime), "used_cpu_user_children", seconds(children.Utime),
		"used_cpu_sys_main_thread", seconds(self.Stime), "used_cpu_user_main_thread", seconds(self.Utime))
}

func seconds(t syscall.Timeval) string { return fmt.Sprintf("%d.%06d", t.Sec, t.Usec) }

func (r *Reporter) infoKeyspace(t *text) {
	k, ok := r.Engine.(store.Keyspacer)
	if !ok {
		return
	}
	spaces, err := k.Keyspaces(context.Background())
	if err != nil {
		r.Log.Error("the key counts cannot be read", "error", err)
		return
	}
	for _, space := range spaces {
		if space.Keys > 0 {
			t.line(fmt.Sprintf("db%d", space.DB), fmt.Sprintf("keys=%d,expires=%d,avg_ttl=%d", space.Keys, space.Expires,
				space.AvgTTLMillis))
		}
	}
}

func (r *Reporter) infoLarder(t *text) {
	sizes := r.sizesFor(t)
	total := Sum(sizes)
	total.Data = r.dataBytes(total.Data)
	lag, _ := r.overdue()
	disk := r.DiskBytes(total)
	t.lines("shards", len(sizes), "used_disk", disk, "used_disk_human", human(disk),
		"data_bytes", total.Data, "file_bytes", total.File, "wal_bytes", total.WAL, "free_bytes", total.Free,
		"pending_ids", total.Orphans, "pending_bytes", total.Pending, "cache_bytes", total.CacheBytes,
		"overlay_bytes", total.Overlay, "journal_bytes", total.Journal,
		"cull_milliseconds", r.Budget.CullTime().Milliseconds(), "expire_lag_milliseconds", lag.Milliseconds(),
		"journal_appends", total.Appends, "journal_fsyncs", total.Syncs, "journal_fsync_usec", total.SyncMicros,
		"journal_settles", total.Settles, "journal_settle_usec", total.SettleMicros, "journal_stalls", total.Stalls,
		"journal_direct_transactions", total.Direct, "journal_staged_transactions", total.Staged)
	for i, size := range sizes {
		t.line(fmt.Sprintf("shard%d", i), fmt.Sprintf("file=%d,wal=%d,free=%d,keys=%d,expires=%d,data=%d,pending=%d",
			size.File, size.WAL, size.Free, size.Keys, size.Volatile, size.Data, size.Orphans))
	}
}

// Sizes are those of the shards, none if the engine does not tell.
func (r *Reporter) Sizes() []store.Size {
	sizer, ok := r.Engine.(store.Sizer)
	if !ok {
		return nil
	}
	sizes, err := sizer.Sizes(context.Background())
	if err != nil {
		r.Log.Error("the sizes cannot be read", "error", err)
	}
	return sizes
}

// DiskBytes is what the engine takes of the disk. One that does not know takes what its shards tell.
func (r *Reporter) DiskBytes(total store.Size) int64 {
	m, ok := r.Engine.(store.Measurer)
	if !ok {
		return total.File + total.WAL + total.Journal
	}
	n, err := m.DiskBytes()
	if err != nil {
		r.Log.Error("the data directory cannot be measured", "error", err)
	}
	return n
}

// sizesFor asks every shard once for a text.
func (r *Reporter) sizesFor(t *text) []store.Size {
	if t.sizes == nil {
		t.sizes = r.Sizes()
	}
	return t.sizes
}

// Sum adds up the sizes of shards.
func Sum(sizes []store.Size) store.Size {
	var total store.Size
	for _, size := range sizes {
		total.File += size.File
		total.WAL += size.WAL
		total.Free += size.Free
		total.Keys += size.Keys
		total.Volatile += size.Volatile
		total.Orphans += size.Orphans
		total.Pending += size.Pending
		total.Data += size.Data
		total.CacheBytes += size.CacheBytes
		total.Overlay += size.Overlay
		total.Journal += size.Journal
		total.Settles += size.Settles
		total.SettleMicros += size.SettleMicros
		total.Stalls += size.Stalls
		total.Direct += size.Direct
		total.Staged += size.Staged
		total.Appends += size.Appends
		total.Syncs += size.Syncs
		total.SyncMicros += size.SyncMicros
	}
	return total
}

// residentBytes is the process's resident memory by /proc, 0 where there is none.
func residentBytes() int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize())
}

func systemMemory() int64 {
	var info syscall.Sysinfo_t
	if syscall.Sysinfo(&info) != nil {
		return 0
	}
	return int64(info.Totalram) * int64(info.Unit)
}

// ratio prints part of whole as Redis prints its fragmentation ratios.
func ratio(whole, part uint64) string {
	return fmt.Sprintf("%.2f", float64(whole)/float64(max(part, 1)))
}

// human prints bytes as Redis's bytesToHuman does.
func human(n int64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%dB", n)
	case n < 1<<20:
		return fmt.Sprintf("%.2fK", float64(n)/(1<<10))
	case n < 1<<30:
		return fmt.Sprintf("%.2fM", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.2fG", float64(n)/(1<<30))
}

// infoBlessed counts the blessed keys, if there may be any: programs of 7.2 do not know the line.
func (r *Reporter) infoBlessed(t *text) {
	if !r.Observers.Blessed.Load() {
		return
	}
	if n, err := effects.CountBlessed(r.Engine, r.Databases, math.MaxInt); err == nil {
		t.lines("blessed_keys", n)
	}
}

// infoScripts are INFO's fields about scripts and functions, of the section on memory.
func (r *Reporter) infoScripts(t *text) {
	cached, source := r.Scripts.CachedScripts()
	libraries, functions := r.Scripts.Functions()
	code := 0
	for _, l := range r.Scripts.Libraries() {
		code += len(l.Code)
	}
	total := int64(source + code)
	t.lines("used_memory_lua", source, "used_memory_vm_eval", source, "used_memory_lua_human", human(int64(source)),
		"used_memory_scripts_eval", source, "number_of_cached_scripts", cached,
		"number_of_functions", functions, "number_of_libraries", libraries,
		"used_memory_vm_functions", code, "used_memory_vm_total", total,
		"used_memory_vm_total_human", human(total), "used_memory_functions", code, "used_memory_scripts", total,
		"used_memory_scripts_human", human(total))
}
