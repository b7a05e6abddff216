package disk

import (
	"maps"
	"os"
	"path/filepath"
)

// node is a file or a directory. For the holder of Disk.mu.
type node struct {
	ino     uint64
	name    string // the last it had, for people
	mode    uint32
	lookups uint64     // references the kernel holds
	file    *content   // nil for a directory
	dir     *directory // nil for a file
}

// directory is names: as processes see them, as they were when the directory was last synced, and what was done in
// between.
type directory struct {
	now, kept map[string]*node
	unsynced  []move
}

// move gives a node another name; "" stands for none, so it is a creation or a removal as well.
type move struct {
	from, to string
	node     *node
}

func newDirectory() *directory {
	return &directory{now: map[string]*node{}, kept: map[string]*node{}}
}

func (d *directory) change(m move) {
	m.apply(d.now)
	d.unsynced = append(d.unsynced, m)
}

func (m move) apply(names map[string]*node) {
	if m.from != "" {
		delete(names, m.from)
	}
	if m.to != "" {
		names[m.to] = m.node
		m.node.name = m.to
	}
}

// sync makes the names durable, and nothing of what they name.
func (d *directory) sync() {
	for _, m := range d.unsynced {
		m.apply(d.kept)
	}
	d.unsynced = nil
}

// cut keeps some of the changes, none without those before it, as the journal of a file system does.
func (d *directory) cut(l luck) {
	for _, m := range d.unsynced[:l.drawEntries(len(d.unsynced)+1)] {
		m.apply(d.kept)
	}
	d.now, d.unsynced = maps.Clone(d.kept), nil
}

// cut applies to a whole tree.
func (n *node) cut(l luck) {
	n.lookups = 0
	if n.file != nil {
		n.file.cut(l.forFile())
		return
	}
	n.dir.cut(l)
	for _, name := range sorted(n.dir.now) {
		n.dir.now[name].cut(l)
	}
}

// copied is a deep copy of what processes see.
func (n *node) copied() *node {
	c := &node{ino: n.ino, mode: n.mode}
	if n.file != nil {
		now := append([]byte{}, n.file.now...)
		c.file = &content{now: now}
		return c
	}
	c.dir = newDirectory()
	for name, child := range n.dir.now {
		c.dir.now[name] = child.copied()
	}
	return c
}

// export writes a tree into a directory of the real file system.
func (n *node) export(path string) error {
	if n.file != nil {
		return os.WriteFile(path, n.file.now, 0o600)
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return err
	}
	for name, child := range n.dir.now {
		if err := child.export(filepath.Join(path, name)); err != nil {
			return err
		}
	}
	return nil
}
