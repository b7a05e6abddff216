package integration

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"larder/rdb"
)

// dumped is a value in one of the forms that redis-server writes: settings, then what makes key k.
type dumped struct {
	name     string
	settings []string
	lines    []string
	encoding string // redis-server's, to be sure that the form is meant
}

var (
	long   = strings.Repeat("abcdefgh", 40)
	random = string(pseudoRandom(300))
)

// pseudoRandom is bytes that LZF cannot compress.
func pseudoRandom(n int) []byte {
	b, state := make([]byte, n), uint32(1)
	for i := range b {
		state = state*1664525 + 1013904223
		b[i] = byte(state >> 24)
	}
	return b
}

var small = []string{"0", "1", "12", "13", "127", "128", "-1", "-128", "-129", "4095", "4096", "-4097", "32767", "-32768", "8388607", "-8388608",
	"2147483647", "-2147483649", "9223372036854775807", "-9223372036854775808", "word", "a b\r\n", "007", "63-" + strings.Repeat("x", 60), ""}

// with is a command of all words.
func with(command string, words ...string) []string {
	return []string{command + " " + quoted(words)}
}

func quoted(words []string) string {
	var out []string
	for _, w := range words {
		out = append(out, fmt.Sprintf("%+q", w))
	}
	return strings.Join(out, " ")
}

// paired gives each word a partner, before or behind it.
func paired(words []string, before bool) []string {
	var out []string
	for i, w := range words {
		pair := []string{w, fmt.Sprint(i * 37)}
		if before {
			pair = []string{fmt.Sprintf("%de%d", i, i%20-10), w}
		}
		out = append(out, pair...)
	}
	return out
}

var dumpedForms = []dumped{
	{"int8", nil, []string{"SET k 12"}, "int"},
	{"int16", nil, []string{"SET k -300"}, "int"},
	{"int32", nil, []string{"SET k 100000"}, "int"},
	{"int64", nil, []string{"SET k 9223372036854775807"}, "int"},
	{"embstr", nil, []string{"SET k hello"}, "embstr"},
	{"empty string", nil, []string{`SET k ""`}, "embstr"},
	{"compressed string", nil, []string{"SET k " + long}, "raw"},
	{"long compressed string", nil, []string{"SET k <200000*x>"}, "raw"},
	{"raw string", nil, with("SET k", random), "raw"},
	{"listpack list", nil, with("RPUSH k", append(small, long, random)...), "quicklist"},
	{"list of small nodes", []string{"list-max-listpack-size 3"}, with("RPUSH k", append(small, long)...), "quicklist"},
	{"list of single nodes", nil, []string{"RPUSH k a <9000*x> b <70000*y> c"}, "quicklist"},
	{"compressed list", []string{"list-max-listpack-size 4", "list-compress-depth 1"}, with("RPUSH k", append(small, long, long, long)...), "quicklist"},
	{"intset 16", nil, []string{"SADD k 1 -2 3 32767"}, "intset"},
	{"intset 32", nil, []string{"SADD k 1 -2 3 2147483647"}, "intset"},
	{"intset 64", nil, []string{"SADD k 1 -2 3 9223372036854775807"}, "intset"},
	{"set", nil, with("SADD k", append(small, long, random)...), "hashtable"},
	{"listpack hash", nil, with("HSET k", paired(small, false)...), "listpack"},
	{"hash", nil, with("HSET k", paired(append(small, long, random), false)...), "hashtable"},
	{"listpack sorted set", nil, with("ZADD k", paired(small, true)...), "listpack"},
	{"sorted set", nil, with("ZADD k -inf low inf high 0.1", append([]string{"tenth"}, paired(append(small, long, random), true)...)...), "skiplist"},
}

// streams are values that each stream form tells in full.
var streams = []dumped{
	{"stream", nil, []string{"XADD k 1-1 a 1 b two", "XADD k 1-2 a 2 b three", "XADD k 2-0 c " + long, "XADD k 2-1 c -300 d 70000 e 9223372036854775807"}, "stream"},
	{"stream that lost entries", nil, []string{"XADD k 1-1 a 1", "XADD k 1-2 a 2", "XADD k 2-0 a 3", "XDEL k 1-2", "XADD k 3-0 a 4", "XTRIM k MAXLEN 2"}, "stream"},
	{"empty stream", nil, []string{"XADD k 7-1 a 1", "XDEL k 7-1"}, "stream"},
	{"stream with a group", nil, []string{"XADD k 1-1 a 1", "XADD k 1-2 a 2", "XADD k 2-0 a 3", "XGROUP CREATE k g 0", "XREADGROUP GROUP g c1 COUNT 2 STREAMS k >",
		"XREADGROUP GROUP g c2 STREAMS k >", "XACK k g 1-1"}, "stream"},
	{"stream with groups that read nothing", nil, []string{"XADD k 1-1 a 1", "XADD k 1-2 a 2", "XGROUP CREATE k g1 $", "XGROUP CREATE k g2 0 ENTRIESREAD 1", "XGROUP CREATE k g3 1-1"}, "stream"},
	{"stream with a claimed entry", nil, []string{"XADD k 1-1 a 1", "XADD k 1-2 a 2", "XGROUP CREATE k g 0", "XREADGROUP GROUP g c1 STREAMS k >",
		"XCLAIM k g c2 0 1-2 TIME 1000000 RETRYCOUNT 9", "XDEL k 1-1", "XREADGROUP GROUP g c1 STREAMS k 0", "XREADGROUP GROUP g c2 STREAMS k 0"}, "stream"},
	{"long stream", nil, manyEntries(), "stream"},
	{"stream of many", []string{"stream-node-max-entries 3"}, []string{`EVAL "for i=1,500 do redis.call('XADD', KEYS[1], i .. '-' .. i % 3, 'f', i, 'g' .. i % 7, 'x') end" 1 k`, "XGROUP CREATE k g 100",
		"XREADGROUP GROUP g c COUNT 300 STREAMS k >", "XDEL k 150-0 151-1"}, "stream"},
}

func manyEntries() []string {
	lines := []string{with("XADD k 5-5", paired(append(small, long, random), false)...)[0]}
	for i := range 40 {
		lines = append(lines, fmt.Sprintf("XADD k %d-0 f %d <%d*y> v", 6+i, i, i*120+1))
	}
	return lines
}

// reading are the commands that show all of a key; what Redis leaves unordered is sorted by SORT.
var reading = map[string][][]string{
	"string": {{"GET", "k"}}, "list": {{"LRANGE", "k", "0", "-1"}}, "set": {{"SORT", "k", "ALPHA"}, {"SCARD", "k"}},
	"hash": {{"HGETALL", "k"}}, "zset": {{"ZRANGE", "k", "0", "-1", "WITHSCORES"}},
}

// content is all that a key holds.
func content(t *testing.T, c *conn) string {
	t.Helper()
	kind := c.must(t, "TYPE", "k").text
	out := kind
	if kind == "stream" {
		return out + " " + streamContent(c.must(t, "XINFO", "STREAM", "k", "FULL", "COUNT", "0"))
	}
	for _, words := range reading[kind] {
		v := c.must(t, words...)
		var texts []string
		for _, e := range v.list {
			texts = append(texts, e.text)
		}
		for i := 1; kind == "zset" && i < len(texts); i += 2 {
			score, err := strconv.ParseFloat(texts[i], 64) // 7.2 writes scores in fewer digits
			if err != nil {
				t.Fatal(err)
			}
			texts[i] = fmt.Sprint(score)
		}
		if kind == "hash" {
			for i := 0; i < len(texts); i += 2 {
				texts[i/2] = texts[i] + "=" + texts[i+1]
			}
			texts = texts[:len(texts)/2]
			slices.Sort(texts)
		}
		out += fmt.Sprintf(" %q %q", v.text, texts)
	}
	return out
}

// streamContent is a stream as XINFO tells it, without what is of one server or one release only.
func streamContent(v value) string {
	var out []string
	for i := 0; i < len(v.list); i++ {
		switch e := v.list[i]; {
		case strings.HasPrefix(e.text, "radix-tree"), e.text == "active-time":
			i++
		case e.list != nil:
			out = append(out, streamContent(e))
		default:
			out = append(out, fmt.Sprintf("%q", e.text))
		}
	}
	return "[" + strings.Join(out, " ") + "]"
}

// TestDumpsTravel dumps every form on redis-server, restores it in Larder, dumps that, and restores it in both.
func TestDumpsTravel(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	p := startPair(t)
	larder, judge := dial(t, p.larder), dial(t, p.judge)
	for _, d := range append(slices.Clone(dumpedForms), streams...) {
		judge.must(t, "CONFIG", "SET", "list-max-listpack-size", "-2", "list-compress-depth", "0")
		for _, s := range d.settings {
			judge.must(t, append([]string{"CONFIG", "SET"}, strings.Fields(s)...)...)
		}
		judge.must(t, "DEL", "k")
		for _, line := range d.lines {
			words, err := splitWords(line)
			if err != nil {
				t.Fatal(err)
			}
			judge.must(t, words...)
		}
		if got := judge.must(t, "OBJECT", "ENCODING", "k").text; got != d.encoding {
			t.Errorf("%s is a %s to redis-server", d.name, got)
		}
		want := content(t, judge)
		larder.must(t, "RESTORE", "k", "0", judge.must(t, "DUMP", "k").text, "REPLACE")
		if got := content(t, larder); got != want {
			t.Errorf("%s: restored\n%s, is\n%s", d.name, got, want)
		}
		back := larder.must(t, "DUMP", "k").text
		for _, c := range []*conn{judge, larder} {
			c.must(t, "DEL", "k")
			c.must(t, "RESTORE", "k", "0", back)
			if got := content(t, c); got != want {
				t.Errorf("%s: restored from Larder\n%s, is\n%s", d.name, got, want)
			}
		}
	}
}

// sealed is a body with the footer that DUMP puts behind it.
func sealed(body string) string {
	var out []byte
	for p := range rdb.Sealed(rdb.VersionPlain, func(yield func([]byte, error) bool) { yield([]byte(body), nil) }) {
		out = append(out, p...)
	}
	return string(out)
}

// oldForms are what releases before 7.0 wrote: of each the type's byte and the value.
var oldForms = map[string]string{
	"ziplist list":       "\x0a\x1e\x1e\x00\x00\x00\x18\x00\x00\x00\x05\x00\x00\xf3\x02\xfe\x80\x03\xc0\x2c\x01\x04\x03abc\x05\xf0\x01\x02\x83\xff",
	"quicklist":          "\x0e\x02\x10\x10\x00\x00\x00\x0c\x00\x00\x00\x02\x00\x00\xf2\x02\x01a\xff\x0e\x0e\x00\x00\x00\x0a\x00\x00\x00\x01\x00\x00\x01b\xff",
	"ziplist hash":       "\x0d\x12\x12\x00\x00\x00\x0d\x00\x00\x00\x02\x00\x00\x01f\x03\x02vw\xff",
	"ziplist sorted set": "\x0c\x18\x18\x00\x00\x00\x15\x00\x00\x00\x04\x00\x00\x01a\x03\x031.5\x05\x01b\x03\xf3\xff",
	"text sorted set":    "\x03\x04\x01a\x031.5\x01b\xfe\x01c\xff\x01d\x02-0",
	"zipmap":             "\x09\x0f\x02\x01a\x01\x00x\x02bc\x02\x01yz.\xff",
	"stream of 5.0": "\x0f\x01\x10" + strings.Repeat("\x00", 7) + "\x01" + strings.Repeat("\x00", 8) +
		"\x1d\x1d\x00\x00\x00\x0a\x00\x01\x01\x00\x01\x01\x01\x81f\x02\x00\x01\x02\x01\x00\x01\x01\x01\x81v\x02\x04\x01\xff\x01\x01\x01\x00",
}

// hostileForms are what nobody writes.
var hostileForms = map[string]string{
	"doubled in a set": "\x02\x02\x01a\x01a",
	"empty set":        "\x02\x00",
	"empty list":       "\x12\x00",
	"nothing":          "",
	"wide length":      "\x00\x81\xff\xff\xff\xff\xff\xff\xff\xffabc",
	"no such type":     "\x08\x01a",
	"an opcode":        "\xfb\x01a",
	"lzf too large":    "\x00\xc3\x04\x8f\xff\xff\xffabcd",
	"score nan":        "\x03\x01\x01a\xfd",
	"odd ziplist hash": "\x0d\x0e\x0e\x00\x00\x00\x0a\x00\x00\x00\x01\x00\x00\x01f\xff",
	"intset unordered": "\x0b\x0c\x02\x00\x00\x00\x02\x00\x00\x00\x02\x00\x01\x00",
}

// TestOldPayloads restores what only older releases write, and what nobody does, in both servers.
func TestOldPayloads(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	p := startPair(t)
	larder, judge := dial(t, p.larder), dial(t, p.judge)
	judge.must(t, "CONFIG", "SET", "sanitize-dump-payload", "yes")
	forms := maps.Clone(oldForms)
	maps.Copy(forms, hostileForms)
	for _, name := range slices.Sorted(maps.Keys(forms)) {
		payload := sealed(forms[name])
		want, _ := judge.do("RESTORE", "k", "0", payload, "REPLACE")
		got, _ := larder.do("RESTORE", "k", "0", payload, "REPLACE")
		if got.text != want.text {
			t.Errorf("%s: %q, redis-server %q", name, got.text, want.text)
		}
		if got.isError() || want.isError() {
			if oldForms[name] != "" {
				t.Errorf("%s is not restored: %q", name, want.text)
			}
			continue
		}
		if a, b := content(t, larder), content(t, judge); a != b {
			t.Errorf("%s: %s, redis-server has %s", name, a, b)
		}
	}
}
