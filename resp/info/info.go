// Package info tells what INFO and MEMORY STATS show of a server.
package info

import (
	"context"
	"fmt"
	"log/slog"
	"sort"
	"strings"
	"sync/atomic"
	"time"

	"larder/resp/access"
	"larder/resp/admission"
	"larder/resp/effects"
	"larder/resp/guard"
	"larder/resp/lua"
	"larder/resp/param"
	"larder/resp/snapshot"
	"larder/resp/stat"
	"larder/resp/table"
	"larder/store"
)

// Upkeep tells of the background work. For any goroutine.
type Upkeep interface {
	// Capped is the number of cycles whose time was over before all expired keys were removed, BusyMillis
	// the time all cycles took for them.
	Capped() int64
	BusyMillis() int64
	// ResetStats begins to count Capped and BusyMillis anew.
	ResetStats()
	// Overdue tells for how long the key that waits longest for its removal has been expired, 0 if none waits, and
	// about which part of the keys with an expiry waits.
	Overdue(context.Context) (lag time.Duration, stale float64, err error)
}

// Reporter knows all that INFO tells of. The fields are set once; its methods are for any goroutine.
type Reporter struct {
	Engine     store.Engine
	Params     *param.Set
	Log        *slog.Logger
	Stats      *stat.Server
	Observers  *effects.Observers
	Commands   *table.Table
	Budget     admission.Budget
	Upkeep     Upkeep
	Scripts    *lua.Engine
	Saving     *snapshot.Saver
	Traffic    *guard.Traffic
	Denials    *access.Log
	Clients    func() int   // that are connected
	Blocked    func() int64 // that wait
	Clustered  bool
	Supervisor string // see INFO's process_supervised
	RunID      string
	Databases  int

	peak  peak
	rates rates
	// evictedBefore is what CONFIG RESETSTAT has taken off evicted_keys.
	evictedBefore atomic.Int64
}

// Reset is CONFIG RESETSTAT.
func (r *Reporter) Reset() {
	r.Stats.Reset()
	evicted, _, _ := r.Budget.Evictions()
	r.evictedBefore.Store(evicted)
	r.Upkeep.ResetStats()
	r.Traffic.In.Store(0)
	r.Traffic.Out.Store(0)
	r.Commands.Each(func(e *table.Entry) { e.Stats.Reset() })
}

// Sample notes the rates of the last second: it is called once in each.
func (r *Reporter) Sample() {
	r.rates.sample(r.Stats.Commands.Load(), r.Traffic.In.Load(), r.Traffic.Out.Load())
}

// section is one part of INFO. write appends "field:value\r\n" lines.
type section struct {
	name string
	// byDefault: shown by a bare INFO; the others only by name, "all" and "everything".
	byDefault bool
	write     func(*Reporter, *text)
}

func sections() []section {
	return []section{
		{"Server", true, (*Reporter).infoServer},
		{"Clients", true, (*Reporter).infoClients},
		{"Memory", true, (*Reporter).infoMemory},
		{"Persistence", true, (*Reporter).infoPersistence},
		{"Stats", true, (*Reporter).infoStats},
		{"Replication", true, (*Reporter).infoReplication},
		{"CPU", true, (*Reporter).infoCPU},
		{"Modules", true, func(*Reporter, *text) {}},
		{"Commandstats", false, (*Reporter).infoCommands},
		{"Errorstats", true, (*Reporter).infoErrors},
		{"Latencystats", false, (*Reporter).infoLatency},
		{"Cluster", true, (*Reporter).infoCluster},
		{"Keyspace", true, (*Reporter).infoKeyspace},
		{"Larder", true, (*Reporter).infoLarder},
	}
}

// text collects the lines of INFO. For one call.
type text struct {
	strings.Builder
	sizes []store.Size // once a section has asked for them
}

func (t *text) line(field string, value any) { fmt.Fprintf(t, "%s:%v\r\n", field, value) }

// lines adds several fields: name, value, name, value.
func (t *text) lines(pairs ...any) {
	for i := 0; i+1 < len(pairs); i += 2 {
		fmt.Fprintf(t, "%s:%v\r\n", pairs[i], pairs[i+1])
	}
}

// Info is the text of INFO for the sections asked for, in the server's own order.
// https://redis.io/docs/latest/commands/info/
func (r *Reporter) Info(wanted []string) string {
	var t text
	for _, part := range sections() {
		if !part.asked(wanted) {
			continue
		}
		if t.Len() > 0 {
			t.WriteString("\r\n")
		}
		t.WriteString("# " + part.name + "\r\n")
		part.write(r, &t)
	}
	return t.String()
}

func (i *section) asked(wanted []string) bool {
	if len(wanted) == 0 {
		return i.byDefault
	}
	for _, w := range wanted {
		switch strings.ToLower(w) {
		case strings.ToLower(i.name), "everything":
			return true
		case "all":
			if i.name != "Modules" {
				return true
			}
		case "default":
			if i.byDefault {
				return true
			}
		}
	}
	return false
}

func (r *Reporter) infoCommands(t *text) {
	r.Commands.Each(func(e *table.Entry) {
		c := e.Stats
		calls, rejected, failed := c.Calls.Load(), c.Rejected.Load(), c.Failed.Load()
		if calls+rejected+failed == 0 {
			return
		}
		micros := c.Micros.Load()
		t.line("cmdstat_"+c.Name, fmt.Sprintf("calls=%d,usec=%d,usec_per_call=%.2f,rejected_calls=%d,failed_calls=%d",
			calls, micros, float64(micros)/float64(max(calls, 1)), rejected, failed))
	})
}

func (r *Reporter) infoErrors(t *text) {
	codes := r.Stats.Errors.Codes()
	names := make([]string, 0, len(codes))
	for c := range codes {
		names = append(names, c)
	}
	sort.Strings(names)
	for _, c := range names {
		t.line("errorstat_"+c, fmt.Sprintf("count=%d", codes[c]))
	}
}

func (r *Reporter) infoLatency(t *text) {
	percentiles := strings.Fields(r.Params.String("latency-tracking-info-percentiles"))
	r.Commands.Each(func(e *table.Entry) {
		if e.Stats.Latency.Total() > 0 {
			t.line("latency_percentiles_usec_"+e.Stats.Name, percentileWords(&e.Stats.Latency, percentiles))
		}
	})
}

func percentileWords(h *stat.Histogram, percentiles []string) string {
	words := make([]string, len(percentiles))
	for i, p := range percentiles {
		var percent float64
		fmt.Sscan(p, &percent)
		words[i] = fmt.Sprintf("p%s=%.3f", p, float64(h.Percentile(percent).Nanoseconds())/1000)
	}
	return strings.Join(words, ",")
}
