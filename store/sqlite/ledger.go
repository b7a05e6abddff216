package sqlite

import (
	"slices"

	"larder/store"
)

// space is what a database number stands for.
type space struct {
	db       int
	ns       int64
	size     int64 // heads, expired ones included
	volatile int64 // heads with an expiry
	bytes    int64
	changed  bool // differs from the file
}

// ledger is a connection's knowledge of the databases. The writer's is ahead of the file inside
// a transaction; a reader's is as its snapshot has it. It belongs to its connection's user.
type ledger struct {
	spaces []space
	nextNS int64
	// pending is the bytes of keys that are gone and whose rows wait for the sweep; the writer's only.
	pending int64
}

func (l *ledger) clone() ledger {
	c := *l
	c.spaces = slices.Clone(l.spaces)
	return c
}

// find returns the space of a database, or nil. The pointer is valid until the ledger changes.
func (l *ledger) find(db int) *space {
	for i := range l.spaces {
		if l.spaces[i].db == db {
			return &l.spaces[i]
		}
	}
	return nil
}

// open returns the space of a database, making one if needed.
func (l *ledger) open(db int) *space {
	if s := l.find(db); s != nil {
		return s
	}
	l.spaces = append(l.spaces, space{db: db, ns: l.nextNS, changed: true})
	l.nextNS++
	return &l.spaces[len(l.spaces)-1]
}

// remove forgets a database and returns what it stood for.
func (l *ledger) remove(db int) (was space, ok bool) {
	s := l.find(db)
	if s == nil {
		return space{}, false
	}
	was = *s
	l.spaces = slices.DeleteFunc(l.spaces, func(s space) bool { return s.db == db })
	return was, true
}

func (l *ledger) swap(a, b int) {
	for i := range l.spaces {
		s := &l.spaces[i]
		switch s.db {
		case a:
			s.db, s.changed = b, true
		case b:
			s.db, s.changed = a, true
		}
	}
}

// fill adds the databases up.
func (l *ledger) fill() *store.Fill {
	sum := store.Fill{Pending: l.pending}
	for i := range l.spaces {
		s := &l.spaces[i]
		sum = sum.Plus(store.Fill{Data: s.bytes, Keys: s.size, Volatile: s.volatile})
	}
	return &sum
}

// add changes the counters of a space.
func (s *space) add(size, volatile, bytes int64) {
	if size|volatile|bytes == 0 {
		return
	}
	s.size += size
	s.volatile += volatile
	s.bytes += bytes
	s.changed = true
}

// load reads the ledger from the snapshot the connection has.
func (l *ledger) load(c *conn) error {
	l.spaces = l.spaces[:0]
	s := c.s.spaceList
	for {
		row, err := c.step(s)
		if err != nil || !row {
			s.Reset()
			return err
		}
		l.spaces = append(l.spaces, space{
			db: int(s.Int(0)), ns: s.Int(1),
			size: s.Int(2), volatile: s.Int(3), bytes: s.Int(4),
		})
	}
}

// flush writes what changed, inside the transaction that changed it.
func (l *ledger) flush(c *conn) error {
	for i := range l.spaces {
		sp := &l.spaces[i]
		if !sp.changed {
			continue
		}
		s := c.s.spacePut
		s.BindInts(1, int64(sp.db), sp.ns, sp.size, sp.volatile, sp.bytes)
		if err := c.Exec(s); err != nil {
			return err
		}
		sp.changed = false
	}
	return nil
}
