package integration

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestRandomSmallAgainstRedis: hashes, sets and sorted sets under limits so small, and so often changed, that they go
// from one encoding to the other all the time, alone, in transactions and in scripts.
func TestRandomSmallAgainstRedis(t *testing.T) {
	t.Parallel()
	diff(t, []script{randomSmall(1), randomSmall(2), randomSmall(3)})
}

// shown is what a key holds, in order where the encoding has one. What 7.2 keeps in a listpack and 7.0 in a hash table,
// a set of words, has none here: see orderRows.
const shown = `
local e = redis.call('OBJECT', 'ENCODING', KEYS[1])
local t = redis.call('TYPE', KEYS[1]).ok
local v
if t == 'hash' then v = redis.call('HGETALL', KEYS[1])
elseif t == 'set' then v = redis.call('SMEMBERS', KEYS[1]) if e == 'listpack' then e = 'hashtable' end
elseif t == 'zset' then v = redis.call('ZSCAN', KEYS[1], 0, 'COUNT', 1000000)[2]
else return t end
if e == 'hashtable' or e == 'skiplist' then table.sort(v) end
return {e, v}`

// smallHistory makes the lines of a history. It is one goroutine's.
type smallHistory struct {
	*rand.Rand
	lines []string
}

func (h *smallHistory) add(format string, args ...any) {
	h.lines = append(h.lines, fmt.Sprintf(format, args...))
}

func (h *smallHistory) some(of ...int) int { return of[h.IntN(len(of))] }

// limits changes one, or sets all to what lets collections be compact.
func (h *smallHistory) limits(small bool) {
	names := []string{"hash-max-listpack-entries", "hash-max-listpack-value", "set-max-intset-entries",
		"zset-max-listpack-entries", "zset-max-listpack-value"}
	if small {
		h.add("CONFIG SET %s %d", names[h.IntN(len(names))], h.some(0, 2, 5, 16, 40))
		return
	}
	for i, name := range names {
		h.add("CONFIG SET %s %d", name, []int{512, 64, 512, 128, 64}[i])
	}
}

// words are fields or members: short, long, or numbers.
func (h *smallHistory) words(numbers bool, between func() string) string {
	var b strings.Builder
	for range 1 + h.IntN(8)*h.IntN(3) {
		b.WriteString(" " + between())
		switch n := h.IntN(90); {
		case numbers && h.IntN(400) > 0:
			fmt.Fprint(&b, n*n*n*n*n*n*n-1000)
		case h.IntN(3) > 0:
			fmt.Fprintf(&b, "<%d*w>%d", 12+n/3, n)
		default:
			fmt.Fprint(&b, "w", n)
		}
	}
	return b.String()
}

func (h *smallHistory) nothing() string { return "" }

func (h *smallHistory) score() string { return fmt.Sprintf("%d ", h.IntN(9)) }

// command is one on a hash, a set or a sorted set.
func (h *smallHistory) command() string {
	key := h.IntN(3)
	value := func() string { return fmt.Sprintf("<%d*v>%d ", h.some(1, 60, 60), h.IntN(10)) }
	switch h.IntN(18) {
	case 0, 1, 2, 16, 17:
		// pairs: a value stands in front of each field but the first, and one behind the last
		return fmt.Sprintf("HSET h%d first%s last", key, h.words(false, value))
	case 3:
		return fmt.Sprintf("HDEL h%d%s", key, h.words(false, h.nothing))
	case 4:
		return fmt.Sprintf("HINCRBY h%d n%d %d", key, h.IntN(4), h.IntN(1000))
	case 5, 6, 7:
		return fmt.Sprintf("SADD s%d%s", key, h.words(true, h.nothing))
	case 8:
		return fmt.Sprintf("SREM s%d%s", key, h.words(true, h.nothing))
	case 9:
		return fmt.Sprintf("%s d%d s%d s%d", []string{"SUNIONSTORE", "SINTERSTORE", "SDIFFSTORE"}[h.IntN(3)], key, h.IntN(3), h.IntN(3))
	case 10, 11:
		return fmt.Sprintf("ZADD z%d%s", key, h.words(false, h.score))
	case 12:
		return fmt.Sprintf("ZREM z%d%s", key, h.words(false, h.nothing))
	case 13:
		return []string{fmt.Sprintf("ZREMRANGEBYRANK z%d %d %d", key, h.IntN(20), h.IntN(20)),
			fmt.Sprintf("ZREMRANGEBYSCORE z%d %d (%d", key, h.IntN(9), h.IntN(9)), fmt.Sprintf("ZPOPMAX z%d %d", key, h.IntN(5)),
			fmt.Sprintf("ZUNIONSTORE z%d 2 z%d s%d", key, h.IntN(3), h.IntN(3))}[h.IntN(4)]
	case 14:
		kind := "hszd"[h.IntN(4)]
		return []string{fmt.Sprintf("COPY %c%d %c%d REPLACE", kind, key, kind, h.IntN(3)), fmt.Sprintf("RENAME %c%d %c%d", kind, key, kind, h.IntN(3))}[h.IntN(2)]
	}
	if h.IntN(2) == 0 {
		return fmt.Sprintf("DEL %c%d", "hszd"[h.IntN(4)], key)
	}
	return fmt.Sprintf("HSETNX h%d new%d v", key, h.IntN(100))
}

func randomSmall(seed uint64) script {
	h := &smallHistory{Rand: rand.New(rand.NewPCG(seed, 17))}
	for i := range 800 {
		switch h.IntN(12) {
		case 0:
			h.limits(i/80%4 == 3) // for a while now and then
		case 1:
			h.add("MULTI")
			for range 1 + h.IntN(4) {
				h.add("%s", h.command())
			}
			h.lines = append(h.lines, []string{"EXEC", "DISCARD"}[h.IntN(2)])
		case 2:
			h.add("EVAL \"return redis.call(unpack(ARGV))\" 0 %s", h.command())
		default:
			h.add("%s", h.command())
		}
		key := fmt.Sprintf("%c%d", "hszd"[h.IntN(4)], h.IntN(3))
		h.add("EVAL %q 1 %s", strings.ReplaceAll(shown, "\n", " "), key)
	}
	h.limits(false)
	return script{fmt.Sprint("random ", seed), strings.Join(h.lines, "\n")}
}
