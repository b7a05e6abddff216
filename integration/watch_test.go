package integration

import (
	"strconv"
	"sync"
	"testing"
)

// TestWatchSeesWritesUnderWay counts with INCR and, at the same time and on the same key,
// with WATCH, GET and SET. A write that has run but is not published yet, because its
// record is on its way to the disk, must not slip between WATCH and GET: GET would miss it,
// and EXEC would not know.
func TestWatchSeesWritesUnderWay(t *testing.T) {
	s := startLarder(t, "--appendfsync", "always")
	const each, sides = 150, 4
	var wg sync.WaitGroup
	for range sides {
		plain, watching := dial(t, s), dial(t, s)
		wg.Go(func() {
			for range each {
				plain.do("INCR", "n")
			}
		})
		wg.Go(func() {
			for done := 0; done < each; {
				watching.do("WATCH", "n")
				v, _ := watching.do("GET", "n")
				n, _ := strconv.Atoi(v.text)
				switch v := watching.transaction([]string{"SET", "n", strconv.Itoa(n + 1)}); {
				case v.kind == 'x' || v.isError():
					t.Errorf("EXEC: %v", v)
					return
				case !v.null:
					done++
				}
			}
		})
	}
	wg.Wait()
	if got := dial(t, s).must(t, "GET", "n").text; got != strconv.Itoa(2*each*sides) {
		t.Errorf("counted %s, want %d", got, 2*each*sides)
	}
}
