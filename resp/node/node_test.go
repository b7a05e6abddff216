// A node keeps its id and epochs over restarts, reads Redis's nodes.conf, and refuses one that names other nodes.
package node_test

import (
	"errors"
	"strings"
	"testing"

	"larder/resp/cmd"
	"larder/resp/node"
)

// vault keeps a text in memory, or fails.
type vault struct {
	text []byte
	err  error
}

func (v *vault) Load() ([]byte, error) { return v.text, nil }

func (v *vault) Save(text []byte) error {
	if v.err == nil {
		v.text = text
	}
	return v.err
}

func open(t *testing.T, v *vault) *node.Node {
	t.Helper()
	n, err := node.Open(v)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestANodeStaysWhoItIs(t *testing.T) {
	v := &vault{}
	n := open(t, v)
	if len(n.ID()) != 40 || len(n.Shard()) != 40 || n.ID() == n.Shard() {
		t.Errorf("id %q, shard %q", n.ID(), n.Shard())
	}
	again := open(t, v)
	if again.ID() != n.ID() || again.Shard() != n.Shard() {
		t.Errorf("it was %s of %s, and is %s of %s", n.ID(), n.Shard(), again.ID(), again.Shard())
	}
	if other := open(t, &vault{}); other.ID() == n.ID() {
		t.Error("two nodes have one id")
	}
}

func TestEpochsAreKept(t *testing.T) {
	v := &vault{}
	n := open(t, v)
	for _, want := range []bool{true, false} { // an epoch that is the newest already stays
		if epoch, bumped, err := n.Bump(); epoch != 1 || bumped != want || err != nil {
			t.Errorf("Bump: %d %v %v", epoch, bumped, err)
		}
	}
	if ok, err := n.SetEpoch(9); ok || err != nil {
		t.Errorf("a second epoch was taken: %v %v", ok, err)
	}
	if own, current := open(t, v).Epochs(); own != 1 || current != 1 {
		t.Errorf("after opening again: %d of %d", own, current)
	}
	fresh := &vault{}
	if ok, err := open(t, fresh).SetEpoch(9); !ok || err != nil {
		t.Errorf("a first epoch was not taken: %v %v", ok, err)
	}
	if own, current := open(t, fresh).Epochs(); own != 9 || current != 9 {
		t.Errorf("after opening again: %d of %d", own, current)
	}
}

// What is not on disk has not happened.
func TestAnEpochThatCannotBeSavedStays(t *testing.T) {
	v := &vault{}
	n := open(t, v)
	v.err = errors.New("full")
	if _, _, err := n.Bump(); err == nil {
		t.Error("Bump did not notice")
	}
	if own, current := n.Epochs(); own != 0 || current != 0 {
		t.Errorf("%d of %d", own, current)
	}
}

const id = "f3a9bb993f8402c2f50b1a2aac2b4c0f558f786d"

// Files of Redis 7.0 and 7.2 are read: of a master that is alone, whatever slots it has.
func TestFilesOfRedis(t *testing.T) {
	const (
		of70   = id + " :7391@17391 myself,master - 0 0 1 connected\nvars currentEpoch 1 lastVoteEpoch 0\n"
		partly = id + " 10.0.0.1:1@10001,a.example.com myself,master - 0 0 3 connected 0-5460 7\nvars currentEpoch 7 lastVoteEpoch 2\n"
	)
	shard := strings.Repeat("5", 40)
	of72 := id + " 10.0.0.1:1@10001,,tls-port=0,shard-id=" + shard + " myself,master - 0 0 0 connected 0-16383\nvars currentEpoch 0"
	for text, want := range map[string][2]uint64{of70: {1, 1}, partly: {3, 7}, of72: {0, 0}} {
		n := open(t, &vault{text: []byte(text)})
		if own, current := n.Epochs(); n.ID() != id || own != want[0] || current != want[1] {
			t.Errorf("%q: %s with %d of %d", text, n.ID(), own, current)
		}
		if strings.Contains(text, shard) != (n.Shard() == shard) {
			t.Errorf("%q: shard %s", text, n.Shard())
		}
	}
}

func TestFilesThatCannotBeMeant(t *testing.T) {
	me := id + " :1@10001 myself,master - 0 0 0 connected"
	other := strings.Replace(strings.Replace(me, "f", "e", 1), "myself,", "", 1)
	for text, want := range map[string]string{
		"\n":                                     "corrupted",
		"vars currentEpoch 1":                    "corrupted",
		me + "\nvars currentEpoch":               "corrupted",
		me + "\nvars currentEpoch x":             "corrupted",
		"short" + me[5:]:                         "corrupted",
		me[1:]:                                   "corrupted",
		id + " :1@10001 myself,master":           "corrupted",
		strings.Replace(me, "0 0 0", "0 0 x", 1): "corrupted",
		me + "\n" + other:                        "other nodes",
		other + "\n" + me:                        "other nodes",
		strings.Replace(me, "myself,master", "myself,slave", 1): "other nodes",
		me + " [93->-" + id + "]":                               "other nodes",
	} {
		_, err := node.Open(&vault{text: []byte(text)})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want one about %s", text, err, want)
		}
	}
}

// FuzzOpen wants every file to be refused, or to be the same node once it is written again.
func FuzzOpen(f *testing.F) {
	f.Add(id + " :1@10001,,shard-id=" + id + " myself,master - 0 0 5 connected 0-16383\nvars currentEpoch 6 lastVoteEpoch 0\n")
	f.Fuzz(func(t *testing.T, text string) {
		v := &vault{text: []byte(text)}
		n, err := node.Open(v)
		if err != nil {
			return
		}
		again := open(t, v)
		own, current := n.Epochs()
		sameOwn, sameCurrent := again.Epochs()
		if text != "" && (again.ID() != n.ID() || again.Shard() != n.Shard() || own != sameOwn || current != sameCurrent) {
			t.Errorf("%q is read as %v, then as %v", text, n, again)
		}
	})
}

func TestSlots(t *testing.T) {
	spec := &cmd.Spec{Keys: []cmd.KeySpec{cmd.KeysFrom(1, -1, 1, cmd.KeyRO)}}
	slots := func(words ...string) node.Slots {
		args := [][]byte{[]byte("MGET")}
		for _, w := range words {
			args = append(args, []byte(w))
		}
		return node.SlotsOf(spec, args)
	}
	for line, want := range map[string]bool{"": false, "a": false, "a a": false, "a b": true, "{a}1 {a}2 a": false, "a {a} b": true, "b a a": true} {
		if got := slots(strings.Fields(line)...).Spread(); got != want {
			t.Errorf("%q in several slots: %v", line, got)
		}
	}
	var all node.Slots
	for _, step := range []struct {
		line string
		want bool
	}{{"", true}, {"a", true}, {"", true}, {"{a}1", true}, {"b", false}, {"a", true}} {
		if got := all.Follow(slots(strings.Fields(step.line)...)); got != step.want {
			t.Errorf("%q behind the others: %v", step.line, got)
		}
	}
}
