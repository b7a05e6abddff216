// Package contend starts the servers that are compared, looks into /proc at what they use, and ends them.
package contend

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Tools are the programs the benchmark runs. An empty path means that the program is not there.
type Tools struct {
	RedisServer, RedisBenchmark, Redka, Kvrocks, Larder, Python, Script string
	// Before is another Larder, which the present one is held against.
	Before string
}

// Kind is one contender: a program with one way of setting it up. Immutable.
type Kind struct {
	Name   string
	MaxKey int // more keys than this are not loaded into it; 0 is no limit
	// PushOne says that its LPUSH and RPUSH take one value, where Redis takes any number.
	PushOne bool
	// Fold is the command that brings what lies in logs and memtables into the data files; nil where nothing has to be.
	Fold []string
	// Settles says that it is Larder, whose memtable and write-ahead logs can be looked at.
	Settles bool
	path    func(Tools) string
	args    func(port, dir string) []string
	// config is the text of a configuration file, whose path takes the place of configPath in args; nil for none.
	config func(port, dir string) string
}

// The contenders' names, as they stand in tables and JSON.
const (
	RedisMemory   = "redis memory"
	RedisEverysec = "redis everysec"
	RedisAlways   = "redis always"
	Redka         = "redka"
	Kvrocks       = "kvrocks"
	LarderNo      = "larder no"
	LarderBefore  = "larder before"
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
		{Name: Redka, MaxKey: peerLimit, PushOne: true, path: func(t Tools) string { return t.Redka },
			args: func(port, dir string) []string {
				return []string{"-h", "127.0.0.1", "-p", port, filepath.Join(dir, "redka.db")}
			}},
		kvrocks(),
		larder(LarderNo, "--appendfsync", "no"),
		before(),
		larder(Larder, "--appendfsync", "everysec"),
		larder(LarderAlways, "--appendfsync", "always"),
	}
}

func redis(name string, more ...string) Kind {
	return Kind{Name: name, path: func(t Tools) string { return t.RedisServer }, args: func(port, dir string) []string {
		return append([]string{"--port", port, "--bind", "127.0.0.1", "--dir", dir, "--save", "", "--daemonize", "no"},
			more...)
	}}
}

func larder(name string, more ...string) Kind {
	return Kind{Name: name, Settles: true, Fold: []string{"BGREWRITEAOF"}, path: func(t Tools) string { return t.Larder },
		args: func(port, dir string) []string {
			return append([]string{"--port", port, "--bind", "127.0.0.1", "--dir", dir}, more...)
		}}
}

// before is set up as Larder is; only the program differs.
func before() Kind {
	k := larder(LarderBefore, "--appendfsync", "everysec")
	k.path = func(t Tools) string { return t.Before }
	return k
}

// configPath stands in args for the path of the configuration file.
const configPath = "CONFIG"

// kvrocks has as much block cache as Larder has cache-size. It has no fsync every second: its log goes to the operating
// system with every write, and the system brings it to the disk, as with appendfsync no.
func kvrocks() Kind {
	return Kind{Name: Kvrocks, Fold: []string{"FLUSHMEMTABLE"}, path: func(t Tools) string { return t.Kvrocks },
		args: func(string, string) []string { return []string{"-c", configPath} },
		config: func(port, dir string) string {
			return strings.Join([]string{"bind 127.0.0.1", "port " + port, "dir " + dir, "log-dir stdout", "daemonize no",
				"rocksdb.block_cache_size 128", "rocksdb.write_options.sync no", "rocksdb.write_options.disable_wal no", ""}, "\n")
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

// command is what is to be run; a configuration file is written beside the data.
func (k Kind) command(tools Tools, port int, dir string) ([]string, error) {
	argv := append([]string{k.path(tools)}, k.args(strconv.Itoa(port), dir)...)
	if k.config == nil {
		return argv, nil
	}
	path := filepath.Join(filepath.Dir(dir), "config")
	for i, arg := range argv {
		if arg == configPath {
			argv[i] = path
		}
	}
	return argv, os.WriteFile(path, []byte(k.config(strconv.Itoa(port), dir)), 0o600)
}
