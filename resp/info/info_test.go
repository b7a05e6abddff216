// INFO's text: its sections, what a monitoring program reads of safety and rates, and what CONFIG RESETSTAT clears.
package info

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"larder/resp/access"
	"larder/resp/admission"
	"larder/resp/broker"
	"larder/resp/cmd"
	"larder/resp/cmd/strs"
	"larder/resp/effects"
	"larder/resp/guard"
	"larder/resp/lua"
	"larder/resp/param"
	"larder/resp/snapshot"
	"larder/resp/stat"
	"larder/resp/table"
	"larder/resp/track"
	"larder/resp/waiting"
	"larder/store"
	"larder/store/memory"
)

// upkeep has removed keys too slowly.
type upkeep struct{ resets int }

func (*upkeep) Capped() int64     { return 7 }
func (*upkeep) BusyMillis() int64 { return 8 }
func (u *upkeep) ResetStats()     { u.resets++ }
func (*upkeep) Overdue(context.Context) (time.Duration, float64, error) {
	return 9 * time.Second, 0.25, nil
}

func newReporter(t *testing.T) (*Reporter, *upkeep) {
	scripts, err := lua.New(lua.Limits{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	e, work := memory.New(), &upkeep{}
	saver := &snapshot.Saver{Moment: func() uint64 { return 0 }}
	saver.Begin(time.Now())
	return &Reporter{
		Engine: e, Params: param.New(), Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Stats: &stat.Server{Started: time.Now()},
		Observers: &effects.Observers{Broker: broker.New(), Lines: waiting.NewLines(e, &waiting.Pause{}, nil, nil),
			Caches: track.NewTable(func(int64) *cmd.Client { return nil }, func() int { return 0 }, func() uint64 { return 0 })},
		Commands: table.New(strs.Table()), Budget: admission.Boundless(), Upkeep: work, Scripts: scripts, Saving: saver,
		Traffic: &guard.Traffic{}, Clients: func() int { return 3 }, Blocked: func() int64 { return 2 }, Databases: 16, Denials: &access.Log{},
	}, work
}

// field is a value of INFO.
func field(text, name string) string {
	_, rest, found := strings.Cut("\n"+text, "\n"+name+":")
	if !found {
		return "absent"
	}
	value, _, _ := strings.Cut(rest, "\r\n")
	return value
}

func TestSectionsAreShownAsTheyAreAskedFor(t *testing.T) {
	r, _ := newReporter(t)
	titles := func(wanted ...string) (all []string) {
		for line := range strings.SplitSeq(r.Info(wanted), "\r\n") {
			if title, found := strings.CutPrefix(line, "# "); found {
				all = append(all, title)
			} else if line != "" && !strings.Contains(line, ":") {
				t.Errorf("%q is no field", line)
			}
		}
		return all
	}
	if got := strings.Join(titles("KEYSPACE", "server", "nothing"), " "); got != "Server Keyspace" {
		t.Errorf("by name: %s", got)
	}
	bare, all, everything := titles(), titles("all"), titles("everything")
	if len(everything) != len(sections()) || len(all) != len(everything)-1 || len(bare) != len(everything)-2 {
		t.Errorf("%d sections: %d by default, %d of all, %d of everything", len(sections()), len(bare), len(all), len(everything))
	}
}

func TestFiguresAreThoseOfTheirSources(t *testing.T) {
	r, work := newReporter(t)
	get, _ := r.Commands.Find([][]byte{[]byte("GET"), nil})
	get.Stats.Ran(time.Millisecond, false, true)
	r.Stats.Hits.Add(5)
	r.Stats.Errors.Count("ERR x")
	text := r.Info([]string{"everything"})
	for name, want := range map[string]string{
		"connected_clients": "3", "blocked_clients": "2", "keyspace_hits": "5", "expired_time_cap_reached_count": "7",
		"expire_cycle_cpu_milliseconds": "8", "expired_stale_perc": "25.00", "expire_lag_milliseconds": "9000",
		"errorstat_ERR": "count=1", "cluster_enabled": "0", "redis_mode": "standalone",
		"cmdstat_get": "calls=1,usec=1000,usec_per_call=1000.00,rejected_calls=0,failed_calls=0",
	} {
		if got := field(text, name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	r.Traffic.In.Store(2048)
	r.Sample()
	if got := field(r.Info(nil), "instantaneous_input_kbps"); got != "2.00" {
		t.Errorf("%s KB came in", got)
	}
	r.Reset()
	r.Sample() // a total that shrank was reset
	text = r.Info([]string{"everything"})
	for name, want := range map[string]string{"keyspace_hits": "0", "cmdstat_get": "absent", "errorstat_ERR": "absent",
		"total_net_input_bytes": "0", "instantaneous_input_kbps": "0.00"} {
		if got := field(text, name); got != want {
			t.Errorf("after the reset %s is %s, want %s", name, got, want)
		}
	}
	if work.resets != 1 {
		t.Errorf("the background was reset %d times", work.resets)
	}
}

// What a crash could undo is that of the shard that is furthest behind.
func TestSafetyIsThatOfTheWorstShard(t *testing.T) {
	early, late := time.Now().Add(-time.Hour), time.Now().Add(-time.Minute)
	unsynced, at, failing := safety([]store.Size{
		{Unsynced: 2, SyncedAt: late.UnixMilli()}, {SyncedAt: 1}, {Unsynced: 1, SyncedAt: early.UnixMilli(), Failing: true},
	})
	if unsynced != 3 || at.UnixMilli() != early.UnixMilli() || !failing {
		t.Errorf("%d, %v, %v", unsynced, at, failing)
	}
	if unsynced, at, failing := safety([]store.Size{{SyncedAt: 1}}); unsynced != 0 || time.Since(at) > time.Hour || failing {
		t.Errorf("all is synced: %d, %v, %v", unsynced, at, failing)
	}
}

func TestBytesArePrintedAsRedisPrintsThem(t *testing.T) {
	for n, want := range map[int64]string{0: "0B", 1023: "1023B", 1536: "1.50K", 1 << 20: "1.00M", 3 << 30: "3.00G"} {
		if got := human(n); got != want {
			t.Errorf("%d is %s, want %s", n, got, want)
		}
	}
	if got := ratio(3, 0); got != "3.00" {
		t.Errorf("a part of nothing is %s", got)
	}
}

// The peak is the most that anybody has asked for, whatever comes afterwards.
func TestMemoryStatsRememberThePeak(t *testing.T) {
	r, _ := newReporter(t)
	r.peak.note(1 << 40)
	pairs, err := r.MemoryStats(context.Background())
	if err != nil || pairs[0].Text() != "peak.allocated" || pairs[1].Int() != 1<<40 {
		t.Errorf("%v, %v", err, pairs[:2])
	}
}
