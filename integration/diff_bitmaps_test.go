package integration

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestDiffBitmaps(t *testing.T) {
	t.Parallel()
	diff(t, append([]script{randomFields(1), randomFields(2), randomBits(1), randomBits(2), randomBits(3)}, bitmapScripts...))
}

// randomFields sets, adds to and reads fields of every width at close places: they overlap, and their numbers are often
// at an end of what fits.
func randomFields(seed uint64) script {
	r := rand.New(rand.NewPCG(seed, 21))
	number := func() int64 {
		n := int64(1)<<r.IntN(64) + int64(r.IntN(3)-1)
		if r.IntN(2) == 0 {
			return -n
		}
		return n
	}
	lines := []string{"CONFIG SET notify-keyspace-events KEA"}
	for range 700 {
		line := "BITFIELD k"
		for range 1 + r.IntN(4) {
			field := fmt.Sprintf("%c%d %s%d", "iu"[r.IntN(2)], 1+r.IntN(64), []string{"", "#"}[r.IntN(2)], r.IntN(9))
			switch r.IntN(6) {
			case 0:
				line += " GET " + field
			case 1, 2:
				line += fmt.Sprintf(" SET %s %d", field, number())
			case 3, 4:
				line += fmt.Sprintf(" INCRBY %s %d", field, number())
			case 5:
				line += " OVERFLOW " + []string{"WRAP", "SAT", "FAIL"}[r.IntN(3)]
			}
		}
		lines = append(lines, line)
		if r.IntN(40) == 0 {
			lines = append(lines, "GET k", "DEL k")
		}
	}
	return script{fmt.Sprint("random fields ", seed), strings.Join(append(lines, "GET k"), "\n")}
}

// randomBits sets bits near and far, combines strings of all lengths, and counts and searches ranges of them.
func randomBits(seed uint64) script {
	r := rand.New(rand.NewPCG(seed, 22))
	key := func() string { return string("abcd"[r.IntN(4)]) }
	place := func() int { return r.IntN([]int{40, 4000, 200000, 3000000}[r.IntN(4)]) }
	end := func() int { return place() / 4 * (1 - 2*r.IntN(2)) }
	unit := func() string { return []string{"", " BYTE", " BIT"}[r.IntN(3)] }
	var lines []string
	for range 900 {
		switch k := key(); r.IntN(9) {
		case 0, 1:
			lines = append(lines, fmt.Sprintf("SETBIT %s %d %d", k, place(), r.IntN(2)))
		case 2:
			lines = append(lines, fmt.Sprintf("SETRANGE %s %d <%d*%c>", k, place()/8, 1+r.IntN(40000), "\x7f~az"[r.IntN(4)]))
		case 3:
			lines = append(lines, fmt.Sprintf("BITCOUNT %s %d %d%s", k, end(), end(), unit()))
		case 4:
			lines = append(lines, fmt.Sprintf("BITPOS %s %d %d %d%s", k, r.IntN(2), end(), end(), unit()))
		case 5:
			lines = append(lines, fmt.Sprintf("BITPOS %s %d %d", k, r.IntN(2), end()), fmt.Sprintf("GETBIT %s %d", k, place()))
		case 6, 7:
			op := []string{"AND", "OR", "XOR", "AND", "OR", "XOR", "NOT"}[r.IntN(7)]
			line := "BITOP " + op + " " + k + " " + key()
			for range r.IntN(3) {
				if op != "NOT" {
					line += " " + key()
				}
			}
			lines = append(lines, line, "BITCOUNT "+k, "STRLEN "+k)
		case 8:
			if r.IntN(3) == 0 {
				lines = append(lines, "DEL "+k)
			}
		}
	}
	return script{fmt.Sprint("random bits ", seed), strings.Join(append(lines, "MGET a b c d"), "\n")}
}

var bitmapScripts = []script{
	{"bitmaps", `
SETBIT k 7 1

SETBIT k 7 0

SETBIT k 7 1

GET k

GETBIT k 7

GETBIT k 6

GETBIT k 100

GETBIT none 0

SETBIT k 23 0

STRLEN k

SETBIT n 0 0

GET n

SETBIT k -1 1

SETBIT k x 1

SETBIT k 4294967296 1

SETBIT k #1 1

SETBIT k 1 2

SETBIT k 1 x

SETBIT k x x

GETBIT k 4294967296

GETBIT k 4294967295

SET i 12

SETBIT i 7 1

GET i

RPUSH l a

SETBIT l 0 1

GETBIT l 0

GETBIT l x

SETBIT far 4294967295 1

STRLEN far

BITCOUNT far

BITPOS far 1

BITPOS far 0

BITPOS far 0 536870911

SET s foobar

BITCOUNT s

BITCOUNT s 0 0

BITCOUNT s 1 1

BITCOUNT s 1 1 BYTE

BITCOUNT s 5 30 bit

BITCOUNT s 5 -5 BIT

BITCOUNT s -2 -1

BITCOUNT s -100 100

BITCOUNT s -10 -20

BITCOUNT s 3 2

BITCOUNT s 100 200

BITCOUNT s 1

BITCOUNT s 1 x

BITCOUNT s x 1

BITCOUNT s 1 2 BITS

BITCOUNT s 1 2 BIT BIT

BITCOUNT none

BITCOUNT none 0 -1

BITCOUNT l

SET p "\xff\xf0\x00"

BITPOS p 0

BITPOS p 1

BITPOS p 1 2

BITPOS p 0 0 0

BITPOS p 0 0

BITPOS p 1 -2

BITPOS p 0 -1 -1

BITPOS p 0 0 -1 BYTE

BITPOS p 0 3 10 BIT

BITPOS p 0 13 20 BIT

BITPOS p 1 12 -1 BIT

BITPOS p 1 -13 -1 bit

BITPOS p 1 2 1

BITPOS p 1 -20 -30

BITPOS p 2

BITPOS p x

BITPOS p 1 x

BITPOS p 1 0 x

BITPOS p 1 0 x BITS

BITPOS p 1 0 1 BIT BIT

BITPOS none 0

BITPOS none 1

BITPOS none 0 5 1

SET ones "\xff\xff"

BITPOS ones 0

BITPOS ones 0 1

BITPOS ones 0 0 -1

BITPOS ones 0 2

SET empty ""

BITPOS empty 0

BITPOS empty 1 0 -1

BITPOS l 1

SET a "\xff\x0f\x33"

SET b "\xf0\xff"

BITOP AND d a b

GET d

BITOP or d a b

GET d

BITOP XOR d a b

GET d

BITOP NOT d a

GET d

BITOP NOT d a b

BITOP NAND d a b

BITOP AND d a none

GET d

BITOP OR a a b

GET a

BITOP XOR d none

EXISTS d

BITOP AND d a l

BITOP OR l a

GET l

BITOP OR d

SET d1 5 EX 1000

BITOP OR d1 a

BITFIELD f SET u8 0 255 GET i8 0 GET u4 2

BITFIELD f INCRBY u8 0 10

BITFIELD f OVERFLOW SAT INCRBY u8 0 1000 OVERFLOW FAIL INCRBY u8 0 1 OVERFLOW WRAP INCRBY u8 0 1

BITFIELD f SET i64 #1 -1 GET u63 64 GET i1 127 GET u8 200

STRLEN f

BITFIELD f overflow sat SET i5 3 -100 SET i5 3 100 GET i5 3

BITFIELD f OVERFLOW FAIL SET u4 0 16 SET u4 0 15

BITFIELD f

BITFIELD none GET u8 0

EXISTS none

BITFIELD grown OVERFLOW FAIL SET u4 100 16

STRLEN grown

BITFIELD f GET u64 0

BITFIELD f GET i65 0

BITFIELD f GET u0 0

BITFIELD f GET x8 0

BITFIELD f GET u8 -1

BITFIELD f GET u8 #x

BITFIELD f GET u8 4294967296

BITFIELD f SET u8 0 x

BITFIELD f INCRBY u8 0

BITFIELD f OVERFLOW NONE

BITFIELD f OVERFLOW

BITFIELD f FOO u8 0

BITFIELD l GET u8 0

BITFIELD_RO f GET u8 0 GET i8 #1

BITFIELD_RO f SET u8 0 1

BITFIELD_RO f OVERFLOW WRAP GET u8 0

BITFIELD_RO none GET u8 0

BITFIELD_RO l GET u8 0

BITFIELD_RO f

GET f

SETBIT k 7
SETBIT k 7 1 1
GETBIT k
GETBIT k 1 2
BITCOUNT
BITPOS k
BITOP AND
BITOP AND d
BITFIELD
BITFIELD_RO
SET e 100
OBJECT ENCODING e
SETBIT e 1 0
SETBIT e 7 0
SETBIT e 7 1
OBJECT ENCODING e
GET e
INCR e
EXPIRE e 1000
SETBIT e 100 1
[approx 1] TTL e
STRLEN e
BITFIELD e SET u8 0 49
[approx 1] TTL e
APPEND e tail
GETBIT e 111
BITOP OR e e a
TTL e
OBJECT ENCODING e
TYPE e
BITOP AND o a b
OBJECT ENCODING o
LPUSH lst x
BITOP NOT lst a
TYPE lst
SET t <400*a>
SETBIT t 3199 0
STRLEN t
SETBIT t 3200 1
STRLEN t
BITCOUNT t
GETRANGE t 395 -1
SET u <401*b>
BITOP XOR v t u
STRLEN v
BITCOUNT v
GETRANGE v -3 -1
BITOP XOR v v v
BITCOUNT v
STRLEN v
SETRANGE big 100000 xyz
BITOP OR big2 big t
BITCOUNT big2 0 100
BITCOUNT big2 50000 -1
BITPOS big2 1 500
BITPOS big2 0 100000
BITOP NOT big3 big2
BITCOUNT big3
BITPOS big3 0 500
BITPOS big3 0
STRLEN big3
BITOP AND big3 big3 big2
BITCOUNT big3
STRLEN big3
BITFIELD big GET u32 131068 GET i64 131040 SET u63 131050 123456789012345 GET u63 131050 GET i16 262140
STRLEN big
BITFIELD far SET u8 4294967295 255
STRLEN far
BITPOS far 1
GETBIT far 4294967295
BITFIELD far GET u9 4294967290
BITFIELD far GET u8 #536870911 GET i64 #67108863
BITFIELD far GET i64 #67108864
BITFIELD far GET u3 #2147483647
BITFIELD far GET u8 "8 "
BITFIELD far GET "u8\x00junk" 0
BITFIELD far GET "u 8" 0
BITFIELD far GET U8 0
BITFIELD far GET u08 0
BITFIELD far GET u 0
BITFIELD far GET "" 0
BITFIELD far GET u8 ""
BITFIELD far GET u8 #
BITFIELD far GET u8 ##1
BITFIELD far GET u8 #-1
BITFIELD far SET u8 #-1 5 GET u99 0
BITFIELD far get u8 0 overflow
BITFIELD far OVERFLOW wrap OVERFLOW sAt OVERFLOW fail
BITFIELD far OVERFLOW SAT BAR
BITFIELD m SET i63 0 -9223372036854775808 SET i8 0 -9223372036854775808
BITFIELD m OVERFLOW SAT SET i63 0 -9223372036854775808 GET i63 0 SET i8 0 -9223372036854775808 GET i8 0
BITFIELD m OVERFLOW SAT SET u63 0 -1 GET u63 0 INCRBY u63 0 9223372036854775807 INCRBY u63 0 -9223372036854775808
BITFIELD m SET i64 0 9223372036854775807 INCRBY i64 0 1 OVERFLOW SAT INCRBY i64 0 -5 OVERFLOW FAIL INCRBY i64 0 -9223372036854775808
GET m
BITCOUNT nosuch 0 1 BIT
BITPOS nosuch 1 0 1 BIT
BITCOUNT m 9223372036854775807 9223372036854775807
BITCOUNT m -9223372036854775808 9223372036854775807
BITCOUNT m -9223372036854775808 9223372036854775807 BIT
BITPOS m 1 -9223372036854775808 9223372036854775807 BIT
BITPOS m 1 9223372036854775807
BITCOUNT m 9223372036854775808 1
BITPOS m 9223372036854775808
BITPOS m -1
BITPOS m 1.0
COMMAND INFO setbit
COMMAND INFO getbit
COMMAND INFO bitop
COMMAND INFO bitpos
COMMAND INFO bitcount
COMMAND INFO bitfield
COMMAND INFO bitfield_ro
COMMAND GETKEYSANDFLAGS BITFIELD k GET u8 0
COMMAND GETKEYSANDFLAGS BITFIELD k GET u8 0 SET u8 0 1
COMMAND GETKEYSANDFLAGS BITFIELD k OVERFLOW SAT GET u8 0
COMMAND GETKEYSANDFLAGS BITFIELD k
COMMAND GETKEYSANDFLAGS BITFIELD k FOO
COMMAND GETKEYSANDFLAGS BITOP AND d a b
COMMAND GETKEYS BITOP AND d a b
[sorted] COMMAND LIST FILTERBY ACLCAT bitmap
MULTI
SETBIT mm 1 1
BITFIELD mm GET u8 0 OVERFLOW FAIL SET u2 0 9
BITFIELD_RO mm GET u8 0
BITOP NOT mn mm
EXEC
EVAL "return {redis.call('setbit', KEYS[1], 3, 1), redis.call('bitfield', KEYS[1], 'get', 'u8', 0, 'overflow', 'fail', 'set', 'u2', 0, 9), redis.call('bitcount', KEYS[1])}" 1 mm
EVAL_RO "return redis.call('bitfield', KEYS[1], 'get', 'u8', 0)" 1 mm
EVAL_RO "return redis.call('bitfield_ro', KEYS[1], 'get', 'u8', 0)" 1 mm
`},
}
