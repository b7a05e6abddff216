package integration

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

// TestRoomIsMadeBeforeItIsTaken has clients write ten times what the limit holds, every third value for a moment only. What
// was removed to make room is heard of in the order of the log, before the write that it made room for: whoever follows
// the events never counts more keys than there is room for.
func TestRoomIsMadeBeforeItIsTaken(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	const room, clients, each = 10, 4, 25
	s := startLarder(t, "--notify-keyspace-events", "KEA", "--maxmemory", "10100000", "--maxmemory-policy", "allkeys-random",
		"--shards", "4")
	l := listen(t, s, "__keyevent@0__:*", "said")
	value := strings.Repeat("x", 1_000_000)
	var all sync.WaitGroup
	for i := range clients {
		c := dial(t, s)
		all.Go(func() {
			for n := range each {
				words := []string{"SET", fmt.Sprintf("k%d:%d", i, n), value}
				if n%3 == 0 {
					words = append(words, "PX", "1")
				}
				if v, _ := c.do(words...); v.text != "OK" {
					t.Errorf("%s: %v", words[1], v)
				}
			}
		})
	}
	all.Wait()
	live, removed := map[string]bool{}, map[string]int{}
	for _, m := range l.end(t, s) {
		switch event := strings.TrimPrefix(m[0], "__keyevent@0__:"); event {
		case "set":
			if live[m[1]] = true; len(live) > room {
				t.Fatalf("behind %s there are %d keys, and no more was heard to go", m[1], len(live))
			}
		case "evicted", "expired":
			if !live[m[1]] {
				t.Errorf("%s is %s, and was not there", m[1], event)
			}
			delete(live, m[1])
			removed[event]++
		}
	}
	if got := removed["evicted"] + removed["expired"] + len(live); got != clients*each || removed["evicted"] == 0 || removed["expired"] == 0 {
		t.Errorf("%v were removed and %d are left, of %d", removed, len(live), clients*each)
	}
}
