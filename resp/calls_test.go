package resp

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"larder/resp/cmd"
	"larder/resp/cmd/cmdtest"
	"larder/store"
	"larder/store/memory"
)

// callsEngine counts the calls of its transactions by method.
type callsEngine struct {
	store.Engine
	calls map[string]int
}

func (e *callsEngine) View(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	return e.Engine.View(ctx, s, func(tx store.Tx) error { return fn(callsTx{tx, e.calls}) })
}

func (e *callsEngine) Update(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	return e.Engine.Update(ctx, s, func(tx store.Tx) error { return fn(callsTx{tx, e.calls}) })
}

type callsTx struct {
	store.Tx
	calls map[string]int
}

func (t callsTx) Heads(dst []store.Head, keys ...store.Key) ([]store.Head, error) {
	t.calls["Heads"]++
	return t.Tx.Heads(dst, keys...)
}

func (t callsTx) PutHead(k store.Key, h store.Head) error {
	t.calls["PutHead"]++
	return t.Tx.PutHead(k, h)
}

func (t callsTx) NewID(k store.Key) (store.ID, error) {
	t.calls["NewID"]++
	return t.Tx.NewID(k)
}

func (t callsTx) Drop(keys ...store.Key) (int, error) {
	t.calls["Drop"]++
	return t.Tx.Drop(keys...)
}

func (t callsTx) Detach(k store.Key) error {
	t.calls["Detach"]++
	return t.Tx.Detach(k)
}

func (t callsTx) Items(dst []store.Item, id store.ID, p store.Part, fields ...[]byte) ([]store.Item, error) {
	t.calls["Items"]++
	return t.Tx.Items(dst, id, p, fields...)
}

func (t callsTx) PutItems(id store.ID, p store.Part, items ...store.Item) (store.Change, error) {
	t.calls["PutItems"]++
	return t.Tx.PutItems(id, p, items...)
}

func (t callsTx) DropItems(id store.ID, p store.Part, fields ...[]byte) (store.Change, error) {
	t.calls["DropItems"]++
	return t.Tx.DropItems(id, p, fields...)
}

func (t callsTx) DropRange(id store.ID, p store.Part, r store.Range) (store.Change, error) {
	t.calls["DropRange"]++
	return t.Tx.DropRange(id, p, r)
}

func (t callsTx) Range(id store.ID, p store.Part, r store.Range) iter.Seq2[store.Item, error] {
	t.calls["Range"]++
	return t.Tx.Range(id, p, r)
}

func (t callsTx) Count(id store.ID, p store.Part, r store.Range) (int64, error) {
	t.calls["Count"]++
	return t.Tx.Count(id, p, r)
}

func (t callsTx) Random(id store.ID, p store.Part, size int64, n int) ([]store.Item, error) {
	t.calls["Random"]++
	return t.Tx.Random(id, p, size, n)
}

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
		return strconv.Itoa(max(i, 9)) + "-1"
	case "score":
		return strconv.Itoa(i)
	case "numkeys":
		return strconv.Itoa(n)
	case "timeout", "min-idle-time":
		return "0"
	}
	return w
}

// laid are the commands that lay out keys for a command of a group: n of them named k1 and so on, and one, "key", of n
// elements.
func laid(group string, n int) (lines []string) {
	line := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	for i := 1; i <= n; i++ {
		switch group {
		case "string", "generic", "cache":
			line("SET k%d %d", i, i)
		case "list":
			line("RPUSH k%d a b c", i)
			line("RPUSH key e%d", i)
		case "set":
			line("SADD k%d a b c%d", i, i)
			line("SADD key m%d", i)
		case "sorted-set":
			line("ZADD k%d 1 a 2 b 3 c%d", i, i)
			line("ZADD key %d m%d", i, i)
		case "hash":
			line("HSET key f%d v", i)
		case "stream":
			line("XADD k%d 1-1 f v", i)
			line("XADD key %d-1 f v", i)
			line("XGROUP CREATE k%d group 0", i)
		}
	}
	if group == "stream" {
		line("XGROUP CREATE key group 0")
	}
	return lines
}

// callsOf runs a command on keys that are laid out, and counts the calls of its transaction.
func callsOf(t *testing.T, rows []cmd.Spec, before []string, line string) map[string]int {
	t.Helper()
	e := &callsEngine{Engine: memory.New(), calls: map[string]int{}}
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

// TestCallsDoNotGrowWithArguments holds every command with a variable number of arguments to the contract's batched
// forms.
func TestCallsDoNotGrowWithArguments(t *testing.T) {
	rows := tableForDoc(t)
	for _, row := range rows {
		for _, spec := range append(slices.Clone(row.Subs), row) {
			name := spec.Name
			if spec.Name != row.Name {
				name = row.Name + " " + spec.Name
			}
			few := lineOf(name, spec.Usage, 10)
			if few == "" || len(spec.Keys) == 0 && spec.MoreKeys == nil {
				continue
			}
			t.Run(name, func(t *testing.T) {
				t.Log(few, grown(callsOf(t, rows, laid(spec.Group, 10), few), callsOf(t, rows, laid(spec.Group, 40), lineOf(name, spec.Usage, 40))))
			})
		}
	}
}
