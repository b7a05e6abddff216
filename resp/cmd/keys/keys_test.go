// Commands on keys answer as Redis does; times are kept to the millisecond, and SCAN visits every key.
package keys_test

import (
	"fmt"
	"strings"
	"testing"

	"larder/resp/cmd/cmdtest"
	"larder/store/memory"
)

func TestRepliesAreThoseOfRedis(t *testing.T) {
	exchanges := cmdtest.Read(t, "testdata/keys.txt")
	for _, proto := range []int{2, 3} {
		now := clock(1_700_000_000_000)
		s := newSession(now.engine(), host{})
		s.proto = proto
		for _, x := range exchanges {
			if got := s.do(t, x.Words...); got != x.Want[proto-2] {
				t.Errorf("line %d, protocol %d: %q\n got %s\nwant %s", x.Line, proto, x.Words, got, x.Want[proto-2])
			}
		}
	}
}

func TestTimeIsKeptToTheMillisecond(t *testing.T) {
	now := clock(1000)
	s := newSession(now.engine(), host{})
	rows := []struct {
		line, want string
		step       clock
	}{
		{line: "SET k v", want: "+OK"}, {line: "PEXPIRE k 1500", want: ":1"}, {line: "PTTL k", want: ":1500"},
		{line: "TTL k", want: ":2"}, {line: "PEXPIRETIME k", want: ":2500"}, {line: "EXPIRETIME k", want: ":3"},
		{step: 1, line: "TTL k", want: ":1"}, {step: 1499, line: "PTTL k", want: ":0"},
		{line: "EXISTS k", want: ":1"}, {step: 1, line: "EXISTS k", want: ":0"}, {line: "PTTL k", want: ":-2"},
		{line: "KEYS *", want: "*0"}, {line: "SCAN 0", want: "*2 $1 0 *0"}, {line: "DBSIZE", want: ":1"},
		{line: "RENAME k j", want: "-ERR no such key"}, {line: "COPY k j", want: ":0"}, {line: "MOVE k 1", want: ":0"},
		{line: "EXPIRE k 10", want: ":0"}, {line: "PERSIST k", want: ":0"}, {line: "OBJECT ENCODING k", want: "$-1"},
		{line: "SET j v", want: "+OK"}, {line: "RENAMENX j k", want: ":1"}, {line: "TTL k", want: ":-1"},
		{line: "DEL k", want: ":1"}, {line: "DBSIZE", want: ":0"},
		{line: "SET k v", want: "+OK"}, {line: "PEXPIRE k 5", want: ":1"}, {step: 6, line: "DEL k", want: ":0"},
		{line: "DBSIZE", want: ":0"},
	}
	for _, r := range rows {
		now += r.step
		if got := s.line(t, r.line); got != r.want {
			t.Errorf("at %d, %s: %s, want %s", now, r.line, got, r.want)
		}
	}
}

func TestScanVisitsEveryKey(t *testing.T) {
	s := newSession(memory.New(), host{})
	want := map[string]bool{}
	for i := range 2500 {
		name := fmt.Sprintf("key:%d", i)
		want[name] = true
		s.line(t, "SET "+name+" v")
	}
	s.line(t, "RPUSH list x")
	for _, options := range []string{"", " COUNT 7 MATCH key:*", " COUNT 1000 TYPE string", " COUNT 100000"} {
		seen, calls := map[string]bool{}, 0
		for cursor := "0"; cursor != "0" || calls == 0; calls++ {
			words := strings.Fields(s.line(t, "SCAN "+cursor+options))
			cursor = words[2]
			for i := 5; i < len(words); i += 2 {
				seen[words[i]] = true
			}
		}
		if options != "" && options != " COUNT 100000" && seen["list"] {
			t.Errorf("SCAN%s shows the list", options)
		}
		for name := range want {
			if !seen[name] {
				t.Fatalf("SCAN%s misses %s", options, name)
			}
		}
		if many := calls > 1; many == (options == " COUNT 100000") {
			t.Errorf("SCAN%s took %d calls", options, calls)
		}
	}
	if got := strings.Count(s.line(t, "KEYS *"), "$"); got != 2501 {
		t.Errorf("KEYS shows %d keys", got)
	}
}

func TestRandomKeyIsOneOfThem(t *testing.T) {
	s := newSession(memory.New(), host{})
	s.line(t, "SET a 1")
	s.line(t, "SET b 1")
	seen := map[string]bool{}
	for range 200 {
		seen[s.line(t, "RANDOMKEY")] = true
	}
	if len(seen) != 2 || !seen["$1 a"] || !seen["$1 b"] {
		t.Errorf("saw %v", seen)
	}
}

func TestObjectUnderAnLFUPolicy(t *testing.T) {
	s := newSession(memory.New(), host{lfu: true})
	s.line(t, "SET k v")
	rows := map[string]string{
		"OBJECT FREQ k":        ":5",
		"OBJECT FREQ none":     "$-1",
		"OBJECT IDLETIME none": "$-1",
		"OBJECT IDLETIME k": "-ERR An LFU maxmemory policy is selected, idle time not tracked. " +
			"Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.",
	}
	for line, want := range rows {
		if got := s.line(t, line); got != want {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}
}

// A failed MOVE or COPY leaves both databases alone.
func TestMoveKeepsWhatIsThere(t *testing.T) {
	s := newSession(memory.New(), host{})
	s.line(t, "SET k here")
	s.db = 1
	s.line(t, "SET k there")
	s.db = 0
	if got := s.line(t, "MOVE k 1"); got != ":0" {
		t.Errorf("MOVE: %s", got)
	}
	if got := s.line(t, "GET k"); got != "$4 here" {
		t.Errorf("source: %s", got)
	}
	s.db = 1
	if got := s.line(t, "GET k"); got != "$5 there" {
		t.Errorf("destination: %s", got)
	}
}
