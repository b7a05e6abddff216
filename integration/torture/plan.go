package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"larder/integration/torture/model"
)

// plan draws what a client does next. Names tell types, so that no command meets a wrong one: s strings, n
// counters, x strings that expire soon, e and m hashes and sets whose fields and members do, h, l, t, z and r for
// hashes, lists, sets, sorted sets and streams.
type plan struct {
	rnd      *rand.Rand
	client   int
	space    *model.Space // the client's state after all that it has sent
	sequence int          // grows for ever: makes ids of streams, and values that are like no other
	heavy    bool         // large values, which fill segments of the journal
	old      bool         // nothing that redis-server 7.0 does not know
}

const (
	names       = 8   // of each type in each database
	crowd       = 120 // from here on collections shrink rather than grow
	databases   = 2   // of each client
	expiresFar  = 48 * time.Hour
	expiresSoon = 3 * time.Second
)

// next is a step that has not been sent.
func (p *plan) next(rules model.Rules) *step {
	s := &step{}
	count := 1
	switch r := p.rnd.IntN(10); {
	case p.heavy && r < 7, r < 4:
	case r < 7:
		s.form, count = transaction, 2+p.rnd.IntN(6)
	default:
		s.form, count = pipeline, 2+p.rnd.IntN(30)
	}
	db := p.rnd.IntN(databases)
	for range count {
		if s.form == transaction && p.rnd.IntN(8) == 0 {
			db = 1 - db
		}
		c := command{db, p.draw(db, s.form)}
		s.commands = append(s.commands, c)
		rules.Apply(p.space, c.db, c.words)
	}
	return s
}

func (p *plan) draw(db int, f form) []string {
	if p.heavy && p.rnd.IntN(3) > 0 {
		// Always the same value: the journal grows by all that is written, the tables by the last of it.
		return []string{"SETRANGE", fmt.Sprintf("s:%d:0", p.client), "0", p.text(300<<10 + p.rnd.IntN(1<<20))}
	}
	switch p.rnd.IntN(20) {
	case 0, 1:
		if f != pipeline {
			return p.wide(db)
		}
		return p.strings()
	case 2, 3:
		return p.hashes(db)
	case 4, 5, 6:
		return p.lists(db)
	case 7, 8:
		return p.sets(db)
	case 9, 10, 11:
		return p.zsets(db)
	case 12, 13:
		return p.streams(db)
	case 14:
		return p.expiries()
	}
	return p.strings()
}

func (p *plan) name(kind string) string {
	return fmt.Sprintf("%s:%d:%d", kind, p.client, p.rnd.IntN(names))
}

func (p *plan) number() string { return strconv.Itoa(p.rnd.IntN(100)) }

// unique is like no other text of the client.
func (p *plan) unique() string {
	p.sequence++
	return strconv.Itoa(p.sequence)
}

func (p *plan) text(n int) string {
	head := p.unique() + "."
	return head + strings.Repeat(string(rune('a'+p.rnd.IntN(26))), max(n-len(head), 0))
}

// size is mostly small, at times above what a row, a head and a chunk hold.
func (p *plan) size() int {
	switch r := p.rnd.IntN(100); {
	case r < 80:
		return p.rnd.IntN(300)
	case r < 98:
		return p.rnd.IntN(10 << 10)
	}
	return p.rnd.IntN(400 << 10)
}

// far is a time that no run reaches.
func far(rnd *rand.Rand) string {
	return strconv.FormatInt(time.Now().Add(expiresFar).UnixMilli()+rnd.Int64N(1e6), 10)
}

func (p *plan) strings() []string {
	switch p.rnd.IntN(8) {
	case 0:
		return []string{"INCRBY", p.name("n"), p.number()}
	case 1:
		return []string{"INCRBY", p.name("n"), "1"}
	case 2:
		return []string{"APPEND", p.name("s"), p.text(p.rnd.IntN(200))}
	case 3:
		return []string{"SETRANGE", p.name("s"), strconv.Itoa(p.rnd.IntN(3000)), p.unique()}
	case 4:
		return []string{"GETDEL", p.name("s")}
	case 5:
		return []string{"SET", p.name("s"), p.text(p.size()), "PXAT", far(p.rnd)}
	}
	return []string{"SET", p.name("s"), p.text(p.size())}
}

// expiries are soon for strings that nothing reads, else too far away to happen.
func (p *plan) expiries() []string {
	kind := []string{"s", "n", "h", "l", "t", "z", "r"}[p.rnd.IntN(7)]
	switch p.rnd.IntN(4) {
	case 0:
		return []string{"PERSIST", p.name(kind)}
	case 1:
		return []string{"PEXPIREAT", p.name(kind), far(p.rnd)}
	}
	return []string{"SET", p.name("x"), p.text(p.size()), "PXAT", soon(p.rnd)}
}

// soon is a time that comes while the model looks on.
func soon(rnd *rand.Rand) string {
	return strconv.FormatInt(time.Now().Add(time.Duration(rnd.Int64N(int64(expiresSoon)))).UnixMilli(), 10)
}

// fieldTimes are soon for fields that are written once and that nothing reads, else too far away to happen.
func (p *plan) fieldTimes() []string {
	return [][]string{
		{"HPEXPIREAT", p.name("h"), far(p.rnd), "FIELDS", "1", p.member()},
		{"HPERSIST", p.name("h"), "FIELDS", "1", p.member()},
		{"HSETEX", p.name("h"), "PXAT", far(p.rnd), "FIELDS", "1", p.member(), p.text(p.size() / 2)},
		{"HSETEX", p.name("e"), "PXAT", soon(p.rnd), "FIELDS", "1", p.unique(), p.text(p.size() / 2)},
	}[p.rnd.IntN(4)]
}

func (p *plan) memberTimes() []string {
	return [][]string{
		{"SPEXPIREAT", p.name("t"), far(p.rnd), "MEMBERS", "1", p.member()},
		{"SPERSIST", p.name("t"), "MEMBERS", "1", p.member()},
		{"SADDEX", p.name("t"), "PXAT", far(p.rnd), "MEMBERS", "2", p.member(), p.member()},
		{"SADDEX", p.name("m"), "PXAT", soon(p.rnd), "MEMBERS", "2", p.unique(), p.unique()},
	}[p.rnd.IntN(4)]
}

// of is the value of a key, or an empty one.
func (p *plan) of(db int, name string) *model.Value {
	if v := p.space.Get(model.Key{DB: db, Name: name}); v != nil {
		return v
	}
	return &model.Value{}
}

// shrinks says that a collection should rather lose something.
func (p *plan) shrinks(v *model.Value) bool {
	n := len(v.Pairs) + len(v.Row)
	return n > 0 && p.rnd.IntN(crowd) < n
}

// member is a name that is often there already.
func (p *plan) member() string { return "m" + strconv.Itoa(p.rnd.IntN(2*crowd)) }

func (p *plan) hashes(db int) []string {
	if !p.old && p.rnd.IntN(4) == 0 {
		return p.fieldTimes()
	}
	name := p.name("h")
	switch v := p.of(db, name); {
	case p.shrinks(v):
		return []string{"HDEL", name, p.member(), p.member(), p.member()}
	case p.rnd.IntN(3) == 0:
		return []string{"HINCRBY", name, "#" + p.number(), p.number()}
	}
	return []string{"HSET", name, p.member(), p.text(p.size() / 2), p.member(), p.unique()}
}

func (p *plan) sets(db int) []string {
	if !p.old && p.rnd.IntN(4) == 0 {
		return p.memberTimes()
	}
	name := p.name("t")
	if p.shrinks(p.of(db, name)) {
		return []string{"SREM", name, p.member(), p.member(), p.member()}
	}
	return []string{"SADD", name, p.member(), p.member(), p.unique()}
}

func (p *plan) zsets(db int) []string {
	name := p.name("z")
	if p.shrinks(p.of(db, name)) {
		if p.rnd.IntN(2) == 0 {
			return []string{"ZPOPMIN", name}
		}
		return []string{"ZREM", name, p.member(), p.member(), p.member()}
	}
	if p.rnd.IntN(3) == 0 {
		return []string{"ZINCRBY", name, p.number(), p.member()}
	}
	return []string{"ZADD", name, p.number(), p.member(), p.number(), p.member()}
}

func (p *plan) lists(db int) []string {
	name := p.name("l")
	v := p.of(db, name)
	if n := len(v.Row); n > 0 && p.rnd.IntN(4) == 0 {
		element := v.Row[p.rnd.IntN(n)]
		return [][]string{{"LSET", name, strconv.Itoa(p.rnd.IntN(n)), p.unique()},
			{"LINSERT", name, "BEFORE", element, p.unique()},
			{"LREM", name, "0", element}, {"RPOPLPUSH", name, name}}[p.rnd.IntN(4)]
	}
	if p.shrinks(v) {
		return [][]string{{"LPOP", name}, {"RPOP", name}, {"LTRIM", name, "3", strconv.Itoa(crowd / 2)}}[p.rnd.IntN(3)]
	}
	return []string{[]string{"RPUSH", "LPUSH"}[p.rnd.IntN(2)], name, p.text(p.size() / 4), p.unique()}
}

func (p *plan) streams(db int) []string {
	name := p.name("r")
	v := p.of(db, name)
	switch {
	case len(v.Row) > 0 && p.rnd.IntN(4) == 0:
		id, _, _ := strings.Cut(v.Row[p.rnd.IntN(len(v.Row))], " ")
		return []string{"XDEL", name, id}
	case p.shrinks(v):
		return []string{"XTRIM", name, "MAXLEN", strconv.Itoa(len(v.Row) / 2)}
	}
	return []string{"XADD", name, p.unique() + "-1", "field", p.unique(), "size", strconv.Itoa(p.size())}
}

// wide are the commands on several keys, and on all of a database.
func (p *plan) wide(db int) []string {
	kind := []string{"s", "n", "h", "l", "t", "z", "r"}[p.rnd.IntN(7)]
	switch p.rnd.IntN(12) {
	case 0:
		return []string{"EVAL", model.Script, "2", p.name("l"), p.name("n"), p.unique(), p.number()}
	case 1:
		return []string{"SMOVE", p.name("t"), p.name("t"), p.member()}
	case 2:
		return []string{"SINTERSTORE", p.name("t"), p.name("t"), p.name("t")}
	case 3:
		return []string{"RPOPLPUSH", p.name("l"), p.name("l")}
	case 4:
		return []string{"DEL", p.name("s"), p.name("h"), p.name("z")}
	case 5:
		return []string{"UNLINK", p.name(kind), p.name("r")}
	case 6:
		return p.rare(db)
	case 7, 8:
		return p.another(db, kind)
	}
	return []string{"MSET", p.name("s"), p.text(p.size()), p.name("s"), p.unique(), p.name("s"), p.text(p.size())}
}

// another gives a key that is there another name, or a copy.
func (p *plan) another(db int, kind string) []string {
	all := slices.DeleteFunc(p.space.Names(db), func(name string) bool { return !strings.HasPrefix(name, kind) })
	to := p.name(kind)
	if len(all) == 0 || slices.Equal(all, []string{to}) {
		return []string{"DEL", to}
	}
	from := all[p.rnd.IntN(len(all))]
	if from == to || p.rnd.IntN(2) == 0 {
		return []string{"RENAME", from, to}
	}
	return []string{"COPY", from, to, "REPLACE"}
}

func (p *plan) rare(db int) []string {
	here, there := strconv.Itoa(databases*p.client+db), strconv.Itoa(databases*p.client+1-db)
	switch p.rnd.IntN(12) {
	case 0:
		return []string{"FLUSHDB"}
	case 1:
		return []string{"SWAPDB", here, there}
	}
	return []string{"MOVE", p.name("h"), there}
}
