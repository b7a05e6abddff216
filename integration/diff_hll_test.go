package integration

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestDiffHyperLogLogs(t *testing.T) {
	t.Parallel()
	diff(t, append(hllScripts, script{"random", randomHLL(rand.New(rand.NewPCG(21, 22)), 3000)}))
}

var hllScripts = []script{{"lines", hllLines}}

const hllLines = `
	PFADD h
	GET h
	PFCOUNT h
	PFADD h a b c
	PFADD h a b c
	PFCOUNT h
	GET h
	OBJECT ENCODING h
	EXPIRE h 100
	PFADD h d
	TTL h
	PFADD other c d e ""
	PFCOUNT h other nosuch
	PFMERGE made h other
	GET made
	PFMERGE made
	PFCOUNT made
	PFCOUNT nosuch
	PFDEBUG DECODE h
	PFDEBUG ENCODING h
	PFDEBUG GETREG h
	PFDEBUG ENCODING h
	PFDEBUG TODENSE h
	PFDEBUG DECODE h
	PFDEBUG FOO h
	PFDEBUG TODENSE nosuch
	PFDEBUG TODENSE made
	GET made
	PFCOUNT made
	GET made
	PFMERGE nosuch made
	GET nosuch
	APPEND nosuch x
	PFADD nosuch a
	PFCOUNT nosuch h
	PFSELFTEST
	CONFIG SET hll-sparse-max-bytes 20
	PFADD small a
	PFDEBUG ENCODING small
	PFADD small b
	PFDEBUG ENCODING small
	CONFIG SET hll-sparse-max-bytes 3000
	[times 40] PFADD many a%i b%i c%i d%i e%i f%i g%i h%i i%i j%i k%i l%i m%i n%i o%i p%i q%i r%i s%i t%i
	GET many
	PFCOUNT many
	@n CONFIG SET notify-keyspace-events KEA
	@n SUBSCRIBE __keyevent@0__:pfadd
	PFADD many new
	@n receive
	PFADD many new
	PFMERGE many h
	@n receive
	@c CONFIG SET notify-keyspace-events ""
	MULTI
	PFADD m a
	PFCOUNT m
	PFCOUNT m many
	GET m
	EXEC
	EVAL "redis.call('PFADD', KEYS[1], 'x') return redis.call('PFCOUNT', KEYS[1])" 1 scripted
	GET scripted
	[class] EVAL_RO "return redis.call('PFCOUNT', KEYS[1])" 1 scripted
	MULTI
	PFCOUNT scripted
	EXEC
	COMMAND GETKEYS PFMERGE a b c
	PFADD kept a b c
	@w WATCH kept
	PFCOUNT kept
	@w MULTI
	@w PING
	@w EXEC
	@w WATCH kept
	PFCOUNT kept
	@w MULTI
	@w PING
	@w EXEC
	PFADD kept d
	@w WATCH kept
	[raw] @p "GET kept\r\nPFCOUNT kept\r\nGET kept\r\nPFCOUNT kept other\r\nPFCOUNT nosuch\r\n"
	[times 4] @p receive
	@w MULTI
	@w PING
	@w EXEC
	[raw] @p "PFADD kept f\r\nPFCOUNT kept\r\nGET kept\r\n"
	[times 2] @p receive
	SET kept "HYLL\x00\x00\x00\x00"
	PFCOUNT kept
	SET kept "HYLL\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00"
	PFCOUNT kept
	SET kept "HYLL\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00"
	PFCOUNT kept
	SET kept "HYLL\x02\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00"
	PFCOUNT kept
`

// randomHLL adds, counts and merges, damages some keys on the way, and compares the keys' bytes.
func randomHLL(r *rand.Rand, n int) string {
	var b strings.Builder
	for range n {
		key, other := fmt.Sprintf("h%d", r.IntN(6)), fmt.Sprintf("h%d", r.IntN(6))
		switch r.IntN(12) {
		case 0:
			fmt.Fprintf(&b, "PFCOUNT %s\n", key)
		case 1:
			fmt.Fprintf(&b, "PFCOUNT %s %s nosuch\n", key, other)
		case 2:
			fmt.Fprintf(&b, "PFMERGE %s %s\n", key, other)
		case 3:
			fmt.Fprintf(&b, "CONFIG SET hll-sparse-max-bytes %d\n", []int{0, 30, 300, 3000, 20000}[r.IntN(5)])
		case 4:
			if r.IntN(3) == 0 {
				fmt.Fprintf(&b, "SETRANGE %s %d %d\n", key, r.IntN(300), r.IntN(10))
			}
		case 5:
			if r.IntN(2) == 0 {
				fmt.Fprintf(&b, "DEL %s\n", key)
			}
		default:
			fmt.Fprintf(&b, "PFADD %s", key)
			for range r.IntN(60) {
				fmt.Fprintf(&b, " %d", r.IntN(int(math.Pow(10, 1+r.Float64()*6))))
			}
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "GET %s\n", key)
	}
	return b.String() + "CONFIG SET hll-sparse-max-bytes 3000\n"
}
