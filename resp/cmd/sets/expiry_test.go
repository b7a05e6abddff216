package sets

import (
	"fmt"
	"strings"
	"testing"

	"larder/resp/cmd/cmdtest"
	"larder/store/memory"
)

func TestExpiryReplies(t *testing.T) {
	cmdtest.Replay(t, "testdata/expiry.txt", Table(), fresh, set)
}

// TestMembersExpire: a member is there in its last millisecond, and in the next one nobody sees it.
func TestMembersExpire(t *testing.T) {
	for _, pad := range []string{"x", strings.Repeat("x", 5000)} { // packed, or a row for each member
		now := int64(1_000_000)
		s := cmdtest.NewSession(memory.New(memory.WithClock(func() int64 { return now })), Table(), set)
		want := func(line, want string) {
			t.Helper()
			if got := s.DoText(t, line); got != want {
				t.Errorf("at %d, %s:\n got %s\nwant %s", now, line, got, want)
			}
		}
		count := func(line string, members int) {
			t.Helper()
			got := s.DoText(t, line)
			if got = strings.TrimPrefix(got, "*2 $1 0 "); !strings.HasPrefix(got, fmt.Sprintf("*%d ", members)) || strings.Contains(got, "$1 a") {
				t.Errorf("at %d, %s: %.100s", now, line, got)
			}
		}
		want("SADD s a b c "+pad, ":4")
		want("SPEXPIRE s 100 MEMBERS 1 a", "*1 :1")
		want("SEXPIRE s 1 MEMBERS 1 b", "*1 :1")
		want("SADD other a c d", ":3")
		now += 40
		want("SPTTL s MEMBERS 2 a b", "*2 :60 :960")
		want("STTL s MEMBERS 2 a b", "*2 :1 :1")
		now += 60
		want("SISMEMBER s a", ":1")
		want("SPTTL s MEMBERS 1 a", "*1 :0")
		want("SCARD s", ":4")
		want("SINTERCARD 2 s other", ":2")
		now++
		want("SISMEMBER s a", ":0")
		want("SMISMEMBER s a b", "*2 :0 :1")
		want("SCARD s", ":3")
		want("SINTERCARD 2 s other", ":1")
		want("SINTERCARD 2 other s", ":1")
		want("SUNIONCARD 2 s other", ":5")
		want("SDIFFCARD 2 other s", ":2")
		want("SDIFFCARD 2 s other", ":2")
		want("SINTERSTORE to s other", ":1")
		want("SUNIONSTORE to other s", ":5")
		want("SPTTL to MEMBERS 3 a b c", "*3 :-1 :899 :-1")
		want("SDIFFSTORE to other s", ":2")
		want("SPTTL s MEMBERS 1 a", "*1 :-2")
		want("SPERSIST s MEMBERS 1 a", "*1 :-2")
		want("SEXPIRE s 9 MEMBERS 2 a b", "*2 :-2 :1")
		want("SREM s a", ":0")
		want("SMOVE s other a", ":0")
		want("SADDEX s MXX MEMBERS 1 a", ":0")
		count("SMEMBERS s", 3)
		count("SSCAN s 0", 3)
		count("SRANDMEMBER s 9", 3)
		count("SRANDMEMBER s -9", 9)
		count("SDIFF s none", 3)
		want("SADDEX s MNX PX 10 MEMBERS 1 a", ":1")
		now += 11
		want("SADD s a", ":1")
		want("SPTTL s MEMBERS 1 a", "*1 :-1")
		want("SPEXPIRE s 10 MEMBERS 1 a", "*1 :1")
		want("SADD s a", ":0")
		want("SPTTL s MEMBERS 1 a", "*1 :10")
		now += 11
		count("SPOP s 2", 2)
		want("SCARD s", ":1")
		count("SPOP s 2", 1)
		want("SADD s x", ":1")
		want("SPEXPIRE s 20 MEMBERS 1 x", "*1 :1")
		want("SADDEX s PX 20 MEMBERS 1 y", ":1")
		now += 21
		want("SCARD s", ":0")
		want("SPOP s", "$-1")
		want("SADD s new", ":1")
		want("SMEMBERS s", "*1 $3 new")
	}
}
