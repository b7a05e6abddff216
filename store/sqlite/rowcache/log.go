package rowcache

// log holds the entries of a stripe in chunks, and an index of them. Entries are appended to the youngest chunk;
// one that takes no more room than the entry it replaces is written over that. When there is no room for another
// chunk the oldest one is turned over: of its entries those stay that were asked for lately, which is within half a
// lap, the time in which every chunk becomes the oldest once; and it becomes the youngest. So what is used stays,
// nearly as with LRU, without lists: chunks are bytes, which the garbage collector does not look into, and a set that
// fits is kept whole. (Two generations, each of half the room, would be simpler, but keep only what fits into half.
// With a bit for "used since it was last the oldest" a lap that nothing drove on left all entries marked, and what was
// read next was driven out by what nobody asked for any more.)
// It belongs to its stripe.
type log struct {
	at     index
	chunks [][]byte // by number, of one capacity; nil where none is in use
	order  []uint16 // numbers of those in use, oldest first
	limit  int      // bytes of chunks and index
	chunk  int      // bytes of a chunk
	clock  uint8    // ticks at most lapTicks times a lap, see perTick
	passed int      // chunks that became the youngest after the last tick
}

const (
	// chunkMax is the most bytes of a chunk: places have 16 bits for the offset.
	chunkMax = 1 << 16
	// chunksLeast is how many chunks a log's own room is divided into at least, and chunksMost how many it
	// can number.
	chunksLeast = 8
	chunksMost  = 1 << 16
	// turnsKept is how many chunks one put turns over before it drops what is used, too.
	turnsKept = 1
	// lapTicks bounds how often the clock ticks in a lap: an entry's byte can tell the laps apart.
	lapTicks = 32
	// indexBytes is what the index takes for an entry, about.
	indexBytes = 16
)

func newLog(limit int64) log {
	l := log{chunk: int(min(limit/chunksLeast, chunkMax))}
	l.resize(limit)
	return l
}

func (l *log) size() int { return len(l.order)*l.chunk + l.at.n*indexBytes }

// find returns the entry of a mark, nil if there is none. It may be another key's.
func (l *log) find(mark uint32) entry {
	place, ok := l.at.get(mark)
	if !ok {
		return nil
	}
	return l.entry(place)
}

// entry is the one at a place: a chunk's number and an offset.
func (l *log) entry(place uint32) entry { return entryAt(l.chunks[place>>16][place&0xffff:]) }

func (l *log) drop(mark uint32) { l.at.drop(mark) }

// put writes a record's entry. One that is too large for a chunk is forgotten.
func (l *log) put(k Key, rec *Record, since uint64) {
	var room [entryFields]byte
	fields := rec.fields(room[:0], k.Space, since)
	mark, n := k.mark(), len(fields)+len(rec.Name)+len(rec.Value)
	if old := l.find(mark); old != nil && n <= old.room() {
		old.fill(fields, rec.Name, rec.Value)
		return
	}
	l.at.drop(mark)
	if 2*(entryHeader+n) > l.chunk || !l.ready(entryHeader+n) {
		return
	}
	number := l.order[len(l.order)-1]
	c := l.chunks[number]
	place := uint32(number)<<16 | uint32(len(c))
	c = c[:len(c)+entryHeader+n]
	l.chunks[number] = c
	newEntry(c[place&0xffff:], mark, l.clock).fill(fields, rec.Name, rec.Value)
	l.at.put(mark, place)
}

// ready makes room for n bytes in the youngest chunk.
func (l *log) ready(n int) bool {
	for turns := 1; !l.fits(n); turns++ {
		switch {
		case l.size()+l.chunk+indexBytes <= l.limit && len(l.order) < chunksMost:
			l.grow()
		case len(l.order) > 0:
			kept := l.chunk
			if turns > turnsKept {
				kept /= 2
			}
			l.turn(kept)
		default:
			return false
		}
	}
	return true
}

func (l *log) fits(n int) bool {
	return len(l.order) > 0 && l.size()+indexBytes <= l.limit && len(l.chunks[l.order[len(l.order)-1]])+n <= l.chunk
}

// grow adds a chunk.
func (l *log) grow() {
	number := len(l.chunks)
	for i, c := range l.chunks {
		if c == nil {
			number = i
			break
		}
	}
	if number == len(l.chunks) {
		l.chunks = append(l.chunks, nil)
	}
	l.chunks[number] = make([]byte, 0, l.chunk)
	l.order = append(l.order, uint16(number))
	l.tick()
}

// tick counts a chunk that became the youngest.
func (l *log) tick() {
	if l.passed++; l.passed >= l.perTick() {
		l.clock++
		l.passed = 0
	}
}

// perTick is how many chunks become the youngest in a tick.
func (l *log) perTick() int { return (len(l.order) + lapTicks - 1) / lapTicks }

// lately tells whether an entry was asked for within half a lap.
func (l *log) lately(e entry) bool {
	return 2*int(l.clock-e.used())*l.perTick() < len(l.order)
}

// turn makes the oldest chunk the youngest, with those of its entries that were used lately, up to so many bytes.
func (l *log) turn(most int) {
	number := l.order[0]
	copy(l.order, l.order[1:])
	l.order[len(l.order)-1] = number
	old, kept := l.chunks[number], 0
	for from := 0; from < len(old); {
		e := entryAt(old[from:])
		place := uint32(number)<<16 | uint32(from)
		from += len(e)
		if at, ok := l.at.get(e.mark()); !ok || at != place {
			continue // it was replaced
		}
		if !l.lately(e) || kept+len(e) > most {
			l.at.drop(e.mark())
			continue
		}
		mark := e.mark()
		copy(old[kept:], e)
		l.at.put(mark, uint32(number)<<16|uint32(kept))
		kept += len(e)
	}
	l.chunks[number] = old[:kept]
	l.tick()
}

// resize changes the limit; what is too much goes, oldest first.
func (l *log) resize(limit int64) {
	l.limit = int(limit)
	for len(l.order) > 0 && l.size()+indexBytes > l.limit {
		number := l.order[0]
		l.order = l.order[:copy(l.order, l.order[1:])]
		l.leave(number, func(entry) bool { return true })
		l.chunks[number] = nil
	}
}

// forget drops some entries from the index; their bytes go when their chunk is turned over.
func (l *log) forget(which func(entry) bool) {
	for _, number := range l.order {
		l.leave(number, which)
	}
}

// leave drops some of a chunk's entries from the index.
func (l *log) leave(number uint16, which func(entry) bool) {
	c := l.chunks[number]
	for from := 0; from < len(c); {
		e := entryAt(c[from:])
		if at, ok := l.at.get(e.mark()); ok && at == uint32(number)<<16|uint32(from) && which(e) {
			l.at.drop(e.mark())
		}
		from += len(e)
	}
}
