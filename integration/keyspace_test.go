package integration

import (
	"fmt"
	"strconv"
	"strings"
)

const (
	historyClients = 4
	historyKeys    = 5
)

// historyTags puts the keys of a history on all of four shards; two share one.
var historyTags = [historyKeys]string{"b", "c", "d", "a", "b"}

// keyspace is what one thread that runs every command would hold, and how far it has come with each client. It is a
// value: to change a copy changes nothing else.
type keyspace struct {
	next [historyClients]int
	keys [historyKeys]string // "" for none, "s" and a string, or "l" and a list's elements, each behind a comma
}

// deed is one command of a history, or one EXEC of several. A word @2 stands for the key with this number.
type deed struct {
	client, index int
	block         bool
	commands      [][]string
}

// swapScript reads two keys, writes both and deletes a third. It takes their names as keys or undeclared.
const swapScript = `
local k = #KEYS > 0 and KEYS or ARGV
local was = redis.call("MGET", k[1], k[2])
redis.call("MSET", k[1], ARGV[#ARGV], k[2], ARGV[#ARGV])
redis.call("DEL", k[3])
return was`

// run does what the deed does, in the client's order, and returns the reply as value.String shows it. ok is false if
// the client sent another command before.
func (k *keyspace) run(s deed) (reply string, ok bool) {
	if k.next[s.client] != s.index {
		return "", false
	}
	k.next[s.client]++
	replies := make([]string, len(s.commands))
	for i, words := range s.commands {
		replies[i] = k.apply(words)
	}
	if s.block {
		return shownList(replies), true
	}
	return replies[0], true
}

func shownList(replies []string) string { return "*[" + strings.Join(replies, " ") + "]" }

// shownValue is a string, or its absence, as a reply.
func shownValue(v string) string {
	if v == "" || v[0] != 's' {
		return "(nil)"
	}
	return strconv.Quote(v[1:])
}

const wrongKind = `(error) "WRONGTYPE Operation against a key holding the wrong kind of value"`

func (k *keyspace) at(word string) *string { return &k.keys[word[1]-'0'] }

// apply runs one command.
func (k *keyspace) apply(words []string) string {
	switch words[0] {
	case "MSET":
		for i := 1; i < len(words); i += 2 {
			*k.at(words[i]) = "s" + words[i+1]
		}
		return "+OK"
	case "MGET":
		replies := make([]string, 0, len(words))
		for _, w := range words[1:] {
			replies = append(replies, shownValue(*k.at(w)))
		}
		return shownList(replies)
	case "DEL":
		return k.drop(words[1:])
	case "RENAME":
		return k.rename(words[1], words[2])
	case "EVAL":
		names, v := words[3:len(words)-1], words[len(words)-1]
		was := k.apply([]string{"MGET", names[0], names[1]})
		k.apply([]string{"MSET", names[0], v, names[1], v})
		k.drop(names[2:])
		return was
	}
	return k.applyOne(words)
}

// applyOne runs a command on one key.
func (k *keyspace) applyOne(words []string) string {
	v := k.at(words[1])
	kind := (*v + "-")[0]
	switch words[0] {
	case "SET":
		*v = "s" + words[2]
		return "+OK"
	case "GET", "INCR":
		if kind == 'l' {
			return wrongKind
		}
		if words[0] == "GET" {
			return shownValue(*v)
		}
		n, _ := strconv.Atoi(strings.TrimPrefix(*v, "s"))
		*v = "s" + strconv.Itoa(n+1)
		return ":" + strconv.Itoa(n+1)
	case "LPUSH":
		if kind == 's' {
			return wrongKind
		}
		*v = "l," + words[2] + strings.TrimPrefix(*v, "l")
		return ":" + strconv.Itoa(strings.Count(*v, ","))
	case "RPOP":
		return pop(v, kind)
	}
	panic(fmt.Sprint("the model does not know ", words))
}

// pop takes a list's last element.
func pop(v *string, kind byte) string {
	switch kind {
	case 's':
		return wrongKind
	case 'l':
		at := strings.LastIndexByte(*v, ',')
		last := (*v)[at+1:]
		if *v = (*v)[:at]; *v == "l" {
			*v = ""
		}
		return strconv.Quote(last)
	}
	return "(nil)"
}

func (k *keyspace) drop(names []string) string {
	n := 0
	for _, name := range names {
		if *k.at(name) != "" {
			n++
		}
		*k.at(name) = ""
	}
	return ":" + strconv.Itoa(n)
}

func (k *keyspace) rename(from, to string) string {
	v := *k.at(from)
	if v == "" {
		return `(error) "ERR no such key"`
	}
	*k.at(from) = ""
	*k.at(to) = v
	return "+OK"
}
