package integration

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// noticeCases are command lines, separated by ";": the events they cause are compared, in order.
var noticeCases = []string{
	"SET k v; SET k w; SET k v EX 100; SET k v KEEPTTL; SET k v NX; SET k2 v NX PX 100000; SET k v XX GET; GETSET k x; SETNX k v; GETSET n x",
	"SETEX k 100 v; PSETEX k 100000 v; SETNX k v; SETNX n v; SET k v EXAT 33177117420; PERSIST k",
	"MSET a 1 b 2 c 3; MSETNX a 1 d 2; MSETNX d 1 e 2; GETDEL a; GETDEL a; DEL b nosuch c; DEL b; UNLINK d e",
	"APPEND k a; APPEND k b; SETRANGE k 3 x; SETRANGE k 3 \"\"; SETRANGE n 0 \"\"; INCR i; DECR i; INCRBY i 5; DECRBY i 5; INCRBYFLOAT i 1.5; INCR k",
	"SET k v; GETEX k; GETEX k EX 100; GETEX k PERSIST; GETEX k PERSIST; GETEX k PXAT 1; GETEX nosuch EX 10; GET nosuch; MGET k a b",
	"SETBIT k 7 1; SETBIT k 7 1; SETBIT k 6 0; SETBIT k 100 0; SETBIT n 0 0; GETBIT none 1; BITCOUNT none; BITPOS none 1; BITFIELD_RO none GET u8 0",
	"BITFIELD none GET u8 0; BITFIELD none; BITFIELD n GET u8 0 SET u8 0 0; BITFIELD f SET u8 0 5; BITFIELD f SET u8 0 5; BITFIELD f GET u8 0; BITFIELD f SET u8 0 1 SET u8 8 2; BITFIELD f OVERFLOW FAIL SET u2 0 9; BITFIELD g OVERFLOW FAIL SET u2 0 9; BITFIELD f OVERFLOW FAIL SET u2 80 9; BITFIELD f SET u8 160 0",
	"SET a x; SET b y; BITOP AND d a b; BITOP OR d d b; BITOP NOT n a; BITOP XOR d none; BITOP XOR d none; BITOP OR e none a; LPUSH l q; BITOP OR l a; BITOP OR l l l",
	"SET k v; EXPIRE k 100; PEXPIRE k 100000; EXPIREAT k 33177117420; PEXPIREAT k 33177117420000; EXPIRE k 5 GT; PERSIST k; PERSIST k; EXPIRE k -1; EXPIRE k 10",
	"SET k v; EXPIREAT k 1; SET k v; PEXPIREAT k 1; SET k v; EXPIRE k 0",
	"SET k v; RENAME k l; RENAME l l; RENAMENX l m; SET l x; RENAMENX m l; RENAME l m; RENAME nosuch x; COPY m n; COPY m n; COPY m n REPLACE; MOVE n 1; MOVE nosuch 1; COPY m z DB 2; COPY nosuch m",
	"LPUSH l a b; RPUSH l c; LPUSHX l x; RPUSHX l y; LPUSHX nosuch x; LINSERT l BEFORE a z; LINSERT l AFTER nosuch z; LSET l 0 q; LREM l 0 nosuch; LREM l 0 a; LTRIM l 0 100; LTRIM l 0 1; LPOP l; RPOP l; LPOP l; RPOP nosuch",
	"RPUSH l 1 2 3 4 5; LPOP l 2; RPOP l 0; RPOP l 5; RPUSH l a; LREM l 0 a; RPUSH l a; LTRIM l 5 9; LMPOP 2 no l RIGHT; RPUSH l 1 2; LMPOP 2 no l LEFT; LMPOP 2 no l RIGHT COUNT 5",
	"RPUSH l a b; LMOVE l m LEFT RIGHT; LMOVE l m RIGHT LEFT; LMOVE l m LEFT LEFT; RPOPLPUSH m m; RPOPLPUSH m n; LMOVE m m LEFT RIGHT; LMOVE m m LEFT LEFT; RPOPLPUSH m n",
	"SADD s a b c; SADD s a; SREM s nosuch; SREM s a; SMOVE s t b; SMOVE s t nosuch; SMOVE s t c; SADD t b; SMOVE t t b; SREM t b c; SREM t b",
	"SADD s a; SPOP s; SADD s a b c; SPOP s 3; SADD s a b c; SPOP s 10; SPOP s; SADD s a b c d e f g h i j; SPOP s 3; SPOP s 0",
	"SADD s a b; SADD t b c; SINTERSTORE d s t; SUNIONSTORE d s t; SDIFFSTORE d s t; SINTERSTORE d s nosuch; SINTERSTORE d s nosuch; SUNIONSTORE d nosuch; SDIFFSTORE s s t; SDIFFSTORE s s s",
	"HSET h a 1 b 2; HSET h a 1; HMSET h c 3; HSETNX h a 1; HSETNX h d 1; HINCRBY h a 5; HINCRBYFLOAT h a 1.5; HDEL h nosuch; HDEL h a b; HDEL h c d; HDEL h a; HINCRBY new f 1; HSETNX new2 f 1",
	"ZADD z 1 a 2 b; ZADD z 1 a; ZADD z 3 a; ZADD z NX 5 a; ZADD z XX CH 7 a; ZADD z INCR 1 a; ZADD z INCR 0 a; ZINCRBY z 2 b; ZINCRBY n 2 b; ZADD z XX 1 new; ZADD nosuch XX 1 a; ZREM z nosuch; ZREM z a; ZREM z b",
	"ZADD z 1 a 2 b 3 c 4 d 5 e; ZPOPMIN z; ZPOPMAX z; ZPOPMIN z 0; ZPOPMIN z 10; ZPOPMAX z; ZADD z 1 a 2 b; ZMPOP 2 no z MIN; ZMPOP 1 z MAX COUNT 5; ZMPOP 1 z MAX",
	"ZADD z 1 a 2 b 3 c 4 d 5 e; ZREMRANGEBYRANK z 0 0; ZREMRANGEBYSCORE z 2 2; ZREMRANGEBYLEX z [c [c; ZREMRANGEBYRANK z 7 9; ZREMRANGEBYSCORE z 0 100; ZREMRANGEBYSCORE z 0 100; ZADD z 1 a; ZREMRANGEBYLEX z - +; ZADD z 1 a; ZREMRANGEBYRANK z 0 -1",
	"ZADD z 1 a 2 b; ZADD y 1 b; ZUNIONSTORE d 2 z y; ZINTERSTORE d 2 z y; ZDIFFSTORE d 2 z y; ZRANGESTORE d z 0 -1; ZRANGESTORE d z 5 9; ZINTERSTORE d 2 z nosuch; ZDIFFSTORE d 1 z; ZDIFFSTORE d 2 z z; ZRANGESTORE z z 0 0; ZRANGESTORE d nosuch 0 0; ZUNIONSTORE d 1 nosuch",
	"MULTI; SET k v; LPUSH k x; LPUSH l a; LPOP l; EXEC; MULTI; SET k w; DISCARD; SELECT 3; SET k v; SELECT 0",
	"SET k v; SADD s a; FLUSHDB; SET k v; SWAPDB 0 1; SWAPDB 0 1; FLUSHALL; SET k v; SET k w",
	"LPUSH k a; SET k v; SADD k x; DEL k; SADD k x; SET k v; HSET k a b; RENAME k a; SADD a x",
	"EXISTS nosuch; TYPE nosuch; TTL nosuch; STRLEN nosuch; HGET nosuch a; LLEN nosuch; LRANGE nosuch 0 1; SCARD nosuch; SMEMBERS nosuch; ZCARD nosuch; ZSCORE nosuch a; GETRANGE nosuch 0 1; TOUCH nosuch a; OBJECT ENCODING nosuch",
	"SET k v PX 30; %sleep; SET k w; SET l v PX 30; %sleep; SADD m a; PEXPIRE m 30; %sleep; EXISTS k l m",
}

// TestEventsAgainstRedis compares the events of both forms.
func TestEventsAgainstRedis(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	for _, flags := range []string{"KEAmn", "Kgxn", "E$lshz", "Elm"} {
		for _, c := range noticeCases {
			t.Run(flags+"/"+c[:min(len(c), 20)], func(t *testing.T) {
				want := noticesOf(t, p.judge, flags, c)
				got := noticesOf(t, p.larder, flags, c)
				if strings.Join(got, "\n") != strings.Join(want, "\n") {
					t.Errorf("%s\nredis:\n  %s\nlarder:\n  %s", c, strings.Join(want, "\n  "), strings.Join(got, "\n  "))
				}
			})
		}
	}
}

// noticesOf runs the lines on an empty server and returns all messages they cause.
func noticesOf(t *testing.T, s *server, flags, lines string) []string {
	t.Helper()
	c, ear := dial(t, s), dial(t, s)
	c.must(t, "FLUSHALL")
	c.must(t, "CONFIG", "SET", "notify-keyspace-events", flags)
	ear.must(t, "PSUBSCRIBE", "*")
	expired := infoNumber(t, c, "expired_keys")
	for line := range strings.SplitSeq(lines, ";") {
		if line = strings.TrimSpace(line); line == "%sleep" {
			expired++
			for deadline := time.Now().Add(20 * time.Second); infoNumber(t, c, "expired_keys") < expired && time.Now().Before(deadline); {
				time.Sleep(10 * time.Millisecond)
			}
			time.Sleep(100 * time.Millisecond) // it may be counted before it is announced
			continue
		}
		words, err := splitWords(line)
		if err != nil {
			t.Fatal(err)
		}
		c.do(words...)
	}
	c.must(t, "PUBLISH", "end", "")
	var heard []string
	for {
		m, _ := ear.receive()
		if len(m.list) != 4 {
			t.Fatalf("%s: not a message: %v", s.bin, m)
		}
		if m.list[2].text == "end" {
			return heard
		}
		heard = append(heard, fmt.Sprint(m.list[2].text, " ", m.list[3].text))
	}
}

// TestExpiredEvents: keys nobody touches are announced when they are removed, soon after their time; and a
// write to one whose time has passed, with active expiry off, announces that first.
func TestExpiredEvents(t *testing.T) {
	t.Parallel()
	s := startLarder(t, "--notify-keyspace-events", "KEA", "--enable-debug-command", "yes")
	c, ear := dial(t, s), dial(t, s)
	ear.must(t, "SUBSCRIBE", "__keyevent@0__:expired")
	for i := range 20 {
		c.must(t, "SET", fmt.Sprint("k", i), "v", "PX", "20")
	}
	left := map[string]bool{}
	for range 20 {
		m, _ := ear.receive()
		left[m.list[2].text] = true
	}
	if len(left) != 20 {
		t.Errorf("%d different keys expired, want 20", len(left))
	}
	c.must(t, "DEBUG", "SET-ACTIVE-EXPIRE", "0")
	for _, name := range []string{"a", "b"} {
		c.must(t, "SET", name, "v", "PX", "1")
	}
	time.Sleep(20 * time.Millisecond)
	c.must(t, "LPUSH", "a", "x")
	c.must(t, "DEL", "b")
	for _, name := range []string{"a", "b"} {
		if m, _ := ear.receive(); m.list[2].text != name {
			t.Errorf("%s expired, want %s", m.list[2].text, name)
		}
	}
}
