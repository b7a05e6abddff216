package resp_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

func TestOneEntryServesAllWhoWaitForIt(t *testing.T) {
	s := serve(t)
	c := s.dial(t)
	c.want("XADD s 1-1 a 1", "1-1")
	var waiting []*caller
	for i := range 20 {
		line := []string{"XREAD BLOCK 0 STREAMS s $", "XREAD COUNT 1 BLOCK 0 STREAMS other s $ 1-1", "XREAD BLOCK 0 STREAMS s s 9-9 1"}[i%3]
		if i%3 == 2 {
			line = "XREAD BLOCK 0 STREAMS third s 0 1-1"
		}
		waiting = append(waiting, s.blockOn(t, c, i+1, line))
	}
	c.want("XDEL s 1-1", ":1")
	c.want("XTRIM s MAXLEN 0", ":0")
	c.want("XADD s 2-1 b 2", "2-1")
	for i, w := range waiting {
		if got := w.reply(); got != "[[s [[2-1 [b 2]]]]]" {
			t.Errorf("%d got %s", i, got)
		}
	}
	c.want("XLEN s", ":1")
	c.until("blocked_clients", "0")
}

// Those in front wait for later ids, and keys of all shards: whoever adds an entry must come past them.
func TestWhoWaitsForLaterEntriesIsPassed(t *testing.T) {
	s := serve(t)
	c := s.dial(t)
	const n = 80
	var waiting []*caller
	for i := range n {
		id := "9999-0"
		if i == n-1 {
			id = "$"
		}
		waiting = append(waiting, s.blockOn(t, c, i+1, fmt.Sprintf("XREAD BLOCK 0 STREAMS s other%d %s $", i, id)))
	}
	c.want("XADD s 1-1 a 1", "1-1")
	if got := waiting[n-1].reply(); got != "[[s [[1-1 [a 1]]]]]" {
		t.Error("the last one got", got)
	}
	c.until("blocked_clients", strconv.Itoa(n-1))
	c.want("XADD s 10000-1 b 2", "10000-1")
	for i, w := range waiting[:n-1] {
		if got := w.reply(); got != "[[s [[10000-1 [b 2]]]]]" {
			t.Errorf("%d got %s", i, got)
		}
	}
	c.until("blocked_clients", "0")
}

func TestWhatWaitsIsCounted(t *testing.T) {
	s := serve(t)
	c := s.dial(t)
	c.want("XGROUP CREATE s g $ MKSTREAM", "+OK")
	s.blockOn(t, c, 1, "XREAD BLOCK 0 STREAMS s none $ $")
	reader := s.blockOn(t, c, 2, "XREADGROUP GROUP g a BLOCK 0 STREAMS s >")
	c.until("total_blocking_keys", "2")
	c.until("total_blocking_keys_on_nokey", "1")
	c.want("XADD full 1-1 a 1", "1-1")
	c.want("XREAD BLOCK 0 STREAMS full none 0 0", "[[full [[1-1 [a 1]]]]]")
	if hits, misses := c.info("keyspace_hits"), c.info("keyspace_misses"); hits != "2" || misses != "2" {
		t.Errorf("%s hits and %s misses: XREAD looks at each of two keys twice, as in Redis", hits, misses)
	}
	c.want("DEL s", ":1")
	if got := reader.reply(); !strings.HasPrefix(got, "-NOGROUP ") {
		t.Error("the reader got", got)
	}
	c.until("total_blocking_keys_on_nokey", "0")
}

func TestADollarIsTheLastEntryWhenTheWaitBegins(t *testing.T) {
	s := serve(t)
	c := s.dial(t)
	c.want("XADD s 5-0 a 1", "5-0")
	w := s.blockOn(t, c, 1, "XREAD BLOCK 0 STREAMS s $")
	c.send("MULTI", "DEL s", "XADD s 4-0 b 2", "EXEC")
	for range 4 {
		c.reply()
	}
	c.want("XADD s 6-0 c 3", "6-0")
	if got := w.reply(); got != "[[s [[6-0 [c 3]]]]]" {
		t.Error("got", got)
	}
}
