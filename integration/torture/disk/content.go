package disk

import "slices"

// content is the bytes of a file: as processes see them, and as they were at the last sync. What was
// done in between is kept in order, so that a cut can take any part of it. For the holder of Disk.mu.
type content struct {
	now, kept []byte
	unsynced  []change
	pending   int // bytes in unsynced
}

// change is a write of data at an offset, or, without data, a truncation to it.
type change struct {
	at   int
	data []byte
}

// pendingMax is how much may be unsynced before it is written back unasked, as a kernel does, in bytes.
const pendingMax = 64 << 20

func (c *content) write(at int, data []byte) {
	data = slices.Clone(data)
	c.add(change{at, data}, len(data))
}

func (c *content) truncate(size int) { c.add(change{at: size}, 0) }

func (c *content) add(ch change, bytes int) {
	c.now = ch.apply(c.now)
	c.unsynced = append(c.unsynced, ch)
	if c.pending += bytes; c.pending > pendingMax {
		c.sync()
	}
}

// sync makes all of it durable.
func (c *content) sync() {
	for _, ch := range c.unsynced {
		c.kept = ch.apply(c.kept)
	}
	c.unsynced, c.pending = nil, 0
}

func (ch change) apply(b []byte) []byte {
	if ch.data == nil {
		return resized(b, ch.at)
	}
	b = resized(b, max(len(b), ch.at+len(ch.data)))
	copy(b[ch.at:], ch.data)
	return b
}

// resized cuts b, or fills it up with zeros.
func resized(b []byte, size int) []byte {
	if size <= len(b) {
		return b[:size]
	}
	old := len(b)
	if size > cap(b) {
		b = append(make([]byte, 0, 2*size), b...) // append itself would grow large slices by a quarter
	}
	b = b[:size]
	clear(b[old:])
	return b
}

// cut leaves what a power cut leaves: one of the sizes that the file had since its last sync, and of each
// sector touched one of the states that it had, whatever became of its neighbours. A truncation
// that happened after the size that was kept has not happened.
func (c *content) cut(l luck) {
	if len(c.unsynced) == 0 {
		return
	}
	sizes := []int{len(c.kept)}
	for _, ch := range c.unsynced {
		size := ch.at
		if ch.data != nil {
			size = max(sizes[len(sizes)-1], ch.at+len(ch.data))
		}
		sizes = append(sizes, size)
	}
	kept := l.draw(len(sizes))
	after, touched := c.survivors(kept, l.sector)
	for sector, changes := range touched {
		c.tear(after, sector*l.sector, changes, l)
	}
	after = resized(after, sizes[kept])
	*c = content{now: after, kept: slices.Clone(after)}
}

// survivors is the synced state, long enough for all that was written, with the truncations among the
// first kept changes; and for each sector the changes that concern it.
func (c *content) survivors(kept, sector int) (after []byte, touched map[int][]change) {
	touched = map[int][]change{}
	shortest, longest := len(c.kept), len(c.kept)
	var cuts []change
	for i, ch := range c.unsynced {
		if ch.data == nil {
			if i < kept {
				cuts = append(cuts, ch)
				shortest = min(shortest, ch.at)
				for s := range touched {
					touched[s] = append(touched[s], ch)
				}
			}
			continue
		}
		longest = max(longest, ch.at+len(ch.data))
		for s := ch.at / sector; s*sector < ch.at+len(ch.data); s++ {
			if touched[s] == nil {
				touched[s] = slices.Clone(cuts)
			}
			touched[s] = append(touched[s], ch)
		}
	}
	after = resized(slices.Clone(c.kept[:shortest]), longest)
	return after, touched
}

// tear chooses among the states that a sector had. A truncation that has happened leaves no older one.
func (c *content) tear(after []byte, at int, changes []change, l luck) {
	end := min(at+l.sector, len(after))
	if end <= at {
		return
	}
	first := make([]byte, end-at)
	if at < len(c.kept) {
		copy(first, c.kept[at:])
	}
	states := [][]byte{first}
	for _, ch := range changes {
		next := slices.Clone(states[len(states)-1])
		if ch.data == nil {
			if ch.at < end {
				clear(next[max(ch.at-at, 0):])
				states = [][]byte{next}
			}
			continue
		}
		from, to := max(ch.at, at), min(ch.at+len(ch.data), end)
		copy(next[from-at:to-at], ch.data[from-ch.at:to-ch.at])
		states = append(states, next)
	}
	copy(after[at:end], states[l.draw(len(states))])
}
