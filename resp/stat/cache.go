package stat

import (
	"encoding/json"
	"maps"
	"sync"
	"sync/atomic"
	"time"
)

// Tally is what a cache's user wants to know of it, in numbers of keys but for the last.
type Tally struct {
	Hits     int64 `json:"hits"`
	Misses   int64 `json:"misses"`
	Evicted  int64 `json:"evicted"`
	Expired  int64 `json:"expired"`
	Timeouts int64 `json:"timeouts"` // commands that had not begun by their deadline
}

// Plus adds two.
func (t Tally) Plus(u Tally) Tally {
	return Tally{t.Hits + u.Hits, t.Misses + u.Misses, t.Evicted + u.Evicted, t.Expired + u.Expired,
		t.Timeouts + u.Timeouts}
}

// CacheReport is the state of a Cache, and the form in which it is saved.
type CacheReport struct {
	Since     int64            `json:"since"` // Unix seconds
	Databases map[int]Tally    `json:"databases"`
	Policies  map[string]Tally `json:"policies"`
}

// Total adds the databases up.
func (r CacheReport) Total() (sum Tally) {
	for _, t := range r.Databases {
		sum = sum.Plus(t)
	}
	return sum
}

// Cache counts hits, misses and removals by database and by the policy in force, for longer
// than the server runs: its owner saves Text now and then. For any goroutine.
//
// Counting takes no lock: a cell is an array of atomics that is found through one pointer and
// never replaced, only added to the list of cells.
type Cache struct {
	cells  atomic.Pointer[[]*cell]
	policy atomic.Pointer[string]
	mu     sync.Mutex // held to add a cell, to reset and to report
	before CacheReport
	saved  Tally
}

// cell counts for one database under one policy.
type cell struct {
	db                                       int
	policy                                   string
	hits, misses, evicted, expired, timeouts atomic.Int64
}

func (c *cell) tally() Tally {
	return Tally{c.hits.Load(), c.misses.Load(), c.evicted.Load(), c.expired.Load(), c.timeouts.Load()}
}

// NewCache goes on from what Text returned, or begins anew if text is nil or not readable.
func NewCache(text []byte) *Cache {
	c := &Cache{}
	c.cells.Store(&[]*cell{})
	c.SetPolicy("")
	if json.Unmarshal(text, &c.before) != nil || c.before.Since == 0 {
		c.before = CacheReport{Since: time.Now().Unix()}
	}
	c.saved = c.Report().Total()
	return c
}

// SetPolicy names the policy that counts from now on.
func (c *Cache) SetPolicy(name string) { c.policy.Store(&name) }

// at finds the cell of a database under the present policy, making it at the first time.
func (c *Cache) at(db int) *cell {
	policy := *c.policy.Load()
	if found := c.find(db, policy); found != nil {
		return found
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if found := c.find(db, policy); found != nil {
		return found
	}
	cells := *c.cells.Load()
	fresh := &cell{db: db, policy: policy}
	longer := append(cells[:len(cells):len(cells)], fresh)
	c.cells.Store(&longer)
	return fresh
}

func (c *Cache) find(db int, policy string) *cell {
	for _, one := range *c.cells.Load() {
		if one.db == db && one.policy == policy {
			return one
		}
	}
	return nil
}

// Looked counts keys that reading commands found, and did not find.
func (c *Cache) Looked(db int, hits, misses int64) {
	if hits|misses != 0 {
		one := c.at(db)
		one.hits.Add(hits)
		one.misses.Add(misses)
	}
}

// Evicted counts a key that was removed to make room.
func (c *Cache) Evicted(db int) { c.at(db).evicted.Add(1) }

// Expired counts a key that was removed because its time had passed.
func (c *Cache) Expired(db int) { c.at(db).expired.Add(1) }

// TimedOut counts a command that had not begun by its deadline.
func (c *Cache) TimedOut(db int) { c.at(db).timeouts.Add(1) }

// Reset begins anew.
func (c *Cache) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cells.Store(&[]*cell{})
	c.before, c.saved = CacheReport{Since: time.Now().Unix()}, Tally{Hits: -1}
}

// Report adds what was counted to what there was before.
func (c *Cache) Report() CacheReport {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := CacheReport{Since: c.before.Since, Databases: maps.Clone(c.before.Databases),
		Policies: maps.Clone(c.before.Policies)}
	if r.Databases == nil {
		r.Databases = map[int]Tally{}
	}
	if r.Policies == nil {
		r.Policies = map[string]Tally{}
	}
	for _, one := range *c.cells.Load() {
		t := one.tally()
		r.Databases[one.db] = r.Databases[one.db].Plus(t)
		r.Policies[one.policy] = r.Policies[one.policy].Plus(t)
	}
	return r
}

// Text is what NewCache goes on from, nil if nothing was counted since Text was last called.
func (c *Cache) Text() []byte {
	r := c.Report()
	total := r.Total()
	c.mu.Lock()
	defer c.mu.Unlock()
	if total == c.saved {
		return nil
	}
	c.saved = total
	text, _ := json.Marshal(r) // plain maps and numbers
	return text
}
