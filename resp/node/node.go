// Package node is what a server with `cluster-enabled yes` is: a cluster of one node, which owns every slot. It keeps
// the identity of the node, in the form of Redis's nodes.conf, so that a node that was Redis's keeps its id.
package node

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"larder/store"
)

// Vault is where the text is kept. One goroutine at a time uses it.
type Vault interface {
	// Load returns what was saved last, nil if nothing was.
	Load() ([]byte, error)
	Save(text []byte) error
}

// Node may be used by many goroutines. Nil stands for a server that is no node.
type Node struct {
	vault     Vault
	id, shard string

	mu sync.Mutex // over what follows, and the vault
	// epoch is the version of what this node says of its slots, current the newest of the cluster: no other node
	// advances it, but a file of Redis's may name one that other nodes had.
	epoch, current uint64
}

// idLen is the length of the ids of nodes and shards.
const idLen = 40

// NewID is 40 random hexadecimal digits, as Redis names nodes and runs.
func NewID() string {
	var b [idLen / 2]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

func isID(word string) bool {
	return len(word) == idLen && strings.Trim(word, "0123456789abcdef") == ""
}

// Open is the node that the vault names, a new one if it names none.
func Open(vault Vault) (*Node, error) {
	text, err := vault.Load()
	if err != nil {
		return nil, err
	}
	n := &Node{vault: vault, id: NewID(), shard: NewID()}
	if len(text) > 0 {
		if err := n.read(string(text)); err != nil {
			return nil, err
		}
	}
	return n, n.Save()
}

var (
	errCorrupt = errors.New("corrupted cluster config file")
	errOthers  = errors.New("the cluster config file names other nodes: Larder is a cluster of one node, a master")
)

// read takes over what a file says. Redis's own may leave slots out, which are this node's all the same.
func (n *Node) read(text string) error {
	found := false
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
		case words[0] == "vars":
			if err := n.readVars(words[1:]); err != nil {
				return err
			}
		case len(words) < 8 || !isID(words[0]):
			return errCorrupt
		case found || words[2] != "myself,master":
			return errOthers
		default:
			found = true
			if err := n.readLine(words); err != nil {
				return err
			}
		}
	}
	if !found {
		return errCorrupt
	}
	n.current = max(n.current, n.epoch)
	return nil
}

// readLine takes id, the shard's id among the words behind the address, and the epoch. A slot that is on its way from
// or to another node stands in brackets.
func (n *Node) readLine(words []string) (err error) {
	n.id = words[0]
	for _, more := range strings.Split(words[1], ",") {
		if id, ok := strings.CutPrefix(more, "shard-id="); ok && isID(id) {
			n.shard = id
		}
	}
	if slices.ContainsFunc(words[8:], func(slots string) bool { return slots[0] == '[' }) {
		return errOthers
	}
	if n.epoch, err = strconv.ParseUint(words[6], 10, 64); err != nil {
		return errCorrupt
	}
	return nil
}

func (n *Node) readVars(words []string) (err error) {
	if len(words)%2 != 0 {
		return errCorrupt
	}
	for i := 0; i < len(words) && err == nil; i += 2 {
		if words[i] == "currentEpoch" {
			n.current, err = strconv.ParseUint(words[i+1], 10, 64)
		}
	}
	if err != nil {
		return errCorrupt
	}
	return nil
}

// ID is the node's id; it never changes.
func (n *Node) ID() string { return n.id }

// Shard is the id of the shard that the node is.
func (n *Node) Shard() string { return n.shard }

// Epochs are the node's and the cluster's.
func (n *Node) Epochs() (own, current uint64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.epoch, n.current
}

// Line describes the node at an address, as CLUSTER NODES and the file do.
func (n *Node) Line(address string) string {
	own, _ := n.Epochs()
	return n.line(address, own)
}

func (n *Node) line(address string, epoch uint64) string {
	return fmt.Sprintf("%s %s myself,master - 0 0 %d connected 0-%d\n", n.id, address, epoch, store.SlotCount-1)
}

// Save writes the file. When it returns nil that is on disk.
func (n *Node) Save() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.save(n.epoch, n.current)
}

// save writes the file and only then takes over the epochs.
func (n *Node) save(own, current uint64) error {
	text := n.line(":0@0,,tls-port=0,shard-id="+n.shard, own) + fmt.Sprintf("vars currentEpoch %d lastVoteEpoch 0\n",
		current)
	if err := n.vault.Save([]byte(text)); err != nil {
		return err
	}
	n.epoch, n.current = own, current
	return nil
}

// Bump makes the node's epoch the newest, and tells whether it was not.
func (n *Node) Bump() (epoch uint64, bumped bool, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.epoch != 0 && n.epoch == n.current {
		return n.epoch, false, nil
	}
	err = n.save(n.current+1, n.current+1)
	return n.epoch, true, err
}

// SetEpoch gives the node its first epoch, and reports false if it has one.
func (n *Node) SetEpoch(epoch uint64) (ok bool, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.epoch != 0 {
		return false, nil
	}
	return true, n.save(epoch, max(epoch, n.current))
}
