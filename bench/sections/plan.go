package sections

import (
	"fmt"
	"time"
)

// Plan is how much a run measures. Seconds are per slice: one contender, one row, one round.
type Plan struct {
	Mode   string
	Keys   int           // of the preloaded key space
	Expire int           // keys whose time passes in the same second
	Rounds int           // at least three, for the medians
	Budget time.Duration // of the whole run; slices of the core table shrink to keep to it. 0: none
	Settle bool          // a slice ends when what it wrote has settled
	Core   CorePlan
	Zipf   float64 // seconds
	Reads  float64 // seconds
	Mixed  MixedPlan
	Growth GrowthPlan
	Larger LargerPlan
	Huge   HugePlan
	Shards ShardsPlan
	Cold   ColdPlan
	Points int // of the geo set
}

// ShardsPlan is the size of what moves from shard to shard; the sections small, beside and families are as long.
type ShardsPlan struct {
	Seconds float64
	Members int // of the large set
	Moves   int // of the large set in a slice, at most
}

// ColdPlan: Ops commands, each on another one of Keys keys of a kind. They are few, since every page that one of them
// brings in holds the rows of others.
type ColdPlan struct {
	Keys, Ops int
	Seconds   float64
}

// CorePlan is the size of the core table.
type CorePlan struct {
	Single, Piped []string // commands with 50 clients, without and with -P 16
	Everybody     bool     // all contenders in all rows; otherwise the fsync modes meet in SET and GET alone
	Steady        float64  // seconds of SET and INCR for the pairs the targets compare
	Write         float64  // seconds of the pair's other writes
	Read          float64
	Other         float64 // seconds for everybody else
	MaxItems      int     // a list or set that a row would grow beyond this is made anew
}

// MixedPlan follows DiskCache's own benchmark.
type MixedPlan struct {
	Ops   int // of each process
	Procs []int
}

// GrowthPlan lists the numbers of keys and the seconds of each GET and SET slice.
type GrowthPlan struct {
	Sizes   []int
	Seconds float64
}

// LargerPlan is data that does not fit: Keys values of ValueBytes under a memory limit of Limit bytes.
type LargerPlan struct {
	Keys, ValueBytes int
	Limit            int64
	Seconds          float64
}

// HugePlan is the size of the single huge keys.
type HugePlan struct {
	Items, StringMB int
	Seconds         float64
}

func everyCommand() []string {
	return []string{"SET", "INCR", "EVAL", "GET", "LPUSH", "RPUSH", "LRANGE_100", "LPOP", "SADD", "SPOP", "HSET", "ZADD",
		"MSET"}
}

// Short takes three minutes: does everything work, and roughly how fast.
func Short() Plan {
	return Plan{
		Mode: "short", Keys: 50_000, Expire: 50_000, Rounds: 3, Budget: 165 * time.Second,
		Core: CorePlan{Single: []string{"SET", "GET", "INCR", "EVAL", "LPUSH", "LPOP", "HSET", "ZADD"},
			Piped:  []string{"SET", "GET"},
			Steady: 1.5, Write: 0.8, Read: 0.8, Other: 0.5, MaxItems: 500_000},
		Zipf: 1, Reads: 1,
		Mixed:  MixedPlan{Ops: 3_000, Procs: []int{1, 2}},
		Growth: GrowthPlan{Sizes: []int{10_000, 30_000}, Seconds: 0.5},
		Larger: LargerPlan{Keys: 100_000, ValueBytes: 4096, Limit: 256 << 20, Seconds: 1},
		Huge:   HugePlan{Items: 20_000, StringMB: 8, Seconds: 0.5},
		Shards: ShardsPlan{Seconds: 1, Members: 200_000, Moves: 4},
		Cold:   ColdPlan{Keys: 50_000, Ops: 5_000, Seconds: 2}, Points: 100_000,
	}
}

// Default takes twenty minutes for the core table; the other sections are moderate when asked for.
func Default() Plan {
	return Plan{
		Mode: "default", Keys: 500_000, Expire: 500_000, Rounds: 3, Budget: 1150 * time.Second, Settle: true,
		Core: CorePlan{Single: everyCommand(), Piped: everyCommand(), Steady: 20, Write: 3, Read: 2, Other: 1,
			MaxItems: 2_000_000},
		Zipf: 20, Reads: 5,
		Mixed:  MixedPlan{Ops: 20_000, Procs: []int{1, 2, 8}},
		Growth: GrowthPlan{Sizes: []int{10_000, 100_000, 1_000_000}, Seconds: 3},
		Larger: LargerPlan{Keys: 262_144, ValueBytes: 4096, Limit: 256 << 20, Seconds: 10},
		Huge:   HugePlan{Items: 1_000_000, StringMB: 256, Seconds: 3},
		Shards: ShardsPlan{Seconds: 5, Members: 200_000, Moves: 20},
		Cold:   ColdPlan{Keys: 500_000, Ops: 20_000, Seconds: 10}, Points: 1_000_000,
	}
}

// Full takes hours and can be resumed.
func Full() Plan {
	return Plan{
		Mode: "full", Keys: 500_000, Expire: 1_000_000, Rounds: 3, Settle: true,
		Core: CorePlan{Single: everyCommand(), Piped: everyCommand(), Everybody: true,
			Steady: 60, Write: 60, Read: 10, Other: 10, MaxItems: 5_000_000},
		Zipf: 60, Reads: 20,
		Mixed:  MixedPlan{Ops: 100_000, Procs: []int{1, 2, 8}},
		Growth: GrowthPlan{Sizes: []int{10_000, 100_000, 1_000_000, 10_000_000}, Seconds: 20},
		Larger: LargerPlan{Keys: 1 << 20, ValueBytes: 4096, Limit: 256 << 20, Seconds: 60},
		Huge:   HugePlan{Items: 1_000_000, StringMB: 256, Seconds: 5},
		Shards: ShardsPlan{Seconds: 20, Members: 200_000, Moves: 50},
		Cold:   ColdPlan{Keys: 1_000_000, Ops: 50_000, Seconds: 30}, Points: 1_000_000,
	}
}

// Scaled changes every slice by a factor; for trying things out.
func (p Plan) Scaled(f float64) Plan {
	for _, s := range []*float64{&p.Core.Steady, &p.Core.Write, &p.Core.Read, &p.Core.Other, &p.Zipf, &p.Reads,
		&p.Growth.Seconds, &p.Larger.Seconds, &p.Huge.Seconds, &p.Shards.Seconds, &p.Cold.Seconds} {
		*s *= f
	}
	return p
}

// Settings is the part of the plan that two runs must share for their rows to be mixed.
func (p Plan) Settings() string { return fmt.Sprintf("%+v", p) }
