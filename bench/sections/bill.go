package sections

import (
	"context"
	"fmt"
	"strings"
	"time"

	"larder/bench/contend"
	"larder/bench/load"
	"larder/bench/results"
)

// settleLimit is how long what was written may take until it has settled.
const settleLimit = time.Minute

// restLimit is how long a server may take to come to rest.
func restLimit(s *contend.Server) time.Duration {
	if s.AwaitSettled {
		return settleLimit
	}
	return idleLimit
}

// bill is the CPU that a server has used for a count of commands: once when the last of them was answered, which
// leaves to others what was put off, and once when what they wrote has settled.
type bill struct {
	s          *contend.Server
	began, run time.Duration
}

// openBill begins to count now. The server is at rest.
func openBill(s *contend.Server) bill { return bill{s: s, began: s.CPU()} }

// ran is the bill when the last command has been answered.
func (b bill) ran() bill {
	b.run = b.s.CPU() - b.began
	return b
}

// charge waits until the server has settled, and files both figures, a command.
func (b bill) charge(c *results.Cell, commands int64) {
	if limit := restLimit(b.s); !b.s.WaitIdle(limit) {
		c.Note = strings.TrimSuffix(fmt.Sprintf("what it wrote had not settled, or not within %v; %s", limit, c.Note), "; ")
	}
	each := func(t time.Duration) float64 { return t.Seconds() * 1e6 / float64(max(commands, 1)) }
	c.Figures["cpu_run_us"], c.Figures["cpu_us"] = each(b.run), each(b.s.CPU()-b.began)
}

// generate runs a job of our own generator and bills the server's CPU as measure does.
func generate(ctx context.Context, s *contend.Server, job load.Job) results.Cell {
	job.Addr = s.Addr()
	open := openBill(s)
	out := load.Run(ctx, job)
	open = open.ran()
	if out.Hist.Count() == 0 || out.Errors == out.Hist.Count() {
		return results.Cell{Note: firstLine(out.Err)}
	}
	cell := results.Cell{Figures: out.Figures(), Note: firstLine(out.Err)}
	cell.Figures["errors"] = float64(out.Errors)
	open.charge(&cell, out.Hist.Count())
	return cell
}
