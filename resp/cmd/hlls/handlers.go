package hlls

import (
	"slices"

	"larder/hll"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// longest is more than any sound sketch takes: two bytes for each register.
const longest = 3 * hll.Registers

// refusal is an error as the client reads it, code and full stop included.
type refusal string

func (r refusal) Error() string { return string(r) }

const (
	errNoSketch refusal = "WRONGTYPE Key is not a valid HyperLogLog string value."
	errDamaged  refusal = "INVALIDOBJ Corrupted HLL object detected"
)

// failed is the reply to an error of this package, which has its code with it, or of the store.
func failed(err error) reply.Reply {
	if err == errNoSketch || err == errDamaged {
		return reply.Fail(err.Error())
	}
	return reply.Err(err)
}

// held is a key with the sketch in it, nil if the key is absent. It belongs to one call.
type held struct {
	blob   *store.Blob
	sketch *hll.Sketch
}

func open(c *cmd.Call, i int) (held, error) {
	b, err := store.OpenBlob(c.Tx, c.Key(i))
	if err != nil {
		return held{}, err
	}
	s, err := read(c, b.Head())
	return held{b, s}, err
}

// read is the sketch of the key whose head is h, nil if there is none.
func read(c *cmd.Call, h store.Head) (*hll.Sketch, error) {
	switch h.Type {
	case store.None:
		return nil, nil
	case store.String:
	default:
		return nil, store.ErrWrongType
	}
	content, err := store.AppendString(nil, c.Tx, h, 0, min(h.Len, longest))
	if err != nil {
		return nil, err
	}
	s, ok := hll.Open(content, sparseMax(c))
	switch {
	case !ok:
		return nil, errNoSketch
	case h.Len > longest:
		return nil, errDamaged
	}
	return s, nil
}

func sparseMax(c *cmd.Call) int { return store.LimitsOf(c.Tx).HLLSparseMaxBytes }

func (h held) save() error { return h.blob.Replace(h.sketch.Content()) }

func add(c *cmd.Call) reply.Reply {
	h, err := open(c, 1)
	if err != nil {
		return failed(err)
	}
	updated := h.sketch == nil
	if updated {
		h.sketch = hll.New(sparseMax(c))
	}
	for _, element := range c.Args[2:] {
		changed, ok := h.sketch.Add(element)
		if !ok {
			return failed(errDamaged)
		}
		updated = updated || changed
	}
	if !updated {
		return reply.Integer(0)
	}
	h.sketch.Forget()
	if err := h.save(); err != nil {
		return reply.Err(err)
	}
	return reply.Integer(1)
}

func count(c *cmd.Call) reply.Reply {
	if len(c.Args) > 2 {
		return countAll(c)
	}
	b, err := store.OpenBlob(c.Tx, c.Key(1))
	if err != nil {
		return failed(err)
	}
	n, ok, err := kept(b)
	if err == nil && !ok {
		n, err = countAnew(c, b)
	}
	if err != nil {
		return failed(err)
	}
	return reply.Integer(int64(n))
}

// kept is the count of last time if it still holds.
func kept(b *store.Blob) (n uint64, ok bool, err error) {
	if b.Len() > longest {
		return 0, false, nil
	}
	head, err := b.AppendTo(make([]byte, 0, hll.HeaderLen), 0, min(b.Len(), hll.HeaderLen))
	if err == nil {
		n, ok = hll.Kept(head, b.Len())
	}
	return n, ok, err
}

// countAnew keeps what it has counted.
func countAnew(c *cmd.Call, b *store.Blob) (uint64, error) {
	s, err := read(c, b.Head())
	if err != nil || s == nil {
		return 0, err
	}
	n, fresh, ok := s.Count()
	if !ok {
		return 0, errDamaged
	}
	if fresh {
		err = held{b, s}.save()
	}
	return n, err
}

func countAll(c *cmd.Call) reply.Reply {
	var all [hll.Registers]uint8
	if _, err := gather(c, &all); err != nil {
		return failed(err)
	}
	return reply.Integer(int64(hll.Union(&all)))
}

// gather joins the registers of all keys named, and tells whether one was dense.
func gather(c *cmd.Call, all *[hll.Registers]uint8) (dense bool, err error) {
	heads, err := c.Tx.Heads(nil, c.KeysFrom(1)...)
	if err != nil {
		return false, err
	}
	for _, h := range heads {
		s, err := read(c, h)
		switch {
		case err != nil:
			return false, err
		case s == nil:
			continue
		case !s.Into(all):
			return false, errDamaged
		}
		dense = dense || s.Dense()
	}
	return dense, nil
}

func merge(c *cmd.Call) reply.Reply {
	var all [hll.Registers]uint8
	dense, err := gather(c, &all)
	if err != nil {
		return failed(err)
	}
	h, err := open(c, 1)
	if err != nil {
		return failed(err)
	}
	if h.sketch == nil {
		h.sketch = hll.New(sparseMax(c))
	}
	if dense {
		h.sketch.Widen()
	}
	for i, v := range all {
		if v > 0 {
			h.sketch.Raise(i, v)
		}
	}
	h.sketch.Forget()
	if err := h.save(); err != nil {
		return reply.Err(err)
	}
	return reply.OK()
}

func debug(c *cmd.Call) reply.Reply {
	h, err := open(c, 2)
	switch {
	case err != nil:
		return failed(err)
	case h.sketch == nil:
		return reply.Fail("ERR The specified key does not exist")
	}
	s := c.Scan(1)
	switch {
	case s.Word("GETREG"):
		return registers(c, h)
	case s.Word("DECODE"):
		if h.sketch.Dense() {
			return reply.Fail("ERR HLL encoding is not sparse")
		}
		return reply.Bytes(h.sketch.Describe())
	case s.Word("ENCODING"):
		if h.sketch.Dense() {
			return reply.Word("dense")
		}
		return reply.Word("sparse")
	case s.Word("TODENSE"):
		wasSparse := !h.sketch.Dense()
		if err := widen(h); err != nil {
			return failed(err)
		}
		return reply.Truth(wasSparse)
	}
	return reply.Fail("ERR Unknown PFDEBUG subcommand '" + reply.Quote(c.Args[1]) + "'")
}

// widen makes a key dense.
func widen(h held) error {
	if h.sketch.Dense() {
		return nil
	}
	if !h.sketch.Widen() {
		return errDamaged
	}
	return h.save()
}

func registers(c *cmd.Call, h held) reply.Reply {
	if err := widen(h); err != nil {
		return failed(err)
	}
	all, _ := h.sketch.Values()
	list := c.List(reply.Array)
	for _, v := range all {
		list.Integer(int64(v))
	}
	return list.Done()
}

// selfTest adds numbers to a sparse and a dense sketch, which must stay equal and near the truth.
func selfTest(*cmd.Call) reply.Reply {
	one, two := hll.New(2*hll.Registers), hll.New(0)
	two.Widen()
	for i := range uint64(1000) {
		element := []byte{byte(i), byte(i >> 8), 'x'}
		one.Add(element)
		two.Add(element)
	}
	a, _ := one.Values()
	b, _ := two.Values()
	one.Forget()
	n, _, ok := one.Count()
	if !slices.Equal(a[:], b[:]) || !ok || n < 960 || n > 1040 {
		return reply.Fail("TESTFAILED the forms of a HyperLogLog differ, or its count is wrong")
	}
	return reply.OK()
}
