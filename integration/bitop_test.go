package integration

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"larder/store/storetest"
)

// TestBitopHoldsLittle combines four strings, each of 256 MB in the long form: whatever their length, memory stays
// within 64 MiB of what the idle server has.
func TestBitopHoldsLittle(t *testing.T) {
	megabytes := storetest.Times(24, 256)
	s := startLarder(t)
	c := dial(t, s)
	piece := strings.Repeat("0123456789abcdef", 1<<16)
	for k := range 4 {
		for i := range megabytes {
			c.must(t, "SETRANGE", fmt.Sprint("b", k), strconv.Itoa(i<<20+k), piece)
		}
	}
	idle := s.memoryKB(t, "VmRSS")
	for range 50 { // until it has settled
		time.Sleep(100 * time.Millisecond)
		idle = min(idle, s.memoryKB(t, "VmRSS"))
	}
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", s.cmd.Process.Pid), []byte("5"), 0); err != nil { // VmHWM begins anew
		t.Fatal(err)
	}
	if n := c.must(t, "BITOP", "XOR", "d", "b0", "b1", "b2", "b3").text; n != strconv.Itoa(megabytes<<20+3) {
		t.Errorf("BITOP answers %s", n)
	}
	if most := s.memoryKB(t, "VmHWM"); most > idle+64<<10 {
		t.Errorf("memory went from %d to %d KiB", idle, most)
	}
}
