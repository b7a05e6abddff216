package integration

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// memberNotices are lines, and the events that Redis 8.12 gives for them.
var memberNotices = []struct{ lines, want string }{
	{"SADD s a b c d; SEXPIRE s 1000 MEMBERS 2 a b; SEXPIRE s 1000 NX MEMBERS 1 a; SEXPIRE s 1000 MEMBERS 1 x", "sadd s, sexpire s"},
	{"SADDEX s EX 1000 MEMBERS 2 a b; SPERSIST s MEMBERS 2 a x; SPERSIST s MEMBERS 1 a; STTL s MEMBERS 1 b", "sadd s, sexpire s, spersist s"},
	{"SADD s a b; SEXPIREAT s 1 MEMBERS 1 a; SEXPIREAT s 1 MEMBERS 1 x; SEXPIRE s 0 MEMBERS 2 b x", "sadd s, srem s, srem s, del s"},
	{"SADD s a b; SADDEX s MEMBERS 1 a; SADDEX s MNX EX 9 MEMBERS 1 a; SADDEX s PXAT 1 MEMBERS 2 a x; SADDEX s PXAT 1 MEMBERS 1 x; SADDEX s PXAT 1 MEMBERS 1 b",
		"sadd s, sadd s, srem s, srem s, del s"},
	{"SADDEX s EX 1000 MEMBERS 1 a; SADD s b; SADD d z; SMOVE s d a; SMOVE s d b", "sadd s, sexpire s, sadd s, sadd d, srem s, sadd d, sexpire d, srem s, del s, sadd d"},
	{"SADDEX s EX 1000 MEMBERS 1 y; SADD s w z; SADD d z w y; SEXPIRE d 9 MEMBERS 1 w; SMOVE s d y; SMOVE s d w; SMOVE s d z",
		"sadd s, sexpire s, sadd s, sadd d, sexpire d, srem s, sexpire d, srem s, spersist d, srem s, del s"},
	{"SADDEX s EX 1000 MEMBERS 1 a; SUNIONSTORE d s; SPOP s", "sadd s, sexpire s, sunionstore d, spop s, del s"},
}

func TestMemberEvents(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	s := startLarder(t)
	for _, c := range memberNotices {
		var got []string
		for _, line := range noticesOf(t, s, "KEA", c.lines) {
			if event, ok := strings.CutPrefix(line, "__keyspace@0__:"); ok {
				key, name, _ := strings.Cut(event, " ")
				got = append(got, name+" "+key)
			}
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.lines, strings.Join(got, ", "), c.want)
		}
	}
}

// membersOf are the words of a command on so many members.
func membersOf(n int, words ...string) []string {
	for i := range n {
		words = append(words, fmt.Sprint("m", i, strings.Repeat("w", 20)))
	}
	return words
}

// TestMembersExpireActively: what has expired is removed, counted and announced, whether it lies in the files or not, and
// sets that have lost their last member are gone with it.
func TestMembersExpireActively(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	for _, members := range []int{4, 120, 3000} {
		for _, settled := range []bool{false, true} {
			t.Run(fmt.Sprint(members, " ", settled), func(t *testing.T) {
				s := startLarder(t, "--shards", "3", "--enable-debug-command", "yes")
				c := dial(t, s)
				c.must(t, "DEBUG", "SET-ACTIVE-EXPIRE", "0")
				const n = 8
				for i := range n {
					doomed, key := members, fmt.Sprint("s", i)
					if i%2 == 0 {
						doomed = members / 2
					}
					c.must(t, membersOf(members, "SADD", key)...)
					c.must(t, membersOf(doomed, "SPEXPIRE", key, "1", "MEMBERS", fmt.Sprint(doomed))...)
				}
				eventually(t, "the last members expire", func() bool { return c.must(t, "SCARD", "s7").String() == ":0" })
				half := fmt.Sprint(":", members/2)
				c.expect(t, "SCARD s6", half)
				c.expect(t, "DBSIZE", fmt.Sprint(":", n))
				c.expect(t, "EXISTS s1 s3 s5 s7", ":0")
				c.expect(t, "SISMEMBER s0 "+membersOf(1)[0], ":0")
				c.expect(t, "SINTERCARD 2 s0 s2", half)
				c.expect(t, "SDIFFCARD 2 s0 s2", ":0")
				c.expect(t, "SUNIONCARD 3 s0 s1 s2", half)
				c.expect(t, "ZUNIONSTORE z 2 s0 s1", half)
				c.expect(t, "SORT s0 BY nosort STORE list", half)
				for at, want := range []int{1, 0} { // the last one that lives, and what would be behind it
					sorted := c.must(t, "SORT", "s0", "BY", "nosort", "LIMIT", fmt.Sprint(members/2-1+at), "9")
					if len(sorted.list) != want {
						t.Errorf("SORT BY nosort LIMIT: %s", sorted)
					}
				}
				c.must(t, "DEL", "z", "list")
				if settled { // a start settles what the log holds
					s.kill(t)
					s.restart(t)
					c = dial(t, s)
				} else {
					c.must(t, "DEBUG", "SET-ACTIVE-EXPIRE", "1")
				}
				eventually(t, "the sets without members are removed", func() bool { return c.must(t, "DBSIZE").String() == fmt.Sprint(":", n/2) })
				eventually(t, "the members are removed", func() bool { return infoNumber(t, c, "expired_subkeys") == int64(n/2*(members+members/2)) })
				c.expect(t, "SCARD s6", half)
				if got := c.must(t, "CACHE", "CHECK").String(); !strings.Contains(got, "sound") {
					t.Errorf("CACHE CHECK: %s", got)
				}
			})
		}
	}
}

// TestSexpiredEvents: one event for what a step removes, and del behind the last of a set; who keeps or watches the set
// is told.
func TestSexpiredEvents(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	s := startLarder(t, "--notify-keyspace-events", "Esg", "--enable-debug-command", "yes")
	c, ear, keeper, watcher := dial(t, s), dial(t, s), dial(t, s), dial(t, s)
	ear.must(t, "PSUBSCRIBE", "__keyevent@0__:sexpired", "__keyevent@0__:del")
	ear.receive()
	hear := func(n int) (heard []string) {
		for range n {
			m, _ := ear.receive()
			heard = append(heard, strings.TrimPrefix(m.list[2].text, "__keyevent@0__:")+" "+m.list[3].text)
		}
		return heard
	}
	keeper.must(t, "HELLO", "3")
	keeper.must(t, "CLIENT", "TRACKING", "ON")
	c.must(t, "SADD", "s", "a", "b")
	c.must(t, "SPEXPIRE", "s", "50", "MEMBERS", "1", "a")
	keeper.must(t, "SMEMBERS", "s")
	watcher.must(t, "WATCH", "s")
	if got := hear(1); !slices.Equal(got, []string{"sexpired s"}) {
		t.Errorf("heard %q", got)
	}
	if m, _ := keeper.receive(); m.String() != `>["invalidate" *["s"]]` {
		t.Errorf("told %s", m)
	}
	watcher.must(t, "MULTI")
	watcher.must(t, "SET", "k", "v")
	watcher.expect(t, "EXEC", "(nil)")
	c.must(t, "SPEXPIRE", "s", "1", "MEMBERS", "1", "b")
	if got := hear(2); !slices.Equal(got, []string{"sexpired s", "del s"}) {
		t.Errorf("heard %q", got)
	}
	c.must(t, "DEBUG", "SET-ACTIVE-EXPIRE", "0")
	c.must(t, "SADDEX", "i", "PX", "1", "MEMBERS", "1", "a")
	eventually(t, "the member expires", func() bool { return c.must(t, "EXISTS", "i").String() == ":0" })
	c.must(t, "SADD", "i", "b")
	if got := hear(2); !slices.Equal(got, []string{"sexpired i", "del i"}) {
		t.Errorf("heard %q", got)
	}
	c.expect(t, "SMEMBERS i", `*["b"]`)
}

// TestMemberTimesTravel: whatever carries a set carries when its members expire, and they do where it has come to; what
// would lose the times refuses.
func TestMemberTimesTravel(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	const at = 4102444800000
	for _, members := range []int{4, 120, 3000} {
		s := startLarder(t, "--shards", "4")
		c := dial(t, s)
		names := membersOf(members)
		c.must(t, append([]string{"SADD", "s"}, names...)...)
		c.must(t, append([]string{"SPEXPIREAT", "s", fmt.Sprint(at), "MEMBERS", fmt.Sprint(members - 1)}, names[1:]...)...)
		want := fmt.Sprintf("*[:-1 :%d :-2]", at)
		told := func(key string) {
			t.Helper()
			c.expect(t, "SPEXPIRETIME "+key+" MEMBERS 3 "+names[0]+" "+names[1]+" none", want)
			c.expect(t, "SCARD "+key, fmt.Sprint(":", members))
		}
		told("s")
		for i := range 6 { // to other shards and back
			c.must(t, "RENAME", fmt.Sprint("s", strings.Repeat("x", i)), fmt.Sprint("s", strings.Repeat("x", i+1)))
			told("s" + strings.Repeat("x", i+1))
		}
		c.must(t, "RENAME", "sxxxxxx", "s")
		c.must(t, "COPY", "s", "copy")
		told("copy")
		c.must(t, "SUNIONSTORE", "union", "none", "copy")
		told("union")
		c.must(t, "EXPIRE", "copy", "1000")
		c.must(t, "PERSIST", "copy")
		told("copy")
		c.must(t, "COPY", "copy", "other", "DB", "3")
		c.must(t, "SELECT", "3")
		told("other")
		c.must(t, "MOVE", "other", "0")
		c.must(t, "SELECT", "0")
		c.must(t, "MULTI")
		c.must(t, "SPERSIST", "other", "MEMBERS", "1", names[1])
		c.must(t, "SADDEX", "other", "PXAT", fmt.Sprint(at), "MEMBERS", "1", names[1])
		c.expect(t, "EXEC", "*[*[:1] :1]")
		told("other")
		const script = "redis.call('SPERSIST', KEYS[1], 'MEMBERS', 1, ARGV[1]) redis.call('SADDEX', KEYS[1], 'PXAT', ARGV[2], 'MEMBERS', 1, ARGV[1]) " +
			"return redis.call('SPEXPIRETIME', KEYS[1], 'MEMBERS', 1, ARGV[1])"
		c.expect(t, `EVAL "`+script+`" 1 other `+names[1]+" "+fmt.Sprint(at), fmt.Sprintf("*[:%d]", at))
		told("other")
		s.kill(t)
		s.restart(t)
		c = dial(t, s)
		for _, key := range []string{"s", "copy", "other", "union"} {
			told(key)
			c.must(t, "SPEXPIRE", key, "1", "MEMBERS", "1", names[1])
		}
		eventually(t, "the members are removed", func() bool { return infoNumber(t, c, "expired_subkeys") == 4 })
		c.expect(t, "SCARD s", fmt.Sprint(":", members-1))
		c.expect(t, "DUMP s", `(error) "ERR a set of which members expire has no published serialized form"`)
		c.expect(t, "SAVE", `(error) "ERR"`)
		c.must(t, "DEL", "copy", "other", "union")
		c.must(t, append([]string{"SPERSIST", "s", "MEMBERS", fmt.Sprint(members)}, names...)...)
		c.must(t, "SAVE")
		c.must(t, "RESTORE", "restored", "0", c.must(t, "DUMP", "s").text)
		c.expect(t, "SCARD restored", fmt.Sprint(":", members-1))
		if got := c.must(t, "CACHE", "CHECK").String(); !strings.Contains(got, "sound") {
			t.Errorf("CACHE CHECK: %s", got)
		}
	}
}
