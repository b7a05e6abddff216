package load

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// ErrSlow means that a run was ended because it took several times longer than it was meant to.
var ErrSlow = errors.New("over the time allowed")

// Bench is one way of calling redis-benchmark: a command, often with __rand_int__ in it.
type Bench struct {
	Path     string // of redis-benchmark
	Port     int
	Clients  int
	Pipeline int
	Space    int // __rand_int__ is drawn from 0..Space-1
	Command  []string
}

// Sample is what redis-benchmark reports of one run.
type Sample struct {
	Requests int
	RPS      float64
	P50, P99 float64 // microseconds
	Max      float64 // microseconds
}

// Calibrate finds the rate of the command by short runs, each eight times longer than the one before.
func (b Bench) Calibrate(ctx context.Context) (rps float64, err error) {
	n := 4 * b.Clients * b.Pipeline
	for range 3 {
		s, err := b.Run(ctx, n, 15*time.Second)
		if err != nil {
			return 0, err
		}
		if rps = s.RPS; float64(n)/rps > 0.1 {
			break
		}
		n *= 8
	}
	return rps, nil
}

// Run sends n requests and gives up with ErrSlow after limit. A server's error reply is an error.
func (b Bench) Run(ctx context.Context, n int, limit time.Duration) (Sample, error) {
	timed, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	args := []string{"-h", "127.0.0.1", "-p", strconv.Itoa(b.Port), "-c", strconv.Itoa(b.Clients),
		"-P", strconv.Itoa(b.Pipeline), "-n", strconv.Itoa(n), "-r", strconv.Itoa(b.Space), "--csv"}
	cmd := exec.CommandContext(timed, b.Path, append(args, b.Command...)...)
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	err := cmd.Run()
	if ctx.Err() == nil && timed.Err() != nil {
		return Sample{}, fmt.Errorf("%d requests in %v: %w", n, limit, ErrSlow)
	}
	if err != nil {
		return Sample{}, fmt.Errorf("redis-benchmark: %s", lastLine(out.String()+"\n"+complaints.String()))
	}
	return parse(out.String(), n)
}

// parse reads the last row of: test, rps, avg, min, p50, p95, p99, max (milliseconds).
func parse(out string, n int) (Sample, error) {
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil || len(rows) < 2 || len(rows[len(rows)-1]) < 8 {
		return Sample{}, fmt.Errorf("redis-benchmark printed %q", lastLine(out))
	}
	var v [7]float64
	for i, field := range rows[len(rows)-1][1:8] {
		if v[i], err = strconv.ParseFloat(field, 64); err != nil {
			return Sample{}, fmt.Errorf("redis-benchmark printed %q: %w", field, err)
		}
	}
	return Sample{Requests: n, RPS: v[0], P50: v[3] * 1e3, P99: v[5] * 1e3, Max: v[6] * 1e3}, nil
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
