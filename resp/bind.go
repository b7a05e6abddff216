package resp

import (
	"larder/resp/unread"
	"larder/store"
)

// bindParams makes the parameters take effect, now and whenever CONFIG SET changes one.
func (s *Server) bindParams() error {
	apply := map[string]func(){
		"slowlog-log-slower-than": func() { s.stats.Slow.ThresholdMicros.Store(s.params.Int("slowlog-log-slower-than")) },
		"slowlog-max-len":         func() { s.stats.Slow.MaxLen.Store(s.params.Int("slowlog-max-len")) },
		"busy-reply-threshold":    func() { s.busyMillis.Store(s.params.Int("busy-reply-threshold")) },
		"latency-monitor-threshold": func() {
			s.stats.Events.ThresholdMillis.Store(s.params.Int("latency-monitor-threshold"))
		},
		"tracking-table-max-keys": s.observers.Caches.Trim,
		"notify-keyspace-events":  func() { s.observers.Listen(s.params.String("notify-keyspace-events")) },
		"latency-tracking":        func() { s.observers.TimesCommands.Store(s.params.Bool("latency-tracking")) },
		"proto-max-bulk-len":      func() { s.guard.MaxBulk.Store(s.params.Bytes("proto-max-bulk-len")); s.setLimits() },
		"client-output-buffer-limit": func() {
			s.outputs.Store(&unread.Limits{Normal: s.params.OutputLimit("normal"), PubSub: s.params.OutputLimit("pubsub")})
		},
		"client-query-buffer-limit": func() { s.guard.QueryBuffer.Store(s.params.Bytes("client-query-buffer-limit")) },
	}
	tune := func() { s.observers.Recency.Tune(s.params.Int("lfu-log-factor"), s.params.Int("lfu-decay-time")) }
	apply["lfu-log-factor"], apply["lfu-decay-time"] = tune, tune
	apply["maxmemory-policy"] = func() {
		s.observers.Recency.PreferFrequent(host{s}.TracksFrequency())
		s.observers.Counts.SetPolicy(s.params.String("maxmemory-policy"))
	}
	for _, name := range limitParams() {
		apply[name] = s.setLimits
	}
	for name, fn := range apply {
		fn()
		s.params.OnChange(name, func(string) error { fn(); return nil })
	}
	return nil
}

// limitParams are the parameters that store.Limits is made of.
func limitParams() []string {
	return []string{"hash-max-listpack-entries", "hash-max-listpack-value", "set-max-intset-entries",
		"set-max-listpack-entries",
		"set-max-listpack-value", "zset-max-listpack-entries", "zset-max-listpack-value", "list-max-listpack-size",
		"stream-node-max-entries", "stream-idmp-duration", "stream-idmp-maxsize", "hll-sparse-max-bytes"}
}

// setLimits gives data types the encodings' limits as configured.
func (s *Server) setLimits() {
	params := s.params
	s.observers.Limits.Store(&store.Limits{
		HashMaxListpackEntries: int(params.Int("hash-max-listpack-entries")),
		HashMaxListpackValue:   int(params.Int("hash-max-listpack-value")),
		SetMaxIntsetEntries:    int(params.Int("set-max-intset-entries")),
		SetMaxListpackEntries:  int(params.Int("set-max-listpack-entries")),
		SetMaxListpackValue:    int(params.Int("set-max-listpack-value")),
		ZsetMaxListpackEntries: int(params.Int("zset-max-listpack-entries")),
		ZsetMaxListpackValue:   int(params.Int("zset-max-listpack-value")),
		ListMaxListpackSize:    int(params.Int("list-max-listpack-size")),
		HLLSparseMaxBytes:      int(params.Bytes("hll-sparse-max-bytes")),
		StreamIdmpDuration:     params.Int("stream-idmp-duration"), StreamIdmpMaxsize: params.Int("stream-idmp-maxsize"),
		StreamNodeMaxEntries: int(params.Int("stream-node-max-entries")), ProtoMaxBulkLen: params.Bytes("proto-max-bulk-len"),
	})
}
