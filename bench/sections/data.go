package sections

import (
	"fmt"
	"strconv"
	"strings"

	"larder/bench/contend"
	"larder/bench/wire"
)

const (
	batch      = 100 // keys or items in one loading command
	valueBytes = 100
)

// dataset is one part of the preloaded data. Names and numbers are redis-benchmark's.
type dataset struct {
	name    string
	command []string              // the loading command up to its first item
	item    func(i int) []string  // its arguments for item i
	count   func(string) []string // the command that counts it; nil for plain keys
}

func value() string { return strings.Repeat("v", valueBytes) }

func number(prefix string, i int) string { return fmt.Sprintf("%s:%012d", prefix, i) }

func sizeBy(command string) func(string) []string {
	return func(key string) []string { return []string{command, key} }
}

func plainKeys() dataset {
	v := value()
	return dataset{name: "keys", command: []string{"MSET"}, item: func(i int) []string {
		return []string{number("key", i), v}
	}}
}

func counters() dataset {
	return dataset{name: "counters", command: []string{"MSET"}, item: func(i int) []string {
		return []string{number("counter", i), "0"}
	}}
}

func hashOf(key string) dataset {
	v := value()
	return dataset{name: key, command: []string{"HSET", key}, count: sizeBy("HLEN"),
		item: func(i int) []string { return []string{number("element", i), v} }}
}

func setOf(key string) dataset {
	return dataset{name: key, command: []string{"SADD", key}, count: sizeBy("SCARD"),
		item: func(i int) []string { return []string{number("element", i)} }}
}

func zsetOf(key string) dataset {
	return dataset{name: key, command: []string{"ZADD", key}, count: sizeBy("ZCARD"),
		item: func(i int) []string { return []string{strconv.Itoa(i), number("element", i)} }}
}

func listOf(key string) dataset {
	v := value()
	return dataset{name: key, command: []string{"RPUSH", key}, count: sizeBy("LLEN"), item: func(int) []string {
		return []string{v}
	}}
}

// fill loads the items from..to of a dataset in commands of a hundred, or of one where a contender takes no more.
func (d dataset) fill(s *contend.Server, from, to int) error {
	size := batch
	if d.command[0] == "RPUSH" && s.Kind.PushOne {
		size = 1
	}
	_, err := wire.Fill(s.Addr(), 0, (to-from+size-1)/size, func(i int) []string {
		args := append(make([]string, 0, len(d.command)+2*size), d.command...)
		first := from + i*size
		for k := first; k < min(first+size, to); k++ {
			args = append(args, d.item(k)...)
		}
		return args
	})
	if err != nil {
		return fmt.Errorf("loading %s into %s: %w", d.name, s.Kind.Name, err)
	}
	return nil
}

// length is the number of items of a collection.
func (d dataset) length(s *contend.Server) (int, error) {
	r, err := wire.Once(s.Addr(), d.count(d.name)...)
	return int(r.Int), err
}

// capped is n, or the most keys this contender is given.
func capped(s *contend.Server, n int) int {
	if s.Kind.MaxKey > 0 {
		return min(n, s.Kind.MaxKey)
	}
	return n
}
