package model

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// rule changes a space and says which keys it may have changed.
type rule func(s *Space, db int, a []string) []Key

// Rules are the commands that a model knows, by name.
type Rules map[string]rule

// Apply executes one command on a database.
func (r Rules) Apply(s *Space, db int, words []string) []Key {
	rule := r[words[0]]
	if rule == nil {
		panic(fmt.Sprintf("the model does not know %s", words[0]))
	}
	return rule(s, db, words[1:])
}

// NewRules lists them.
func NewRules() Rules {
	r := Rules{"SWAPDB": swapDB, "FLUSHDB": flushDB, "MSET": mset, "MOVE": move, "RENAME": rename, "COPY": copyKey,
		"DEL": del, "UNLINK": del, "EVAL": eval, "SMOVE": smove, "SINTERSTORE": sinterstore, "RPOPLPUSH": rpoplpush}
	for name, fn := range ofOne() {
		r[name] = func(s *Space, db int, a []string) []Key {
			k := Key{db, a[0]}
			if v := fn(s.Get(k), a[1:]); v == nil || v.empty() {
				delete(s.dbs[db], a[0])
			} else {
				s.Put(k, v)
			}
			return []Key{k}
		}
	}
	return r
}

// empty collections do not exist, but for streams and strings.
func (v *Value) empty() bool {
	switch v.Kind {
	case String, Stream:
		return false
	}
	return len(v.Pairs) == 0 && len(v.Row) == 0
}

func swapDB(s *Space, _ int, a []string) []Key {
	// The databases are numbered on the server; a client has neighbours, so parity tells them apart.
	i, j := number(a[0])%len(s.dbs), number(a[1])%len(s.dbs)
	s.dbs[i], s.dbs[j] = s.dbs[j], s.dbs[i]
	var keys []Key
	for _, names := range s.dbs {
		for name := range names {
			keys = append(keys, Key{i, name}, Key{j, name})
		}
	}
	return keys
}

func flushDB(s *Space, db int, _ []string) (keys []Key) {
	for name := range s.dbs[db] {
		keys = append(keys, Key{db, name})
	}
	clear(s.dbs[db])
	return keys
}

func mset(s *Space, db int, a []string) (keys []Key) {
	for i := 0; i < len(a); i += 2 {
		keys = append(keys, Key{db, a[i]})
		s.Put(keys[len(keys)-1], &Value{Kind: String, Text: a[i+1]})
	}
	return keys
}

func move(s *Space, db int, a []string) []Key {
	from, to := Key{db, a[0]}, Key{number(a[1]) % len(s.dbs), a[0]}
	if s.Get(from) != nil && s.Get(to) == nil {
		s.Put(to, s.Get(from))
		delete(s.dbs[db], a[0])
	}
	return []Key{from, to}
}

func rename(s *Space, db int, a []string) []Key {
	from, to := Key{db, a[0]}, Key{db, a[1]}
	if v := s.Get(from); v != nil {
		delete(s.dbs[db], a[0])
		s.Put(to, v)
	}
	return []Key{from, to}
}

func copyKey(s *Space, db int, a []string) []Key {
	from, to := Key{db, a[0]}, Key{db, a[1]}
	if v := s.Get(from); v != nil {
		s.Put(to, v.clone())
	}
	return []Key{to}
}

func del(s *Space, db int, a []string) (keys []Key) {
	for _, name := range a {
		delete(s.dbs[db], name)
		keys = append(keys, Key{db, name})
	}
	return keys
}

// Script is the one that eval stands for: it appends to a list and counts in a string, of different shards.
const Script = "redis.call('RPUSH',KEYS[1],ARGV[1]) return redis.call('INCRBY',KEYS[2],ARGV[2])"

func eval(s *Space, db int, a []string) []Key {
	list, counter := Key{db, a[2]}, Key{db, a[3]}
	s.Put(list, push(s.Get(list), a[4:5]))
	s.Put(counter, incrBy(s.Get(counter), a[5:6]))
	return []Key{list, counter}
}

func smove(s *Space, db int, a []string) []Key {
	from, to := Key{db, a[0]}, Key{db, a[1]}
	v := s.Get(from)
	if v == nil {
		return nil
	}
	if _, ok := v.Pairs[a[2]]; ok {
		at := v.Times[a[2]]
		dropPairs(v, a[2:3])
		w := sadd(s.Get(to), a[2:3])
		w.Expire(a[2], at)
		s.Put(to, w)
		if v.empty() {
			delete(s.dbs[db], a[0])
		}
	}
	return []Key{from, to}
}

func sinterstore(s *Space, db int, a []string) []Key {
	result := &Value{Kind: Set, Pairs: map[string]string{}}
	x, y := s.Get(Key{db, a[1]}), s.Get(Key{db, a[2]})
	if x != nil && y != nil {
		for m := range x.Pairs {
			if _, ok := y.Pairs[m]; ok {
				result.Pairs[m] = ""
				result.Expire(m, earlier(x.Times[m], y.Times[m]))
			}
		}
	}
	s.Put(Key{db, a[0]}, result)
	if result.empty() {
		delete(s.dbs[db], a[0])
	}
	return []Key{{db, a[0]}}
}

// earlier is the first of two times, of which 0 is none.
func earlier(x, y int64) int64 {
	if x == 0 || y == 0 {
		return max(x, y)
	}
	return min(x, y)
}

func rpoplpush(s *Space, db int, a []string) []Key {
	from, to := Key{db, a[0]}, Key{db, a[1]}
	v := s.Get(from)
	if v == nil {
		return nil
	}
	last := v.Row[len(v.Row)-1]
	v.Row = v.Row[:len(v.Row)-1]
	w := s.Get(to)
	if w == nil {
		w = &Value{Kind: List}
	}
	w.Row = slices.Insert(w.Row, 0, last)
	s.Put(to, w)
	if v.empty() {
		delete(s.dbs[db], a[0])
	}
	return []Key{from, to}
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(err)
	}
	return n
}

// Entry is how a stream's entry stands in a Row.
func Entry(id string, fields []string) string { return id + " " + strings.Join(fields, " ") }
