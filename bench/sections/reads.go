package sections

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"larder/bench/contend"
	"larder/bench/load"
	"larder/bench/results"
	"larder/bench/wire"
)

// runReads compares GET alone with GET beside a writer. Alone and beside follow each other for each contender,
// so both see the same machine.
func runReads(ctx context.Context, b *Bench, rec *results.Recorder) error {
	f, err := b.start(ctx, contend.RedisMemory, contend.RedisEverysec, contend.Redka, contend.Kvrocks,
		contend.LarderBefore, contend.Larder)
	if err != nil {
		return err
	}
	defer f.stop()
	if err := b.fillAll(f, b.Plan.Keys, plainKeys()); err != nil {
		return err
	}
	for _, conns := range []int{0, 1, 50} {
		row := "GET alone"
		if conns > 0 {
			row = fmt.Sprintf("GET, %d writing", conns)
		}
		err := b.inTurn(ctx, rec, f, row, func(s *contend.Server) results.Cell { return b.readBeside(ctx, s, conns) })
		if err != nil {
			return err
		}
	}
	return nil
}

// readBeside measures GET from one client while conns connections of another process write.
func (b *Bench) readBeside(ctx context.Context, s *contend.Server, conns int) results.Cell {
	keys := capped(s, b.Plan.Keys)
	if conns > 0 {
		end, err := b.startWriter(ctx, s, keys, conns)
		if err != nil {
			return failed(err)
		}
		defer end()
		time.Sleep(300 * time.Millisecond) // until it is at full speed
	}
	out := load.Run(ctx, load.Job{Addr: s.Addr(), Conns: 1, Seconds: b.Plan.Reads, Make: getOf(keys)})
	if out.Hist.Count() == 0 || out.Err != nil {
		return results.Cell{Note: firstLine(out.Err)}
	}
	return results.Cell{Figures: out.Figures()}
}

// startWriter runs this program as a writer; the returned function ends it and waits for quiet.
func (b *Bench) startWriter(ctx context.Context, s *contend.Server, keys, conns int) (func(), error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "write", s.Addr(), strconv.Itoa(keys), strconv.Itoa(conns),
		fmt.Sprint(b.Plan.Reads+10))
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return func() {
		cmd.Process.Kill()
		cmd.Wait()
		s.WaitIdle(idleLimit)
	}, nil
}

// Write is the writing process: SET of random keys over conns connections, as fast as the answers come, for some
// seconds.
func Write(ctx context.Context, addr string, keys, conns int, seconds float64) error {
	return load.Run(ctx, load.Job{Addr: addr, Conns: conns, Seconds: seconds, Make: setOfKeys(keys)}).Err
}

func getOf(keys int) load.Maker {
	return func(c *wire.Conn, r *rand.Rand) { c.Append("GET", number("key", r.IntN(keys))) }
}

func setOfKeys(keys int) load.Maker {
	v := value()
	return func(c *wire.Conn, r *rand.Rand) { c.Append("SET", number("key", r.IntN(keys)), v) }
}

func firstLine(err error) string {
	if err == nil {
		return ""
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
