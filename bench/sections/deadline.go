package sections

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"larder/bench/contend"
	"larder/bench/results"
)

// diskCacheTimely is DiskCache in its default form but for the timeout, which differs by row.
const diskCacheTimely = "diskcache 8 shards"

// deadlineProcs are enough to get into each other's way on a small machine.
const deadlineProcs = 4

// deadlineBulk is how many sets one more process puts into a transaction: what the others wait for, tens of
// milliseconds in Larder, hundreds in DiskCache. Without it hardly anything waits, and every deadline is kept.
const deadlineBulk = 3000

// deadlines are in milliseconds.
func deadlines() []int { return []int{1, 3, 10, 30, 100, 300} }

// runDeadline measures what waiting less costs in misses.
func runDeadline(ctx context.Context, b *Bench, rec *results.Recorder) error {
	if b.Tools.Python == "" {
		return errors.New("python3 with diskcache and redis is not there")
	}
	f, err := b.start(ctx, contend.Larder)
	if err != nil {
		return err
	}
	defer f.stop()
	dir, err := os.MkdirTemp(b.Scratch, "deadline-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for _, ms := range deadlines() {
		seconds := fmt.Sprint(float64(ms) / 1000)
		mixers := []mixer{
			{diskCacheTimely, []string{"diskcache", filepath.Join(dir, strconv.Itoa(ms)), "8", seconds}, deadlineBulk},
			{f[0].Kind.Name, []string{"redis", strconv.Itoa(f[0].Port), "0", seconds}, deadlineBulk},
		}
		if err := b.waitAtMost(ctx, rec, mixers, ms, deadlineProcs, dir); err != nil {
			return err
		}
	}
	return nil
}

// waitAtMost is one deadline. Its rows are the actions.
func (b *Bench) waitAtMost(ctx context.Context, rec *results.Recorder, mixers []mixer, ms, procs int,
	dir string) error {
	var done []string
	for _, action := range actions() {
		done = append(done, fmt.Sprintf("%s within %d ms", action, ms))
	}
	if rec.Done(done[0]) {
		return nil
	}
	for round := range b.Plan.Rounds {
		for _, m := range mixers {
			cells, err := b.mix(ctx, m, procs, dir)
			if err != nil {
				return fmt.Errorf("%s within %d ms: %w", m.name, ms, err)
			}
			for i, c := range cells {
				c.Row, c.Contender, c.Round, c.Curve = done[i], m.name, round, nil
				c.Figures["deadline_ms"] = float64(ms)
				rec.Add(c)
				b.logCell(c)
			}
		}
	}
	return rec.Finish(done...)
}
