package vm

import "math/bits"

// The array part of a table is as large as more than half of it is in use, and the hash part as the rest needs. Both
// are found anew when the hash part is full, and only then, as the reference implementation does: when a table grows
// decides the order of pairs.

const (
	maxBits    = 26
	valueBytes = 24
	nodeBytes  = 56
	tableBytes = 96
)

func (t *Table) setNodes(size int) {
	if size == 0 {
		t.nodes, t.lastFree = nil, 0
		return
	}
	lg := bits.Len(uint(size - 1))
	if lg > maxBits {
		t.rt.cur.Raise("table overflow")
	}
	t.rt.charge(nodeBytes << lg)
	t.nodes = make([]node, 1<<lg)
	t.lastFree = len(t.nodes)
}

// rehash finds new sizes for both parts, with room for one more key: the array part is the
// largest power of two of which more than half would be in use.
func (t *Table) rehash(extra Value) {
	var counts [maxBits + 1]int
	inArray := t.countArray(&counts)
	total := inArray
	for i := len(t.nodes) - 1; i >= 0; i-- {
		if n := &t.nodes[i]; n.val.ref != nil {
			inArray += countKey(n.key, &counts)
			total++
		}
	}
	inArray += countKey(extra, &counts)
	total++
	size, used := arraySize(&counts, inArray)
	t.resize(size, total-used)
}

func countKey(k Value, counts *[maxBits + 1]int) int {
	i := arrayIndex(k)
	if i == 0 {
		return 0
	}
	counts[bits.Len(uint(i-1))]++
	return 1
}

func (t *Table) countArray(counts *[maxBits + 1]int) int {
	used := 0
	for i := range t.arr {
		if t.arr[i].ref != nil {
			counts[bits.Len(uint(i))]++
			used++
		}
	}
	return used
}

func arraySize(counts *[maxBits + 1]int, keys int) (size, used int) {
	sum := 0
	for i, pow := 0, 1; pow/2 < keys && i <= maxBits; i, pow = i+1, pow*2 {
		sum += counts[i]
		if counts[i] > 0 && sum > pow/2 {
			size, used = pow, sum
		}
		if sum == keys {
			break
		}
	}
	return size, used
}

func (t *Table) resize(items, fields int) {
	old, vanishing := t.nodes, []Value(nil)
	switch {
	case items > len(t.arr):
		t.growArray(items)
	case items < len(t.arr):
		vanishing = t.arr[items:]
	}
	t.setNodes(fields)
	if vanishing != nil {
		first := items + 1
		t.arr = append([]Value(nil), t.arr[:items]...)
		for i, v := range vanishing {
			if v.ref != nil {
				t.SetInt(first+i, v)
			}
		}
	}
	for i := len(old) - 1; i >= 0; i-- {
		if old[i].val.ref != nil {
			t.Set(old[i].key, old[i].val)
		}
	}
}

func (t *Table) growArray(items int) {
	t.rt.charge((items - len(t.arr)) * valueBytes)
	arr := make([]Value, items)
	copy(arr, t.arr)
	t.arr = arr
}
