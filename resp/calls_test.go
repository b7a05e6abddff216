package resp

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"larder/resp/cmd"
	"larder/resp/cmd/cmdtest"
	"larder/store/memory"
)

var (
	repeated = regexp.MustCompile(`\[([a-zA-Z][^\[\]]*) \.\.\.\]`)
	optional = regexp.MustCompile(`\[[^\[\]]*\]`)
	choice   = regexp.MustCompile(`<([^<>|]*)\|[^<>]*>`)
)

// lineOf makes a command line of a usage, with n of what may be repeated; "" if nothing may.
func lineOf(name, usage string, n int) string {
	for choice.MatchString(usage) {
		usage = choice.ReplaceAllString(usage, "$1")
	}
	if !repeated.MatchString(optionsWithout(usage)) {
		return ""
	}
	usage = optionsWithout(usage)
	for {
		at := repeated.FindStringSubmatchIndex(usage)
		if at == nil {
			break
		}
		what := usage[at[2]:at[3]]
		var all []string
		for i := range n {
			for _, w := range strings.Fields(what) {
				all = append(all, wordOf(w, i+1, n))
			}
		}
		before := strings.TrimSuffix(strings.TrimSpace(usage[:at[0]]), what)
		usage = before + strings.Join(all, " ") + usage[at[1]:]
	}
	words := strings.Fields(usage)
	for i, w := range words {
		words[i] = wordOf(w, 0, n)
	}
	return name + " " + strings.Join(words, " ")
}

// optionsWithout removes what may be left out.
func optionsWithout(usage string) string {
	held := repeated.ReplaceAllString(usage, "\x01$1\x02")
	for optional.MatchString(held) {
		held = optional.ReplaceAllString(held, "")
	}
	return strings.NewReplacer("\x01", "[", "\x02", " ...]").Replace(held)
}

// wordOf is a value for a word of a usage: number i of n, or the one there is.
func wordOf(w string, i, n int) string {
	switch w {
	case "key", "field", "member", "element", "value", "tag":
		if i == 0 {
			return w
		}
		return w[:1] + strconv.Itoa(i)
	case "id":
		return strconv.Itoa(i) + "-1"
	case "score", "offset", "longitude", "latitude":
		return strconv.Itoa(i)
	case "encoding":
		return "u8"
	case "numkeys", "numids", "numfields", "nummembers":
		return strconv.Itoa(n)
	case "seconds", "milliseconds", "unix-time-seconds":
		return "4102444800"
	case "unix-time-milliseconds":
		return "4102444800000"
	case "timeout", "min-idle-time":
		return "0"
	}
	return w
}

// laid are the commands that lay out keys for a command of a group: n of them, named k1 and so on, and one, "key", of n
// elements.
func laid(group string, n int) (lines []string) {
	line := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	for i := 1; i <= n; i++ {
		switch group {
		case "string", "generic", "cache", "bitmap":
			line("SET k%d %d", i, i)
		case "list":
			line("RPUSH k%d a b c", i)
			line("RPUSH key e%d x", i)
			line("SET w%d %d", i, n-i)
		case "set":
			line("SADD k%d a b c%d", i, i)
			line("SADD key m%d", i)
		case "sorted-set":
			line("ZADD k%d 1 a 2 b 3 c%d", i, i)
			line("ZADD key %d m%d", i, i)
		case "geo":
			line("GEOADD key 0 0 m%d", i)
		case "hyperloglog":
			line("PFADD k%d a b c%d", i, i)
		case "hash":
			line("HSET key f%d v", i)
		case "stream":
			line("XADD k%d 99-1 f v", i)
			line("XGROUP CREATE k%d group 0", i)
			line("XADD key %d-1 f v", i)
			line("XGROUP CREATE grouped g%d 0 MKSTREAM", i)
			line("XGROUP CREATECONSUMER grouped g%d c", i)
		}
	}
	switch group {
	case "list":
		for i := range n {
			line("SET we%d %d", i, n-i)
			line("HSET he%d f %d", i, n-i)
		}
	case "stream":
		line("XGROUP CREATE key group 0")
		for i := range n - n/5 {
			line("XREADGROUP GROUP group c%d COUNT 1 STREAMS key >", i)
		}
		line("XGROUP CREATE key one 0")
		line("XREADGROUP GROUP one c STREAMS key >")
		line("XDEL key 3-1")
	}
	return lines
}

// callsOf runs a command on keys that are laid out, and counts the calls of its transaction.
func callsOf(t *testing.T, rows []cmd.Spec, before []string, line string) map[string]int {
	t.Helper()
	now := time.Now().UnixMilli()
	clock := func() int64 { // each transaction has a time of its own, however fast the machine is
		now++
		return now
	}
	e := &callsEngine{Engine: memory.New(memory.WithClock(clock)), calls: map[string]int{}, most: map[string]int{}}
	s := cmdtest.NewSession(e, rows, nil)
	for _, b := range before {
		if got := s.DoText(t, b); strings.HasPrefix(got, "-") {
			t.Fatalf("%s: %s", b, got)
		}
	}
	clear(e.calls)
	if got := s.DoText(t, line); strings.HasPrefix(got, "-") {
		t.Errorf("%.80s: %s", line, got)
	}
	return maps.Clone(e.calls)
}

// grown names the methods that were called more often.
func grown(few, many map[string]int) (names []string) {
	for _, name := range slices.Sorted(maps.Keys(many)) {
		if many[name] > few[name] {
			names = append(names, fmt.Sprintf("%s %d/%d", name, few[name], many[name]))
		}
	}
	return names
}

const (
	operands = "an id is asked for items, and each operand is one of its own"
	headEach = "PutHead is of one key"
)

// growing are the commands whose calls grow with their arguments, and why they must.
var growing = map[string]string{
	"MSET":        headEach,
	"MSETNX":      headEach,
	"MSETEX":      headEach,
	"SDIFF":       operands,
	"SDIFFSTORE":  operands,
	"SINTER":      operands,
	"SINTERCARD":  operands,
	"SUNIONCARD":  operands,
	"SDIFFCARD":   operands,
	"SINTERSTORE": operands,
	"SUNION":      operands,
	"SUNIONSTORE": operands,
	"XREAD":       operands,
	"XREADGROUP":  operands + ", with a head of its own that is put",
	"ZDIFF":       operands,
	"ZDIFFSTORE":  operands,
	"ZINTER":      operands,
	"ZINTERCARD":  operands,
	"ZINTERSTORE": operands,
	"ZUNION":      operands,
	"ZUNIONSTORE": operands,
}

// variable are the commands of rows with arguments that may come any number of times, as lines with n of them.
func variable(rows []cmd.Spec) map[string]func(n int) (group, line string) {
	all := map[string]func(int) (string, string){}
	for _, row := range rows {
		for _, spec := range append(slices.Clone(row.Subs), row) {
			name := spec.Name
			if spec.Name != row.Name {
				name = row.Name + " " + spec.Name
			}
			group := spec.Group
			if name == "MSETNX" {
				group = "" // its keys must be absent
			}
			one := spec.Flags&(cmd.Write|cmd.View) != 0 && !spec.Has(cmd.Unbound) // transaction
			if one && lineOf(name, spec.Usage, 1) != "" {
				all[name] = func(n int) (string, string) { return group, lineOf(name, spec.Usage, n) }
			}
		}
	}
	return all
}

// TestCallsDoNotGrowWithArguments holds every command with a variable number of arguments to the contract's batched
// forms.
func TestCallsDoNotGrowWithArguments(t *testing.T) {
	rows := tableForDoc(t)
	all := variable(rows)
	if len(all) < 45 {
		t.Errorf("only %d commands have a variable number of arguments", len(all))
	}
	for name := range growing {
		if all[name] == nil {
			t.Errorf("%s has no such arguments", name)
		}
	}
	for name, line := range all {
		t.Run(name, func(t *testing.T) {
			group, few := line(20) // a few more than entries of streams are looked up one by one
			_, many := line(80)
			less := callsOf(t, rows, laid(group, 20), few)
			more := callsOf(t, rows, laid(group, 80), many)
			grew := grown(less, more)
			switch reason := growing[name]; {
			case len(grew) > 0 && reason == "":
				t.Errorf("%.60s: %s", few, grew)
			case len(grew) == 0 && reason != "":
				t.Errorf("does not grow, and is excused: %s", reason)
			case more["Heads"] > less["Heads"]:
				t.Errorf("heads are asked for one by one: %s", grew)
			}
		})
	}
}

// TestCallsDoNotGrowWithCounts is the same for what a command finds or is told to take.
func TestCallsDoNotGrowWithCounts(t *testing.T) {
	rows := tableForDoc(t)
	const (
		consumers = "what a consumer has pending is a range of its own"
		hashes    = "each hash is an id of its own"
		stretches = "DropRange is of one stretch"
	)
	for _, c := range []struct{ group, line, excuse string }{
		// # is the number, and @ so many keys of which only the last is there
		{"stream", "XREADGROUP GROUP group c COUNT # STREAMS key >", ""},
		{"stream", "XREADGROUP GROUP group c NOACK STREAMS key >", ""},
		{"stream", "XREADGROUP GROUP one c COUNT # STREAMS key 0", ""},
		{"stream", "XREADGROUP GROUP one c STREAMS key 0", ""},
		{"stream", "XPENDING key group", ""},
		{"stream", "XPENDING key group - + #", ""},
		{"stream", "XPENDING key group IDLE 0 - + # c1", ""},
		{"stream", "XPENDING key one - + # c", ""},
		{"stream", "XPENDING key one - + 5 c", ""},
		{"stream", "XAUTOCLAIM key group c 0 0 COUNT #", ""},
		{"stream", "XAUTOCLAIM key one d 0 0 COUNT # JUSTID", ""},
		{"stream", "XCLAIM key one d 0 9-1 5-1 FORCE", ""},
		{"stream", "XGROUP DELCONSUMER key one c", ""},
		{"stream", "XGROUP DESTROY key group", ""},
		{"stream", "XGROUP SETID key group 0", ""},
		{"stream", "XINFO CONSUMERS key group", ""},
		{"stream", "XINFO GROUPS grouped", ""},
		{"stream", "XINFO STREAM key", ""},
		{"stream", "XACK key one 1-1 2-1 4-1 5-1", ""},
		{"stream", "XGROUP CREATECONSUMER key group new", ""},
		{"stream", "XINFO STREAM key FULL COUNT 2", consumers},
		{"stream", "XRANGE key - + COUNT #", ""},
		{"stream", "XREVRANGE key + - COUNT #", ""},
		{"stream", "XREAD COUNT # STREAMS key 0", ""},
		{"stream", "XADD key MAXLEN 5 * f v", ""},
		{"stream", "XADD key MINID 8-1 * f v", ""},
		{"stream", "XTRIM key MAXLEN 5", ""},
		{"stream", "XTRIM key MINID 8-1", ""},
		{"list", "LPOP key #", ""},
		{"list", "RPOP key #", ""},
		{"list", "LMPOP 1 key LEFT COUNT #", ""},
		{"list", "LRANGE key 0 -1", ""},
		{"list", "LTRIM key # -1", ""},
		{"list", "LREM key 0 x", stretches},
		{"list", "LREM key 2 x", ""},
		{"list", "LINSERT key BEFORE x new", ""},
		{"list", "LSET key -1 new", ""},
		{"list", "LINDEX key -1", ""},
		{"list", "LPOS key x COUNT 0", ""},
		{"list", "SORT key ALPHA LIMIT 0 #", ""},
		{"list", "SORT key BY w* GET w* GET # ALPHA", ""},
		{"list", "SORT key BY w* STORE dst", ""},
		{"list", "SORT key BY h*->f GET h*->f", hashes},
		{"list", "LMPOP # @ LEFT", ""},
		{"list", "BLMPOP 0 # @ RIGHT", ""},
		{"list", "BLPOP @ 0", ""},
		{"list", "BRPOP @ 0", ""},
		{"sorted-set", "ZMPOP # @ MIN", ""},
		{"sorted-set", "BZMPOP 0 # @ MAX", ""},
		{"sorted-set", "BZPOPMIN @ 0", ""},
		{"sorted-set", "BZPOPMAX @ 0", ""},
		{"set", "SPOP key #", ""},
		{"set", "SRANDMEMBER key #", ""},
		{"set", "SRANDMEMBER key -#", ""},
		{"set", "SORT key BY nosort GET k*", ""},
		{"sorted-set", "ZPOPMIN key #", ""},
		{"sorted-set", "ZPOPMAX key #", ""},
		{"sorted-set", "ZMPOP 1 key MIN COUNT #", ""},
		{"sorted-set", "ZRANDMEMBER key #", ""},
		{"sorted-set", "ZRANDMEMBER key -#", ""},
		{"sorted-set", "ZREMRANGEBYRANK key 0 -3", ""},
		{"sorted-set", "ZREMRANGEBYSCORE key 2 #", ""},
		{"sorted-set", "ZRANGESTORE dst key 0 -1", ""},
		{"sorted-set", "ZREMRANGEBYLEX key - +", ""},
		{"sorted-set", "ZRANGE key 0 -1 WITHSCORES", ""},
		{"sorted-set", "ZRANGE key 0 # BYSCORE", ""},
		{"sorted-set", "ZRANGE key - + BYLEX LIMIT 1 #", ""},
		{"sorted-set", "ZCOUNT key 0 #", ""},
		{"sorted-set", "ZLEXCOUNT key - +", ""},
		{"sorted-set", "ZREVRANK key m1", ""},
		{"sorted-set", "ZSCAN key 0 COUNT #", ""},
		{"set", "SSCAN key 0 COUNT #", ""},
		{"set", "SMEMBERS key", ""},
		{"hash", "HSCAN key 0 COUNT #", ""},
		{"hash", "HKEYS key", ""},
		{"string", "SCAN 0 COUNT #", ""},
		{"hash", "HRANDFIELD key #", ""},
		{"hash", "HRANDFIELD key -#", ""},
		{"hash", "HGETALL key", ""},
	} {
		run := func(n int) map[string]int {
			words := strings.NewReplacer("#", strconv.Itoa(n), "@", strings.Repeat("absent ", n-1)+"k1")
			return callsOf(t, rows, laid(c.group, n), words.Replace(c.line))
		}
		few, many := run(30), run(120) // from some on a group keeps and reads stretches
		if many["PutHead"] > 1 || many["Heads"] > few["Heads"] {
			t.Errorf("%s puts a head %d times, and asks for heads %d times", c.line, many["PutHead"], many["Heads"])
		}
		if grew := grown(few, many); (len(grew) > 0) != (c.excuse != "") {
			t.Errorf("%s: %s, excused by %q", c.line, grew, c.excuse)
		}
	}
}

// TestLongRepliesOfGroupsComeInPages: what is read without a COUNT is held a page at a time.
func TestLongRepliesOfGroupsComeInPages(t *testing.T) {
	e := &callsEngine{Engine: memory.New(), calls: map[string]int{}, most: map[string]int{}}
	s := cmdtest.NewSession(e, tableForDoc(t), nil)
	const entries, page = 2000, 256
	for i := range entries {
		s.DoText(t, fmt.Sprintf("XADD key %d-1 f v", i+1))
	}
	s.DoText(t, "XGROUP CREATE key group 0")
	for _, line := range []string{
		"XREADGROUP GROUP group c STREAMS key >", "XREADGROUP GROUP group c STREAMS key 0", "XGROUP DELCONSUMER key group c",
	} {
		clear(e.most)
		got := s.DoText(t, line)
		if n := strings.Count(got, " f "); n != entries && got != fmt.Sprintf(":%d", entries) {
			t.Errorf("%s: %d entries", line, n)
		}
		for method, n := range e.most {
			if n > 2*page {
				t.Errorf("%s: %s of %d items", line, method, n)
			}
		}
	}
}
