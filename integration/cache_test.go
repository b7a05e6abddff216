package integration

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// cacheRows are the replies that docs/cache.md fixes; the judge knows none of them.
var cacheRows = []golden{
	{lines: "CACHE SET k v TAG 1 a\nCACHE TAG k b b", want: ":1"},
	{lines: "CACHE SET k v TAG 2 b a\nCACHE TAGS k", want: `*["a" "b"]`, want3: `~["a" "b"]`},
	{lines: "CACHE SET k v TAG 2 b a\nCACHE UNTAG k a", want: ":1"},
	{lines: "CACHE SET k v TAG 1 a\nCACHE TAGKEYS a", want: `*["0" *["k"]]`},
	{lines: "CACHE SET k v TAG 1 a\nCACHE EVICT a\nEXISTS k", want: ":0"},
	{lines: "CACHE SET n 1 TAG 1 a\nINCR n\nAPPEND n 5\nINCRBYFLOAT n 0.5\nCACHE TAGS n", want: `*["a"]`, want3: `~["a"]`},
	{lines: "HSET h f v\nCACHE TAG h a\nHSET h g w\nRENAME h i\nCACHE TAGKEYS a", want: `*["0" *["i"]]`},
	{lines: "CACHE SET k v TAG 1 a\nCOPY k l\nCACHE TAGS l", want: `*["a"]`, want3: `~["a"]`},
	{lines: "CACHE SET k v TAG 1 a\nMOVE k 9\nSELECT 9\nCACHE TAGKEYS a", want: `*["0" *["k"]]`},
	{lines: "CACHE SET k v TAG 1 a\nGETSET k w\nCACHE TAGKEYS a", want: `*["0" *[]]`},
	{lines: "CACHE SET k v TAG 1 a\nSET k w KEEPTTL\nCACHE TAGS k", want: `*[]`, want3: `~[]`},
	{lines: "CACHE SET k v TAG 1 a\nSWAPDB 0 9\nCACHE TAGKEYS a", want: `*["0" *[]]`},
	{lines: "CACHE SET k v TAG 1 a\nFLUSHDB\nSET k v\nCACHE TAGKEYS a", want: `*["0" *[]]`},
	{lines: "MULTI\nCACHE SET k v TAG 1 a\nCACHE TAGKEYS a\nEXEC", want: `*[+OK *["0" *["k"]]]`},
	{lines: "MULTI\nCACHE EVICT a", want: `(error) "ERR Command not allowed inside a transaction"`},
	{lines: "EVAL \"return redis.call('CACHE','TAGKEYS','a')\" 0", want: `*["0" *[]]`},
	{lines: "CACHE GETLEASE k", want: `re:\*\[\(nil\) "[A-Z2-7]{26}" :0 :-2\]`},
	{lines: "CACHE GETLEASE k\nCACHE GETLEASE k", want: `*[(nil) (nil) :0 :-2]`},
	{lines: "SET k v\nCACHE GETLEASE k", want: `*["v" (nil) :0 :-1]`},
	{lines: "RPUSH l a\nCACHE GETLEASE l", want: `(error) "WRONGTYPE Operation against a key holding the wrong kind of value"`},
	{lines: "CACHE SETLEASE k token v EX 5", want: "(nil)"},
	{lines: "CACHE THROTTLE k 4 10 60", want: "*[:0 :5 :4 :-1 :6]"},
	{lines: "CACHE RANGE - +", want: `(error) "ERR keys are not kept in order: set key-order-index to yes and start again"`},
	{lines: "CACHE SCAN a 0", want: `(error) "ERR keys are not kept in order: set key-order-index to yes and start again"`},
	{lines: "CACHE CULL", want: ":0"},
	{lines: "CACHE EXPIRE", want: ":0"},
	{lines: "CACHE VOLUME", want: `re:^\*\["used_disk" :\d+ "disk" :\d+ "journal" :\d+ "keys" :0 `, want3: `re:^%\["used_disk" :\d+ "disk" :\d+ "journal" :\d+ "keys" :0 `},
	{lines: "CACHE STATS RESET\nGET k\nCACHE STATS", want: `re:"hits" :0 "misses" :1 "evicted" :0 "expired" :0 "timeouts" :0 "databases" \*\[:0 \*\["hits"`, want3: `re:"hits" :0 "misses" :1 `},
	{lines: "CACHE DEADLINE 5", want: ok},
	{lines: "CACHE CHECK FIX", want: `*["status" "sound" "findings" *[]]`, want3: `%["status" "sound" "findings" *[]]`},
	{lines: "CACHE CHECK", want: `*["status" "sound" "findings" *[]]`, want3: `%["status" "sound" "findings" *[]]`},
	{lines: "CACHE HELP", want: `re:\+TAGKEYS <tag> `},
	{lines: "CACHE FOO", want: `(error) "ERR unknown subcommand 'FOO'. Try CACHE HELP."`},
	{lines: "COMMAND INFO cache|tag", want: `re:@cache`},
}

// cacheErrors are its errors, and what else is answered the same in both protocols.
var cacheErrors = []golden{
	{lines: "CACHE SET k v NX XX", want: syntaxed},
	{lines: "CACHE SET k v EX 1 KEEPTTL", want: syntaxed},
	{lines: "CACHE SET k v XX", want: "(nil)"},
	{lines: "CACHE SET k v\nCACHE SET k w NX", want: "(nil)"},
	{lines: "CACHE SET k v EX x", want: notInteger},
	{lines: "CACHE SET k v PX -1", want: fmt.Sprintf(badExpire, "set")},
	{lines: "CACHE SET k v TAG 2 a", want: `(error) "ERR numtags should be the number of tags that follow"`},
	{lines: "CACHE SET k v TAG 1 " + strings.Repeat("t", 1100), want: tooManyTags},
	{lines: "SET k v\nCACHE TAG k " + strings.Repeat("t", 1100), want: tooManyTags},
	{lines: "CACHE TAG k a", want: ":0"},
	{lines: "CACHE UNTAG k a", want: ":0"},
	{lines: "CACHE TAGKEYS a x", want: badCursor},
	{lines: "CACHE TAGKEYS a 0 COUNT x", want: notInteger},
	{lines: "CACHE TAGKEYS a 0 COUNT 0", want: syntaxed},
	{lines: "CACHE TAGKEYS a 0 MATCH x", want: syntaxed},
	{lines: "CACHE EVICT none", want: ":0"},
	{lines: "MULTI\nCACHE CULL", want: inTransaction},
	{lines: "MULTI\nCACHE EXPIRE", want: inTransaction},
	{lines: "MULTI\nCACHE CHECK", want: inTransaction},
	{lines: "EVAL \"return redis.call('CACHE','CULL')\" 0", want: `re:^\(error\) "ERR This Redis command is not allowed from script`},
	{lines: "CACHE GETLEASE k FOO", want: syntaxed},
	{lines: "CACHE GETLEASE k BETA -1", want: `(error) "ERR beta should be zero or greater"`},
	{lines: "CACHE GETLEASE k STALE x", want: `(error) "ERR stale should be a number of seconds"`},
	{lines: "CACHE SETLEASE k token v KEEPTTL 1", want: syntaxed},
	{lines: "CACHE SETLEASE k token v EX x", want: notInteger},
	{lines: "CACHE SETLEASE k token v EX 0", want: fmt.Sprintf(badExpire, "setlease")},
	{lines: "RPUSH l a\nCACHE THROTTLE l 1 1 1", want: wrongType},
	{lines: "SET k text\nCACHE THROTTLE k 1 1 1", want: `(error) "ERR the key does not hold a rate limit"`},
	{lines: "CACHE THROTTLE k 1 0 1", want: `(error) "ERR count and period should be positive, max-burst and quantity zero or more, and the time they span at most thirty years"`},
	{lines: "CACHE THROTTLE k 1 1 x", want: notInteger},
	{lines: "CACHE THROTTLE k 1 1 1 1 1", want: syntaxed},
	{lines: "CACHE DEADLINE -1", want: `(error) "ERR deadline should be a number of milliseconds, 0 for none"`},
	{lines: "CACHE VOLUME ALL", want: syntaxed},
	{lines: "CACHE STATS ALL", want: syntaxed},
	{lines: "CACHE CHECK ALL", want: syntaxed},
	{lines: "CACHE STATS RESET", want: ok},
	{lines: "CONFIG SET maxmemory 1\nCACHE SET k v", want: outOfMemory},
	{lines: "CACHE SET k v\nCONFIG SET maxmemory 1\nCACHE TAG k t", want: outOfMemory},
	{lines: "CONFIG SET maxmemory 1\nCACHE SETLEASE k token v EX 5", want: outOfMemory},
	{lines: "CONFIG SET maxmemory 1\nCACHE THROTTLE k 1 1 1", want: outOfMemory},
}

// cacheOrdered are rows for a server that keeps names in order.
var cacheOrdered = []golden{
	{lines: "MSET a 1 ab 2 b 3\nCACHE RANGE - + COUNT 2", want: `*["a" "ab"]`},
	{lines: "MSET a 1 ab 2 b 3\nCACHE RANGE (a [b REV", want: `*["b" "ab"]`},
	{lines: "CACHE RANGE - +", want: `*[]`},
	{lines: "CACHE RANGE - + COUNT 0", want: syntaxed},
	{lines: "CACHE RANGE - + COUNT x", want: notInteger},
	{lines: "CACHE RANGE - + UP", want: syntaxed},
	{lines: "MSET a 1 ab 2 b 3\nCACHE SCAN a 0 COUNT 1", want: `*["61" *["a"]]`},
	{lines: "MSET a 1 ab 2 b 3\nCACHE SCAN a 61", want: `*["0" *["ab"]]`},
	{lines: "CACHE SCAN a 62", want: badCursor},
	{lines: "CACHE SCAN a x", want: badCursor},
	{lines: "CACHE SCAN a 0 COUNT x", want: notInteger},
	{lines: "CACHE SCAN a 0 COUNT 0", want: syntaxed},
	{lines: "CACHE SCAN a 0 MATCH x", want: syntaxed},
}

const (
	notInteger    = `(error) "ERR value is not an integer or out of range"`
	badExpire     = `(error) "ERR invalid expire time in 'cache|%s' command"`
	badCursor     = `(error) "ERR invalid cursor"`
	wrongType     = `(error) "WRONGTYPE Operation against a key holding the wrong kind of value"`
	tooManyTags   = `(error) "ERR the tags of a key may take at most 1024 bytes together"`
	inTransaction = `(error) "ERR Command not allowed inside a transaction"`
	outOfMemory   = `(error) "OOM command not allowed when used memory > 'maxmemory'."`
)

// cacheArity calls each subcommand with too few words, and with too many where their number is fixed.
func cacheArity() (rows []golden) {
	for name, words := range map[string]string{"SET": "k", "TAG": "k", "UNTAG": "k", "TAGS": "", "TAGKEYS": "", "EVICT": "", "RANGE": "a",
		"SCAN": "a", "GETLEASE": "", "SETLEASE": "k t v EX", "THROTTLE": "k 1 1", "DEADLINE": ""} {
		rows = append(rows, golden{lines: strings.TrimSpace("CACHE " + name + " " + words), want: fmt.Sprintf(arityOf, "cache|"+strings.ToLower(name))})
	}
	for name, words := range map[string]string{"TAGS": "k k", "SETLEASE": "k t v EX 1 1", "DEADLINE": "1 1", "CULL": "1", "EXPIRE": "1", "HELP": "1"} {
		rows = append(rows, golden{lines: "CACHE " + name + " " + words, want: fmt.Sprintf(arityOf, "cache|"+strings.ToLower(name))})
	}
	return rows
}

func TestCacheGolden(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	plain, ordered := startLarder(t), startLarder(t, "--key-order-index", "yes")
	replies := map[string]bool{}
	for _, g := range slices.Concat(cacheRows, cacheErrors, cacheArity()) {
		g.play(t, plain, replies)
	}
	for _, g := range cacheOrdered {
		g.play(t, ordered, replies)
	}
	for _, name := range dial(t, plain).must(t, "COMMAND", "LIST", "FILTERBY", "PATTERN", "cache|*").texts() {
		called := regexp.MustCompile(`(?i)(^|\n)CACHE ` + strings.TrimPrefix(name, "cache|") + `( .*)?$`)
		if !slices.ContainsFunc(slices.Concat(cacheRows, cacheErrors, cacheOrdered), func(g golden) bool { return called.MatchString(g.lines) }) {
			t.Errorf("no row ends with %s", name)
		}
	}
	wantDocumentedErrors(t, replies)
}

// play runs a row in both protocols and notes the replies it got.
func (g golden) play(t *testing.T, s *server, replies map[string]bool) {
	t.Helper()
	for proto, want := range []string{g.want, g.want3} {
		if want == "" {
			want = g.want
		}
		c := dial(t, s)
		c.must(t, "CONFIG", "SET", "maxmemory", "0")
		c.must(t, "FLUSHALL")
		c.must(t, "HELLO", strconv.Itoa(proto+2))
		var last string
		for _, step := range g.script().steps(t) {
			v, _ := c.do(step.words...)
			last = v.String()
		}
		replies[last] = true
		if pattern, ok := strings.CutPrefix(want, "re:"); ok && regexp.MustCompile(pattern).MatchString(last) || last == want {
			continue
		}
		t.Errorf("%.200q, protocol %d:\n got %s\nwant %s", g.lines, proto+2, last, want)
	}
}

// wantDocumentedErrors wants each error that docs/cache.md names among the replies.
func wantDocumentedErrors(t *testing.T, replies map[string]bool) {
	t.Helper()
	text, err := os.ReadFile("../docs/cache.md")
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := map[string]string{
		"ERR too many leases are out": "TestTheTableIsBounded",
		"TIMEOUT the deadline passed before the command began, it is not applied": "TestDeadlineOfBlockedAndQueued",
	}
	found := 0
	for _, m := range regexp.MustCompile("`((?:ERR|OOM|WRONGTYPE|TIMEOUT) [^`]+)`").FindAllStringSubmatch(string(text), -1) {
		found++
		before, after, _ := strings.Cut(m[1], "...")
		got := elsewhere[m[1]] != ""
		for r := range replies {
			if error, is := strings.CutPrefix(r, "(error) "); is {
				error, _ = strconv.Unquote(error)
				got = got || strings.HasPrefix(error, before) && strings.HasSuffix(error, after)
			}
		}
		if !got {
			t.Errorf("no row answers %s", m[1])
		}
	}
	if found < 20 {
		t.Errorf("only %d errors are named", found)
	}
}

// TestCacheDoc types what docs/cache.md shows and compares what redis-cli answers; its Go and
// Python are parts of the programs that TestClients runs.
func TestCacheDoc(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	text, err := os.ReadFile("../docs/cache.md")
	if err != nil {
		t.Fatal(err)
	}
	s := startLarder(t, "--key-order-index", "yes")
	token, typed := "", 0
	for _, m := range regexp.MustCompile("(?ms)^```console\n(.*?)^```").FindAllStringSubmatch(string(text), -1) {
		for _, part := range strings.Split("\n"+m[1], "\n> ")[1:] {
			line, want, _ := strings.Cut(part, "\n")
			typed++
			words := strings.Fields(strings.ReplaceAll(line, "<token>", token))
			out, err := exec.Command("redis-cli", append([]string{"-p", strconv.Itoa(s.port), "--no-raw"}, words...)...).Output()
			if err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			if found := regexp.MustCompile(`[A-Z2-7]{26}`).Find(out); found != nil {
				token = string(found)
				out = bytes.ReplaceAll(out, found, []byte("<token>"))
			}
			if got := strings.TrimSpace(string(out)); got != strings.TrimSpace(want) {
				t.Errorf("> %s\n got %s\nwant %s", line, got, want)
			}
		}
	}
	if typed < 20 {
		t.Errorf("only %d lines typed", typed)
	}
	for fence, program := range map[string]string{"go": "clients/cachego/main.go", "py": "clients/cachepy/main.py"} {
		source, err := os.ReadFile(program)
		if err != nil {
			t.Fatal(err)
		}
		blocks := regexp.MustCompile("(?ms)^```"+fence+"\n(.*?)^```").FindAllStringSubmatch(string(text), -1)
		for _, b := range blocks {
			if !strings.Contains(string(source), b[1]) {
				t.Errorf("%s has no such part:\n%s", program, b[1])
			}
		}
		if len(blocks) < 3 {
			t.Errorf("%d examples in %s", len(blocks), fence)
		}
	}
}

// tagged is all keys that have a tag.
func (c *conn) tagged(t *testing.T, tag string) map[string]bool {
	t.Helper()
	seen := map[string]bool{}
	for cursor := "0"; ; {
		v := c.must(t, "CACHE", "TAGKEYS", tag, cursor, "COUNT", "500")
		for _, name := range v.list[1].texts() {
			seen[name] = true
		}
		if cursor = v.list[0].text; cursor == "0" {
			return seen
		}
	}
}

// TestEvictCutByKill wants whole keys and an exact index behind a kill -9 in the middle.
func TestEvictCutByKill(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	const keys = 20_000
	s := startLarder(t)
	c := dial(t, s)
	for i := range keys {
		name := fmt.Sprint("key:", i)
		if i%2 == 0 {
			c.must(t, "HSET", name, "a", "1", "b", "2", "c", "3")
			c.must(t, "CACHE", "TAG", name, "t", fmt.Sprint("u", i%10))
		} else {
			c.must(t, "CACHE", "SET", name, "v", "TAG", "2", "t", fmt.Sprint("u", i%10))
		}
	}
	evicting := dial(t, s)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		evicting.do("CACHE", "EVICT", "t")
	}()
	for c.size(t) > keys-1000 {
		time.Sleep(time.Millisecond)
	}
	s.kill(t)
	<-gone
	s.restart(t)
	c = dial(t, s)
	left := c.tagged(t, "t")
	if int64(len(left)) != c.size(t) || len(left) == 0 || len(left) == keys {
		t.Errorf("%d keys have the tag, %d are there", len(left), c.size(t))
	}
	for name := range left {
		i, _ := strconv.Atoi(name[len("key:"):])
		if i%2 == 0 && c.must(t, "HLEN", name).text != "3" {
			t.Errorf("%s is not whole", name)
		}
	}
	fives := c.tagged(t, "u5")
	for name := range left {
		if i, _ := strconv.Atoi(name[len("key:"):]); (i%10 == 5) != fives[name] {
			t.Fatalf("%s: the index says %v", name, fives[name])
		}
	}
	if v := c.must(t, "CACHE", "CHECK"); v.list[1].text != "sound" {
		t.Errorf("check: %v", v)
	}
	if v := c.must(t, "CACHE", "EVICT", "t"); v.text != strconv.Itoa(len(left)) || c.size(t) != 0 {
		t.Errorf("the rest: %v, %d left", v, c.size(t))
	}
}

func (c *conn) size(t *testing.T) int64 {
	t.Helper()
	n, _ := strconv.ParseInt(c.must(t, "DBSIZE").text, 10, 64)
	return n
}

// TestDeadline keeps a shard busy and wants those behind it refused, for certain.
func TestDeadline(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	s := startLarder(t, "--shards", "1")
	busy, c := dial(t, s), dial(t, s)
	c.must(t, "CACHE", "DEADLINE", "20")
	done := make(chan value, 1)
	go func() {
		v, _ := busy.do("EVAL", "redis.call('SET',KEYS[1],'begun') for i=1,4e7 do end redis.call('SET',KEYS[1],'script')", "1", "k")
		done <- v
	}()
	late := 0
	for i := 0; late < 3 && i < 100_000; i++ {
		if v, _ := c.do("APPEND", "k", "x"); strings.HasPrefix(v.text, "TIMEOUT ") {
			late++
		} else if v.isError() {
			t.Fatal(v)
		}
	}
	if v, _ := c.send(slices.Concat(encode("MULTI"), encode("SET", "k", "y"), encode("EXEC"))); v.text != "OK" {
		t.Fatal(v)
	}
	c.receive()
	if v, _ := c.receive(); late == 3 && !strings.HasPrefix(v.text, "TIMEOUT ") && v.isError() {
		t.Errorf("EXEC: %v", v)
	}
	if v := <-done; v.isError() {
		t.Fatal(v)
	}
	if late != 3 {
		t.Fatalf("%d of 3 commands came too late", late)
	}
	c.must(t, "CACHE", "DEADLINE", "0")
	if got := c.must(t, "GET", "k").text; got != "script" && got != "y" {
		t.Errorf("k is %q", got)
	}
	if v := c.must(t, "CACHE", "STATS"); !strings.Contains(v.String(), `"timeouts" :`) || strings.Contains(v.String(), `"timeouts" :0 "databases"`) {
		t.Errorf("stats: %v", v)
	}
}

// TestCacheStatsOutliveTheServer counts on both sides of a restart.
func TestCacheStatsOutliveTheServer(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	s := startLarder(t, "--maxmemory-policy", "allkeys-lru")
	c := dial(t, s)
	c.must(t, "SET", "k", "v")
	c.must(t, "MGET", "k", "k", "none")
	s.term(t)
	s.restart(t)
	c = dial(t, s)
	c.must(t, "GET", "k")
	v := c.must(t, "CACHE", "STATS").String()
	for _, want := range []string{`"hits" :3 "misses" :1 `, `"databases" *[:0 *["hits" :3 `, `"policies" *["allkeys-lru" *["hits" :3 `} {
		if !strings.Contains(v, want) {
			t.Errorf("%s is not in %s", want, v)
		}
	}
}
