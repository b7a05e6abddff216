// Package sections measures: each section starts its contenders, loads them the same way, and takes them in turn,
// row by row and round by round, so that what the machine does meanwhile hits all of them.
package sections

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"larder/bench/contend"
	"larder/bench/results"
)

// Bench is what all sections share. It is used by the main goroutine alone.
type Bench struct {
	Tools   contend.Tools
	Plan    Plan
	Scratch string    // contenders keep their data below it
	Out     string    // JSON files go here
	Log     io.Writer // progress
	Only    []string  // names of contenders to take; empty takes all but the base form
	Rows    []string  // titles of the core table's rows to take; empty takes all
	Resume  bool
	Started time.Time
}

// Section is a named part of the benchmark.
type Section struct {
	Name  string
	About string // one sentence for the page
	run   func(context.Context, *Bench, *results.Recorder) error
}

// All lists the sections in the order they are run.
func All() []Section {
	return []Section{
		{"core", "redis-benchmark, 100-byte values, preloaded key space; CPU is the server's, background work after the " +
			"slice included.", runCore},
		{"zipf", "INCR and SET, 50 clients of our own generator, keys drawn by a Zipf(1.0) law.", runZipf},
		{"reads", "GET from one client while another process writes at full speed over one or fifty connections.", runReads},
		{"mixed", "90% get, 9% set, 1% delete on 100 keys, as DiskCache's benchmark does it, each process a Python program.",
			runMixed},
		{"limit", "SET with 50 clients: new keys without a limit and at maxmemory with allkeys-lru; old keys while nothing " +
			"expires, and while many keys expire in one second: 50,000 in the short form, a million in the full one.", runLimit},
		{"deadline", "The mixed load against the time a command may wait before it is given up: `CACHE DEADLINE` here, " +
			"FanoutCache's `timeout` there. One more process writes 3,000 sets in a transaction, pauses as long, and again.",
			runDeadline},
		{"cull", "What the data, the files and SQLite's logs take while four clients write new keys of 4 KB without end: " +
			"under a limit, and after the limit is halved.", runCull},
		{"growth", "GET and SET of 100-byte values as the number of keys grows; DiskCache from one process, the servers " +
			"with 50 clients.", runGrowth},
		{"larger", "Values of 4 KB in a server whose memory is limited to a fraction of them.", runLarger},
		{"shards", "Writes that touch several keys, and so several shards: transactions, moves and copies, beside EVAL of " +
			"one INCR.", runShards},
		{"objects", "Small collections, 100,000 of each type at most, 50 clients: a hash of ten fields, lists and sorted " +
			"sets of five, sets of three.", runObjects},
		{"families", "Bitmaps, HyperLogLogs and a geo set of a million points (100,000 in a short run), 50 clients. A " +
			"search of 1 km finds four of a million points, one of 5 km a hundred.", runFamilies},
		{"cold", "Writes of 50 clients to keys whose rows are not in memory: before each slice the server is started again " +
			"and its files are put out of the page cache. No key is written twice in a slice.", runCold},
		{"small", "SET of new keys of 1 KB by 50 clients under `maxmemory 50mb` with allkeys-lru, and what the data " +
			"directory takes: at most while they write, and ten seconds after.", runSmall},
		{"beside", "Four other clients, each with a GET or SET of a small key a millisecond, counted from when it was due, " +
			"while another's FLUSHALL of the whole key space runs, or its RENAMEs of a large set, one after the other.",
			runBeside},
		{"huge", "One client on a single huge key. In the lines of DEL and UNLINK the latencies are those of four other " +
			"clients that GET small keys meanwhile.", runHuge},
	}
}

// Run measures one section, or returns at once if its file is complete and the run is a resumed one.
func (b *Bench) Run(ctx context.Context, s Section) (results.Section, error) {
	rec, err := results.Open(filepath.Join(b.Out, s.Name+".json"),
		results.Section{Name: s.Name, Mode: b.Plan.Mode, Settings: b.Plan.Settings() + fmt.Sprint(b.Only)}, b.Resume)
	if err != nil {
		return results.Section{}, err
	}
	if rec.Complete() {
		b.logf("%s: complete, taken from %s", s.Name, b.Out)
		return rec.Section(), nil
	}
	b.logf("%s", s.Name)
	if err := s.run(ctx, b, rec); err != nil {
		return rec.Section(), fmt.Errorf("section %s: %w", s.Name, err)
	}
	return rec.Section(), rec.Close()
}

func (b *Bench) logf(format string, args ...any) {
	fmt.Fprintf(b.Log, "%6.0fs  %s\n", time.Since(b.Started).Seconds(), fmt.Sprintf(format, args...))
}

// wants is whether a contender takes part.
func (b *Bench) wants(name string) bool { return len(b.Only) == 0 || slices.Contains(b.Only, name) }

func (b *Bench) wantsRow(title string) bool {
	return len(b.Rows) == 0 || slices.Contains(b.Rows, title)
}

// passOver says which contender is missing that would be there if it had been named.
func (b *Bench) passOver(name string, there bool) {
	if name == contend.Kvrocks && !there {
		b.logf("  kvrocks takes no part: no program is named, see --kvrocks")
	}
}

// startSettling starts contenders whose counts end when what they wrote has settled, whatever the plan says.
func (b *Bench) startSettling(ctx context.Context, names ...string) (fleet, error) {
	f, err := b.start(ctx, names...)
	for _, s := range f {
		s.AwaitSettled = true
	}
	return f, err
}

// rivals are those who are compared where the engine itself is judged.
func rivals() []string {
	return []string{contend.RedisEverysec, contend.Kvrocks, contend.LarderBefore, contend.Larder}
}

// fleet is the running contenders of a section.
type fleet []*contend.Server

// start runs those of the named contenders that take part and whose programs are there.
func (b *Bench) start(ctx context.Context, names ...string) (fleet, error) {
	var f fleet
	for _, name := range names {
		k, there := contend.Find(name, b.Tools)
		if !b.wants(name) || !there {
			b.passOver(name, there)
			continue
		}
		s, err := contend.Start(ctx, k, b.Tools, b.Scratch, nil)
		if err != nil {
			f.stop()
			return nil, err
		}
		s.AwaitSettled = b.Plan.Settle
		f = append(f, s)
	}
	if len(f) == 0 {
		return nil, errors.New("none of its contenders is there")
	}
	return f, nil
}

func (f fleet) stop() {
	for _, s := range f {
		s.Stop()
	}
}

// inTurn calls measure for each round and contender, A B A B, and files the cells under row.
func (b *Bench) inTurn(ctx context.Context, rec *results.Recorder, f fleet, row string,
	measure func(*contend.Server) results.Cell) error {
	if rec.Done(row) {
		return nil
	}
	gone := map[string]bool{}
	for round := range b.Plan.Rounds {
		for _, s := range f {
			if gone[s.Kind.Name] || ctx.Err() != nil {
				continue
			}
			cell := measure(s)
			cell.Row, cell.Contender, cell.Round = row, s.Kind.Name, round
			gone[s.Kind.Name] = cell.Figures == nil
			rec.Add(cell)
			b.logCell(cell)
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return rec.Finish(row)
}

func (b *Bench) logCell(c results.Cell) {
	if c.Figures == nil {
		b.logf("  %-22s %-16s %s", c.Row, c.Contender, c.Note)
		return
	}
	line := fmt.Sprintf("  %-22s %-16s", c.Row, c.Contender)
	for _, figure := range []string{"rps", "p50_us", "p99_us", "max_us", "cpu_us", "cpu_run_us", "rss_mb", "disk_mb",
		"later_mb", "reply_ms", "lost"} {
		if v, ok := c.Figures[figure]; ok {
			line += fmt.Sprintf("  %s %.1f", figure, v)
		}
	}
	b.logf("%s  %s", line, c.Note)
}

// failed is the cell of a contender that could not do the row.
func failed(err error) results.Cell { return results.Cell{Note: err.Error()} }
