package sections

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"larder/bench/contend"
	"larder/bench/results"
	"larder/bench/stats"
)

// The caches of DiskCache that are compared. The first is its default, which drops a write that waits for
// more than 10 ms; the second waits for a second, as DiskCache's own tables do.
const (
	diskCacheDefault = "diskcache 8x10ms"
	diskCachePatient = "diskcache 4x1s"
)

// mixer is one contender of the mixed section: how mixed.py reaches it.
type mixer struct {
	name string
	at   []string // arguments: which kind, and where
	bulk int      // sets of a transaction that one more process writes again and again; 0 for none
}

func runMixed(ctx context.Context, b *Bench, rec *results.Recorder) error {
	if b.Tools.Python == "" {
		return errors.New("python3 with diskcache and redis is not there")
	}
	f, err := b.start(ctx, contend.RedisEverysec, contend.Larder)
	if err != nil {
		return err
	}
	defer f.stop()
	dir, err := os.MkdirTemp(b.Scratch, "diskcache-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	mixers := []mixer{
		{name: diskCacheDefault, at: []string{"diskcache", filepath.Join(dir, "default"), "8", "0.010"}},
		{name: diskCachePatient, at: []string{"diskcache", filepath.Join(dir, "patient"), "4", "1.0"}},
	}
	for _, s := range f {
		mixers = append(mixers, mixer{name: s.Kind.Name, at: []string{"redis", strconv.Itoa(s.Port), "0", "0"}})
	}
	for _, procs := range b.Plan.Mixed.Procs {
		if err := b.mixInTurn(ctx, rec, mixers, procs, dir); err != nil {
			return err
		}
	}
	return nil
}

func mixRow(action string, procs int) string {
	if procs == 1 {
		return action + ", 1 process"
	}
	return fmt.Sprintf("%s, %d processes", action, procs)
}

func actions() []string { return []string{"get", "set", "delete"} }

func (b *Bench) mixInTurn(ctx context.Context, rec *results.Recorder, mixers []mixer, procs int, dir string) error {
	if rec.Done(mixRow("get", procs)) {
		return nil
	}
	for round := range b.Plan.Rounds {
		for _, m := range mixers {
			cells, err := b.mix(ctx, m, procs, dir)
			if err != nil {
				return fmt.Errorf("%s with %d processes: %w", m.name, procs, err)
			}
			for _, c := range cells {
				c.Contender, c.Round = m.name, round
				rec.Add(c)
				b.logCell(c)
			}
		}
	}
	return rec.Finish(mixRow("get", procs), mixRow("set", procs), mixRow("delete", procs))
}

// mix runs the processes of one contender and reads what each has written down.
func (b *Bench) mix(ctx context.Context, m mixer, procs int, dir string) ([]results.Cell, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	if out, err := b.python(ctx, append([]string{"prepare"}, m.at...)...).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	if m.bulk > 0 {
		busy, stop := context.WithCancel(ctx)
		cmd := b.python(busy, slices.Concat([]string{"bulk"}, m.at[:3], []string{strconv.Itoa(m.bulk)})...)
		if err := cmd.Start(); err != nil {
			stop()
			return nil, err
		}
		defer func() { stop(); _ = cmd.Wait() }() // it ends by being killed
	}
	begin := fmt.Sprintf("%.3f", float64(time.Now().Add(time.Second).UnixMilli())/1e3)
	var running []*exec.Cmd
	for p := range procs {
		args := append([]string{"mix"}, m.at...)
		cmd := b.python(ctx, append(args, strconv.Itoa(p), strconv.Itoa(b.Plan.Mixed.Ops), begin,
			filepath.Join(dir, fmt.Sprint("times", p)))...)
		cmd.Stderr = new(bytes.Buffer)
		if err := cmd.Start(); err != nil {
			return nil, err
		}
		running = append(running, cmd)
	}
	var failure error
	for _, cmd := range running {
		if err := cmd.Wait(); err != nil {
			failure = errors.Join(failure, fmt.Errorf("%w: %s", err, cmd.Stderr))
		}
	}
	if failure != nil {
		return nil, failure
	}
	return readTimings(dir, procs)
}

func (b *Bench) python(ctx context.Context, args ...string) *exec.Cmd {
	return exec.CommandContext(ctx, b.Tools.Python, append([]string{b.Tools.Script}, args...)...)
}

func readTimings(dir string, procs int) ([]results.Cell, error) {
	var cells []results.Cell
	for _, action := range actions() {
		var all []float64
		misses := 0
		for p := range procs {
			times, miss, err := readTimes(filepath.Join(dir, fmt.Sprint("times", p)) + "." + action)
			if err != nil {
				return nil, err
			}
			all, misses = append(all, times...), misses+miss
		}
		slices.Sort(all)
		cells = append(cells, timingCell(mixRow(action, procs), all, misses))
	}
	return cells, nil
}

// readTimes reads the file of one process and action: seconds as float64, negative for a miss.
func readTimes(path string) (micros []float64, misses int, err error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, 0, err
	}
	os.Remove(path)
	for ; len(raw) >= 8; raw = raw[8:] {
		t := math.Float64frombits(binary.LittleEndian.Uint64(raw))
		if math.Signbit(t) {
			misses++
		}
		micros = append(micros, math.Abs(t)*1e6)
	}
	return micros, misses, nil
}

func timingCell(row string, sorted []float64, misses int) results.Cell {
	total := 0.0
	for _, t := range sorted {
		total += t
	}
	c := results.Cell{Row: row, Figures: map[string]float64{"count": float64(len(sorted)), "miss": float64(misses),
		"p50_us": stats.QuantileOf(sorted, 0.5), "p90_us": stats.QuantileOf(sorted, 0.9),
		"p99_us": stats.QuantileOf(sorted, 0.99),
		"max_us": stats.QuantileOf(sorted, 1), "rps": float64(len(sorted)) / max(total/1e6, 1e-9)}}
	if strings.HasPrefix(row, "set") {
		c.Figures["lost"] = float64(misses) // a set that was not done
	}
	for _, p := range curvePercentiles() {
		c.Curve = append(c.Curve, [2]float64{p, stats.QuantileOf(sorted, p/100)})
	}
	return c
}

// curvePercentiles are the points of the plots; beyond 99 they follow the tail.
func curvePercentiles() (points []float64) {
	for p := 1.0; p < 99; p += 2 {
		points = append(points, p)
	}
	return append(points, 99, 99.3, 99.5, 99.7, 99.8, 99.9, 99.95, 99.97, 99.99, 100)
}
