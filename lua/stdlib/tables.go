package stdlib

import (
	"larder/lua/vm"
)

var tableFunctions = []Entry{
	{"concat", concat},
	{"foreach", forEach},
	{"foreachi", forEachItem},
	{"getn", getN},
	{"maxn", maxN},
	{"insert", insert},
	{"remove", remove},
	{"setn", setN},
	{"sort", sortTable},
}

func concat(t *vm.Thread, args []vm.Value) []vm.Value {
	tb := t.Tab(args, 0)
	sep := t.OptStr(args, 1, "")
	from := int(int32(t.OptInt(args, 2, 1)))
	to := int(int32(t.OptInt(args, 3, int64(tb.Len()))))
	var buf []byte
	for i := from; i <= to; i++ {
		v := tb.GetInt(i)
		s, ok := v.ToString()
		if !ok {
			t.Errorf("invalid value (%s) at index %d in table for 'concat'", v.Kind(), i)
		}
		t.Charge(len(s) + len(sep))
		buf = append(buf, s...)
		if i < to {
			buf = append(buf, sep...)
		}
	}
	return t.Return(t.Runtime().Bytes(buf))
}

func forEach(t *vm.Thread, args []vm.Value) []vm.Value {
	tb, fn := t.Tab(args, 0), t.Func(args, 1)
	k, v, ok := tb.Next(vm.Nil())
	for ; !k.IsNil(); k, v, ok = tb.Next(k) {
		t.Step()
		if r := t.Call1(fn, k, v); !r.IsNil() {
			return t.Return(r)
		}
	}
	if !ok {
		t.Raise("invalid key to 'next'")
	}
	return t.Return()
}

func forEachItem(t *vm.Thread, args []vm.Value) []vm.Value {
	tb, fn := t.Tab(args, 0), t.Func(args, 1)
	for i, n := 1, tb.Len(); i <= n; i++ {
		t.Step()
		if r := t.Call1(fn, vm.Number(float64(i)), tb.GetInt(i)); !r.IsNil() {
			return t.Return(r)
		}
	}
	return t.Return()
}

func getN(t *vm.Thread, args []vm.Value) []vm.Value {
	return t.Return(vm.Number(float64(t.Tab(args, 0).Len())))
}

func setN(t *vm.Thread, args []vm.Value) []vm.Value {
	t.Tab(args, 0)
	t.Errorf("'setn' is obsolete")
	return nil
}

func maxN(t *vm.Thread, args []vm.Value) []vm.Value {
	tb, highest := t.Tab(args, 0), 0.0
	for k, _, ok := tb.Next(vm.Nil()); ok && !k.IsNil(); k, _, ok = tb.Next(k) {
		if k.IsNumber() {
			highest = max(highest, k.Num())
		}
	}
	return t.Return(vm.Number(highest))
}

func insert(t *vm.Thread, args []vm.Value) []vm.Value {
	tb := t.Tab(args, 0)
	end := tb.Len() + 1
	switch len(args) {
	case 2:
		t.Writable(tb)
		tb.SetInt(end, args[1])
	case 3:
		pos := int(int32(t.Int(args, 1)))
		t.Writable(tb)
		for i := max(end, pos); i > pos; i-- {
			tb.SetInt(i, tb.GetInt(i-1))
		}
		tb.SetInt(pos, args[2])
	default:
		t.Errorf("wrong number of arguments to 'insert'")
	}
	return t.Return()
}

func remove(t *vm.Thread, args []vm.Value) []vm.Value {
	tb := t.Tab(args, 0)
	end := tb.Len()
	pos := int(int32(t.OptInt(args, 1, int64(end))))
	if pos < 1 || pos > end {
		return t.Return()
	}
	t.Writable(tb)
	v := tb.GetInt(pos)
	for ; pos < end; pos++ {
		tb.SetInt(pos, tb.GetInt(pos+1))
	}
	tb.SetInt(end, vm.Nil())
	return t.Return(v)
}

// sorter sorts as the reference implementation does, step by step: the order of equal
// elements and the moment of "invalid order function" are visible.
type sorter struct {
	t    *vm.Thread
	tb   *vm.Table
	less vm.Value // nil for <
}

func sortTable(t *vm.Thread, args []vm.Value) []vm.Value {
	tb := t.Tab(args, 0)
	s := &sorter{t: t, tb: tb}
	if !vm.Arg(args, 1).IsNil() {
		s.less = t.Func(args, 1)
	}
	t.Writable(tb)
	s.sort(1, tb.Len())
	return t.Return()
}

func (s *sorter) before(a, b vm.Value) bool {
	s.t.Step()
	if s.less.IsNil() {
		return s.t.Less(a, b)
	}
	return s.t.Call1(s.less, a, b).Truth()
}

// order exchanges the elements at i and j if the latter belongs first.
func (s *sorter) order(i, j int) {
	if a, b := s.tb.GetInt(i), s.tb.GetInt(j); s.before(b, a) {
		s.tb.SetInt(i, b)
		s.tb.SetInt(j, a)
	}
}

func (s *sorter) exchange(i, j int) {
	a, b := s.tb.GetInt(i), s.tb.GetInt(j)
	s.tb.SetInt(i, b)
	s.tb.SetInt(j, a)
}

// sort is a quicksort with the median of three as pivot; the smaller half recurses.
func (s *sorter) sort(low, high int) {
	for low < high {
		s.order(low, high)
		if high-low == 1 {
			return
		}
		mid := (low + high) / 2
		s.middle(low, mid, high)
		if high-low == 2 {
			return
		}
		pivot := s.tb.GetInt(mid)
		s.exchange(mid, high-1)
		i := s.partition(low, high, pivot)
		s.exchange(high-1, i)
		if i-low < high-i {
			s.sort(low, i-1)
			low = i + 1
		} else {
			s.sort(i+1, high)
			high = i - 1
		}
	}
}

// middle puts the median of the three into the middle, knowing low <= high.
func (s *sorter) middle(low, mid, high int) {
	if s.before(s.tb.GetInt(mid), s.tb.GetInt(low)) {
		s.exchange(mid, low)
		return
	}
	s.order(mid, high)
}

func (s *sorter) partition(low, high int, pivot vm.Value) int {
	i, j := low, high-1
	for {
		for i++; s.before(s.tb.GetInt(i), pivot); i++ {
			if i > high {
				s.t.Errorf("invalid order function for sorting")
			}
		}
		for j--; s.before(pivot, s.tb.GetInt(j)); j-- {
			if j < low {
				s.t.Errorf("invalid order function for sorting")
			}
		}
		if j < i {
			return i
		}
		s.exchange(i, j)
	}
}
