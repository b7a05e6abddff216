// Package contend starts the servers that are compared, looks into /proc at what they use, and ends them.
package contend

import (
	"path/filepath"
	"strconv"
)

// Tools are the programs the benchmark runs. An empty path means that the program is not there.
type Tools struct {
	RedisServer, RedisBenchmark, Redka, Larder, Python, Script string
}

// Kind is one contender: a program with one way of setting it up. Immutable.
type Kind struct {
	Name   string
	MaxKey int // more keys than this are not loaded into it; 0 is no limit
	// PushOne says that its LPUSH and RPUSH take one value, where Redis takes any number.
	PushOne bool
	Settles bool // it has an overlay that settles in the background
	path    func(Tools) string
	args    func(port, dir string) []string
}

// The contenders' names, as they stand in tables and JSON.
const (
	RedisMemory   = "redis memory"
	RedisEverysec = "redis everysec"
	RedisAlways   = "redis always"
	Redka         = "redka"
	LarderNo      = "larder no"
	Larder        = "larder everysec"
	LarderAlways  = "larder always"
)

// peerLimit is where Redka (and DiskCache) stop: beyond it one load takes most of a night.
const peerLimit = 1_000_000

// Kinds lists the contenders that speak RESP, in the order of the tables.
func Kinds() []Kind {
	return []Kind{
		redis(RedisMemory, "--appendonly", "no"),
		redis(RedisEverysec, "--appendonly", "yes", "--appendfsync", "everysec"),
		redis(RedisAlways, "--appendonly", "yes", "--appendfsync", "always"),
		{Name: Redka, MaxKey: peerLimit, PushOne: true, path: func(t Tools) string { return t.Redka }, args: func(port, dir string) []string {
			return []string{"-h", "127.0.0.1", "-p", port, filepath.Join(dir, "redka.db")}
		}},
		larder(LarderNo, "--appendfsync", "no"),
		larder(Larder, "--appendfsync", "everysec"),
		larder(LarderAlways, "--appendfsync", "always"),
	}
}

func redis(name string, more ...string) Kind {
	return Kind{Name: name, path: func(t Tools) string { return t.RedisServer }, args: func(port, dir string) []string {
		return append([]string{"--port", port, "--bind", "127.0.0.1", "--dir", dir, "--save", "", "--daemonize", "no"}, more...)
	}}
}

func larder(name string, more ...string) Kind {
	return Kind{Name: name, Settles: true, path: func(t Tools) string { return t.Larder }, args: func(port, dir string) []string {
		return append([]string{"--port", port, "--bind", "127.0.0.1", "--dir", dir}, more...)
	}}
}

// Find returns the kind of that name, and whether its program is there.
func Find(name string, tools Tools) (Kind, bool) {
	for _, k := range Kinds() {
		if k.Name == name {
			return k, k.path(tools) != ""
		}
	}
	return Kind{}, false
}

func (k Kind) command(tools Tools, port int, dir string) []string {
	return append([]string{k.path(tools)}, k.args(strconv.Itoa(port), dir)...)
}
