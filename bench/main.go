// Bench measures Larder beside redis-server, Redka and DiskCache on one machine, in one run. See README.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"larder/bench/contend"
	"larder/bench/reports"
	"larder/bench/results"
	"larder/bench/sections"
)

// options are the command line.
type options struct {
	short, full, docs, report      bool
	sections, only, rows           string
	out, scratch                   string
	larder, redka, script, docsDir string
	old, kvrocks                   string
	keys, rounds                   int
	scale                          float64
}

func main() {
	// The kernel ends the contenders when the thread that started them ends: keep this one.
	runtime.LockOSThread()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends at once
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 5 && args[0] == "write" {
		return write(ctx, args[1:])
	}
	o, err := parse(args)
	if err != nil {
		return err
	}
	plan := o.plan()
	chosen, err := choose(o.sections, plan.Mode)
	if err != nil {
		return err
	}
	out := filepath.Join(o.out, plan.Mode)
	if !o.report {
		if err := measureAll(ctx, o, plan, chosen, out); err != nil {
			return err
		}
	}
	if o.report || o.docs {
		chosen = sections.All()
	}
	return publish(o, chosen, out)
}

// write is the process that writes while another reads: address, keys, connections, seconds.
func write(ctx context.Context, args []string) error {
	keys, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	conns, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	seconds, err := strconv.ParseFloat(args[3], 64)
	if err != nil {
		return err
	}
	return sections.Write(ctx, args[0], keys, conns, seconds)
}

func parse(args []string) (*options, error) {
	o, f := &options{}, flag.NewFlagSet("bench", flag.ContinueOnError)
	f.BoolVar(&o.short, "short", false, "three minutes: does all of it work, and roughly how fast")
	f.BoolVar(&o.full, "full", false, "hours: every section at full size; run again to go on after an end")
	f.BoolVar(&o.docs, "docs", false, "write docs/performance.md and the plots")
	f.BoolVar(&o.report, "report", false, "measure nothing, report what the last run of this mode has left")
	f.StringVar(&o.sections, "sections", "",
		"comma separated: core zipf reads mixed limit deadline cull growth larger shards objects families cold small "+
			"beside huge, or all")
	f.StringVar(&o.only, "contenders", "", "comma separated names; all but the base form by default")
	f.StringVar(&o.rows, "rows", "",
		"comma separated titles of rows of the sections core, shards, objects, families, cold and beside, such as \"GET -P "+
			"16\"; all by default")
	f.StringVar(&o.out, "out", "out", "directory of the JSON files")
	f.StringVar(&o.scratch, "scratch", "", "directory for the contenders' data, below the first by default")
	f.StringVar(&o.larder, "larder", "out/bin/larder", "Larder's program")
	f.StringVar(&o.redka, "redka", "out/bin/redka", "Redka's program")
	f.StringVar(&o.old, "old", "", "another larder, which takes turns with Larder's program: what that is held against")
	f.StringVar(&o.kvrocks, "kvrocks", "", "Kvrocks' program; without it Kvrocks takes no part")
	f.StringVar(&o.script, "script", "mixed.py", "the Python part")
	f.StringVar(&o.docsDir, "docs-dir", "../docs", "where performance.md is")
	f.IntVar(&o.keys, "keys", 0, "keys of the preloaded space, instead of the mode's")
	f.IntVar(&o.rounds, "rounds", 0, "rounds of every row, instead of the mode's; at least 3 tell a spread")
	f.Float64Var(&o.scale, "scale", 1, "factor on the seconds of every slice")
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if f.NArg() > 0 {
		return nil, fmt.Errorf("%q is not understood", f.Args())
	}
	return o, nil
}

func (o *options) plan() sections.Plan {
	p := sections.Default()
	switch {
	case o.short:
		p = sections.Short()
	case o.full:
		p = sections.Full()
	}
	if o.keys > 0 {
		p.Keys, p.Cold.Keys, p.Cold.Ops = o.keys, o.keys, min(p.Cold.Ops, o.keys)
	}
	if o.rounds > 0 {
		p.Rounds = o.rounds
	}
	return p.Scaled(o.scale)
}

// choose takes the named sections. Only a full run takes all by itself.
func choose(names, mode string) (chosen []sections.Section, err error) {
	if names == "" {
		names = "core"
		if mode == "full" {
			names = "all"
		}
	}
	for _, s := range sections.All() {
		if names == "all" || strings.Contains(","+names+",", ","+s.Name+",") {
			chosen = append(chosen, s)
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("no section is called %q", names)
	}
	return chosen, nil
}

// findTools looks for every program; only redis-benchmark and redis-server are needed in any case.
func findTools(o *options) (contend.Tools, error) {
	t := contend.Tools{RedisServer: look("redis-server"), RedisBenchmark: look("redis-benchmark"),
		Larder: look(o.larder), Redka: look(o.redka), Before: look(o.old), Kvrocks: look(o.kvrocks)}
	named := []struct{ flag, name, found string }{{"old", o.old, t.Before}, {"kvrocks", o.kvrocks, t.Kvrocks}}
	for _, n := range named {
		if n.name != "" && n.found == "" {
			return t, fmt.Errorf("--%s: %s is no program that can be run", n.flag, n.name)
		}
	}
	if t.RedisServer == "" || t.RedisBenchmark == "" {
		return t, errors.New("redis-server and redis-benchmark are needed: install redis-server and redis-tools")
	}
	// Debian's packages belong to Debian's Python, which need not be the first one in the path.
	for _, path := range []string{"/usr/bin/python3", look("python3")} {
		if path != "" && exec.Command(path, "-c", "import diskcache, redis").Run() == nil {
			script, err := filepath.Abs(o.script)
			t.Python, t.Script = path, script
			return t, err
		}
	}
	return t, nil
}

// look is the absolute path of a program, or empty.
func look(name string) string {
	path, err := exec.LookPath(name)
	if err != nil {
		return ""
	}
	if path, err = filepath.Abs(path); err != nil {
		return ""
	}
	return path
}

func measureAll(ctx context.Context, o *options, plan sections.Plan, chosen []sections.Section, out string) error {
	tools, err := findTools(o)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	scratch, err := o.makeScratch()
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	if err := reports.Inspect(tools, scratch).Save(out); err != nil {
		return err
	}
	b := &sections.Bench{Tools: tools, Plan: plan, Scratch: scratch, Out: out, Log: os.Stderr, Only: list(o.only),
		Rows:   list(o.rows),
		Resume: o.full, Started: time.Now()}
	for _, s := range chosen {
		if _, err := b.Run(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

func (o *options) makeScratch() (string, error) {
	root := o.scratch
	if root == "" {
		root = o.out
	}
	root, err := filepath.Abs(root)
	if err != nil {
		return "", err
	}
	return os.MkdirTemp(root, "scratch-")
}

func list(names string) (all []string) {
	for name := range strings.SplitSeq(names, ",") {
		if name = strings.TrimSpace(name); name != "" {
			all = append(all, name)
		}
	}
	return all
}

// publish prints the report of the sections that this mode has left behind, and writes it if asked to.
func publish(o *options, chosen []sections.Section, out string) error {
	machine, err := reports.LoadMachine(out)
	if err != nil {
		return fmt.Errorf("nothing has been measured in this mode: %w", err)
	}
	page := reports.Page{Machine: machine}
	for _, s := range chosen {
		data, err := results.Read(filepath.Join(out, s.Name+".json"))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		page.Parts = append(page.Parts, reports.Part{About: s.About, Data: data})
	}
	fmt.Print(page.Markdown())
	if !o.docs {
		return nil
	}
	return page.Write(o.docsDir)
}
