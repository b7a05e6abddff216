package vm

// Table is Lua's table: an array part and a hash part laid out as the reference
// implementation lays them out, because the order of pairs and the border that # finds
// are visible. Collisions are chained through the nodes themselves.
type Table struct {
	arr      []Value
	nodes    []node // a power of two long, or empty
	lastFree int    // all nodes from here on are taken
	meta     *Table
	rt       *Runtime
	id       uint32
	mark     uint32
	readonly bool
}

type node struct {
	key, val Value
	next     int32 // distance to the next of the chain in nodes, 0 at its end
}

// NewTable makes a table with room for items and fields.
func (rt *Runtime) NewTable(items, fields int) *Table {
	rt.charge(tableBytes)
	t := &Table{rt: rt, id: rt.nextID()}
	if items > 0 {
		rt.charge(items * valueBytes)
		t.arr = make([]Value, items)
	}
	t.setNodes(fields)
	return t
}

// SetReadonly forbids or allows changing the table and its metatable.
func (t *Table) SetReadonly(on bool) { t.readonly = on }

// Readonly reports whether the table may not be changed.
func (t *Table) Readonly() bool { return t.readonly }

// Meta is the metatable, nil if there is none.
func (t *Table) Meta() *Table { return t.meta }

// SetMeta sets the metatable without asking whether t is readonly.
func (t *Table) SetMeta(m *Table) { t.meta = m }

// mainPosition is where a key belongs. The hash part is not empty.
func (t *Table) mainPosition(k Value) int {
	size := uint32(len(t.nodes))
	switch r := k.ref.(type) {
	case numberTag:
		return int(hashNumber(k.num) % ((size - 1) | 1))
	case *Str:
		return int(r.sum() & (size - 1))
	case boolTag:
		return int(uint32(k.num) & (size - 1))
	}
	return int(uint32(k.address()>>4) % ((size - 1) | 1))
}

func (s *Str) sum() uint32 {
	if s.hash == 0 && s.S != "" {
		s.hash = hashString(s.S)
	}
	return s.hash
}

// arrayIndex is the key as an index that may live in the array part, or 0.
func arrayIndex(k Value) int {
	if !k.IsNumber() || k.num < 1 || k.num > 1<<maxBits {
		return 0
	}
	if i := int(k.num); float64(i) == k.num {
		return i
	}
	return 0
}

// Get is t[k] without metamethods.
func (t *Table) Get(k Value) Value {
	switch r := k.ref.(type) {
	case nil:
		return Value{}
	case *Str:
		return t.getStr(r)
	case numberTag:
		if i := int(k.num); uint(i-1) < uint(len(t.arr)) && float64(i) == k.num {
			return t.arr[i-1]
		}
	}
	if n := t.find(k); n != nil {
		return n.val
	}
	return Value{}
}

// GetInt is t[i] without metamethods.
func (t *Table) GetInt(i int) Value {
	if uint(i-1) < uint(len(t.arr)) {
		return t.arr[i-1]
	}
	if n := t.find(Number(float64(i))); n != nil {
		return n.val
	}
	return Value{}
}

// GetField is t[name] without metamethods.
func (t *Table) GetField(name string) Value {
	if len(t.nodes) == 0 {
		return Value{}
	}
	s := Str{S: name}
	return t.getStr(&s)
}

func (t *Table) getStr(s *Str) Value {
	if len(t.nodes) == 0 {
		return Value{}
	}
	i := int(s.sum() & uint32(len(t.nodes)-1))
	for {
		n := &t.nodes[i]
		if k, ok := n.key.ref.(*Str); ok && (k == s || k.S == s.S) {
			return n.val
		}
		if n.next == 0 {
			return Value{}
		}
		i += int(n.next)
	}
}

func (t *Table) find(k Value) *node {
	if len(t.nodes) == 0 {
		return nil
	}
	i := t.mainPosition(k)
	for {
		n := &t.nodes[i]
		if RawEqual(n.key, k) {
			return n
		}
		if n.next == 0 {
			return nil
		}
		i += int(n.next)
	}
}

// Set is t[k] = v without metamethods. A key that is nil or nan is a Lua error.
func (t *Table) Set(k, v Value) {
	if i := arrayIndex(k); i > 0 && i <= len(t.arr) {
		t.arr[i-1] = v
		return
	}
	if n := t.find(k); n != nil {
		n.val = v
		return
	}
	switch {
	case k.ref == nil:
		t.rt.cur.Raise("table index is nil")
	case k.IsNumber() && k.num != k.num:
		t.rt.cur.Raise("table index is NaN")
	}
	t.insert(k, v)
}

// SetInt is t[i] = v without metamethods.
func (t *Table) SetInt(i int, v Value) {
	if uint(i-1) < uint(len(t.arr)) {
		t.arr[i-1] = v
		return
	}
	t.Set(Number(float64(i)), v)
}

// SetField is t[name] = v without metamethods.
func (t *Table) SetField(name string, v Value) { t.Set(t.rt.String(name), v) }

// insert adds a key that is not there.
func (t *Table) insert(k, v Value) {
	if len(t.nodes) == 0 {
		t.rehash(k)
		t.Set(k, v)
		return
	}
	at := t.mainPosition(k)
	if main := &t.nodes[at]; main.val.ref != nil {
		free := t.freePosition()
		if free < 0 {
			t.rehash(k)
			t.Set(k, v)
			return
		}
		if owner := t.mainPosition(main.key); owner != at {
			t.evict(owner, at, free)
		} else {
			t.nodes[free].next = 0
			if main.next != 0 {
				t.nodes[free].next = int32(at + int(main.next) - free)
			}
			main.next = int32(free - at)
			at = free
		}
	}
	t.nodes[at].key, t.nodes[at].val = k, v
}

// evict moves the node at position at, which is not its main one, to a free position.
func (t *Table) evict(owner, at, free int) {
	prev := owner
	for prev+int(t.nodes[prev].next) != at {
		prev += int(t.nodes[prev].next)
	}
	t.nodes[prev].next = int32(free - prev)
	t.nodes[free] = t.nodes[at]
	if next := t.nodes[at].next; next != 0 {
		t.nodes[free].next = int32(at + int(next) - free)
	}
	t.nodes[at] = node{}
}

func (t *Table) freePosition() int {
	for t.lastFree > 0 {
		t.lastFree--
		if t.nodes[t.lastFree].key.ref == nil {
			return t.lastFree
		}
	}
	return -1
}

// Len is a border of the table: t[n] is there and t[n+1] is not, or 0.
func (t *Table) Len() int {
	n := len(t.arr)
	if n > 0 && t.arr[n-1].ref == nil {
		return search(0, n, func(i int) bool { return t.arr[i-1].ref != nil })
	}
	if len(t.nodes) == 0 {
		return n
	}
	low, high := n, n+1
	for t.GetInt(high).ref != nil {
		low, high = high, high*2
		if high > 1<<30 {
			for low = 1; t.GetInt(low).ref != nil; low++ {
			}
			return low - 1
		}
	}
	return search(low, high, func(i int) bool { return t.GetInt(i).ref != nil })
}

// search narrows low (there) and high (not there) to a border.
func search(low, high int, there func(int) bool) int {
	for high-low > 1 {
		if mid := (low + high) / 2; there(mid) {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}

// Next is the entry behind key k, nil the start. ok is false when k is no key of t.
func (t *Table) Next(k Value) (key, val Value, ok bool) {
	at, ok := t.position(k)
	if !ok {
		return Value{}, Value{}, false
	}
	for ; at < len(t.arr); at++ {
		if t.arr[at].ref != nil {
			return Number(float64(at + 1)), t.arr[at], true
		}
	}
	for i := at - len(t.arr); i < len(t.nodes); i++ {
		if n := &t.nodes[i]; n.val.ref != nil {
			return n.key, n.val, true
		}
	}
	return Value{}, Value{}, true
}

// position is the number of the entry behind k.
func (t *Table) position(k Value) (int, bool) {
	if k.ref == nil {
		return 0, true
	}
	if i := arrayIndex(k); i > 0 && i <= len(t.arr) {
		return i, true
	}
	if len(t.nodes) == 0 {
		return 0, false
	}
	for i := t.mainPosition(k); ; i += int(t.nodes[i].next) {
		if RawEqual(t.nodes[i].key, k) {
			return len(t.arr) + i + 1, true
		}
		if t.nodes[i].next == 0 {
			return 0, false
		}
	}
}
