// Package reports turns what was measured into tables, a verdict on each target, plots, and docs/performance.md.
package reports

import (
	"fmt"

	"larder/bench/contend"
	"larder/bench/results"
)

// Target is one promise: a figure of Larder, absolute or against another figure, and the bounds it is held to.
type Target struct {
	Title     string
	Section   string
	Of        Ref
	Against   Ref  // the zero Ref: the figure itself counts
	Beyond    bool // the figure less Against's, instead of the two's ratio
	AtLeast   bool
	Must, Aim float64
	Unit      string
}

// Ref names one median: a row, a contender, a figure.
type Ref struct{ Row, Contender, Figure string }

// Verdict is how a target came out.
type Verdict struct {
	Target Target
	Value  float64
	Known  bool // false: this run did not measure it
}

// Word is the verdict in the page's words.
func (v Verdict) Word() string {
	within := func(bound float64) bool { return v.Target.AtLeast == (v.Value >= bound) || v.Value == bound }
	switch {
	case !v.Known:
		return "not measured in this run"
	case within(v.Target.Aim):
		return "aim reached"
	case within(v.Target.Must):
		return "reached"
	}
	return "**not reached**"
}

// Judge looks every target up in what was measured.
func Judge(measured map[string]results.Section) (verdicts []Verdict) {
	for _, t := range Targets() {
		v := Verdict{Target: t}
		s := measured[t.Section]
		v.Value, v.Known = s.Median(t.Of.Row, t.Of.Contender, t.Of.Figure)
		if t.Against != (Ref{}) {
			base, known := s.Median(t.Against.Row, t.Against.Contender, t.Against.Figure)
			v.Known = v.Known && known && base > 0
			if t.Beyond {
				v.Value = max(v.Value-base, 0)
			} else {
				v.Value /= max(base, 1e-9)
			}
		}
		verdicts = append(verdicts, v)
	}
	return verdicts
}

// Targets lists all promises in the order of the page.
func Targets() []Target {
	var all []Target
	for _, group := range [][]Target{throughput(), processor(), againstRedka(), latency(), footprint(), hugeKeys(),
		mixedLoad(), limits()} {
		all = append(all, group...)
	}
	return all
}

// rate compares requests a second of a core or zipf row.
func rate(section, row, of, against string, must, aim float64) Target {
	return Target{Title: fmt.Sprintf("%s, %s against %s", row, of, against), Section: section, Of: Ref{row, of, "rps"},
		Against: Ref{row, against, "rps"}, AtLeast: true, Must: must, Aim: aim, Unit: "x"}
}

func throughput() []Target {
	all := []Target{
		rate("core", "GET", contend.Larder, contend.RedisMemory, 0.7, 1),
		rate("core", "SET", contend.Larder, contend.RedisEverysec, 0.6, 1),
		rate("core", "INCR", contend.Larder, contend.RedisEverysec, 0.6, 1),
		rate("core", "SET", contend.LarderAlways, contend.RedisAlways, 0.7, 1.2),
	}
	for _, row := range []string{"LPUSH", "LPOP", "SADD", "HSET", "ZADD"} {
		all = append(all, rate("core", row, contend.Larder, contend.RedisEverysec, 0.5, 0.9))
	}
	return append(all,
		rate("core", "GET -P 16", contend.Larder, contend.RedisMemory, 0.35, 0.6),
		rate("core", "SET -P 16", contend.Larder, contend.RedisEverysec, 0.3, 0.6),
		rate("zipf", "INCR zipf", contend.Larder, contend.RedisEverysec, 0.7, 1),
		rate("zipf", "SET zipf", contend.Larder, contend.RedisEverysec, 0.7, 1),
	)
}

// most compares a figure that should be small.
func most(title, section string, of, against Ref, must, aim float64, unit string) Target {
	return Target{Title: title, Section: section, Of: of, Against: against, Must: must, Aim: aim, Unit: unit}
}

func processor() []Target {
	cpu := func(row, against string, must, aim float64) Target {
		return most(fmt.Sprintf("server CPU per %s, %s against %s", row, contend.Larder, against), "core",
			Ref{row, contend.Larder, "cpu_us"}, Ref{row, against, "cpu_us"}, must, aim, "x")
	}
	script := most("server CPU per EVAL of one INCR, against INCR", "core",
		Ref{"EVAL", contend.Larder, "cpu_us"}, Ref{"INCR", contend.Larder, "cpu_us"}, 3, 1.5, "x")
	return []Target{cpu("GET", contend.RedisMemory, 1.8, 1.3), cpu("SET", contend.RedisEverysec, 2.2, 1.6), script}
}

func againstRedka() (all []Target) {
	for _, row := range []string{"GET", "LRANGE_100"} {
		all = append(all, rate("core", row, contend.Larder, contend.Redka, 2.5, 4))
	}
	for _, row := range []string{"SET", "INCR", "LPUSH", "RPUSH", "LPOP", "SADD", "SPOP", "HSET", "ZADD", "MSET"} {
		all = append(all, rate("core", row, contend.Larder, contend.Redka, 5, 10))
	}
	return all
}

func latency() []Target {
	alone := func(row string) Target {
		return most("one client alone, p50 of "+row+" against "+contend.RedisEverysec, "core",
			Ref{row + " alone", contend.Larder, "p50_us"}, Ref{row + " alone", contend.RedisEverysec, "p50_us"}, 1.5, 1.1, "x")
	}
	return []Target{
		most("GET p99 beside a writing process, against GET p99 alone", "reads",
			Ref{"GET, 1 writing", contend.Larder, "p99_us"}, Ref{"GET alone", contend.Larder, "p99_us"}, 3, 1.5, "x"),
		alone("SET"), alone("GET"),
	}
}

func footprint() []Target {
	return []Target{
		most("resident memory with 10^7 keys, under load", "growth", Ref{"SET, 10000000 keys", contend.Larder, "rss_mb"},
			Ref{}, 200, 100, " MB"),
		most("time per GET at 10^7 keys against 10^5", "growth", Ref{"GET, 10000000 keys", contend.Larder, "us"},
			Ref{"GET, 100000 keys", contend.Larder, "us"}, 2, 1.5, "x"),
	}
}

func hugeKeys() (all []Target) {
	for _, row := range []string{"ZRANK", "LINDEX", "HGET", "SPOP"} {
		all = append(all, most(row+" on a huge key, p99", "huge", Ref{row, contend.Larder, "p99_us"}, Ref{}, 1000, 1000,
			" us"))
	}
	for _, row := range []string{"DEL hash", "UNLINK hash2", "DEL zset", "DEL list", "DEL set"} {
		all = append(all,
			most(row+", reply", "huge", Ref{row, contend.Larder, "reply_ms"}, Ref{}, 5, 5, " ms"),
			most(row+", the others' p99 against before", "huge", Ref{row, contend.Larder, "p99_ratio"}, Ref{}, 3, 3, "x"))
	}
	return all
}

func limits() []Target {
	of := func(row, figure string) Ref { return Ref{row, contend.Larder, figure} }
	stall := most("longest SET while many keys expire in one second, beyond that without", "limit",
		of("SET, many keys expire in one second", "max_us"), of("SET, nothing expires", "max_us"), 20_000, 10_000, " us")
	stall.Beyond = true
	return []Target{
		most("SET p99 at maxmemory against p99 without a limit", "limit",
			of("SET of new keys, at maxmemory", "p99_us"), of("SET of new keys, no limit", "p99_us"), 3, 2, "x"),
		stall,
	}
}

func mixedLoad() []Target {
	const row, peer = "set, 8 processes", "diskcache 8x10ms"
	return []Target{
		most("mixed load, 8 processes: set P99 against DiskCache's", "mixed", Ref{row, contend.Larder, "p99_us"},
			Ref{row, peer, "p99_us"}, 1, 1, "x"),
		most("mixed load, 8 processes: longest set against DiskCache's", "mixed", Ref{row, contend.Larder, "max_us"},
			Ref{row, peer, "max_us"}, 1, 1, "x"),
		most("mixed load, 8 processes: sets lost", "mixed", Ref{row, contend.Larder, "lost"}, Ref{}, 0, 0, ""),
	}
}
