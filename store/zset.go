package store

// ZSetKey is a sorted set opened inside a transaction. It belongs to the transaction's
// goroutine. Members are hashed items with a score; all orders and ranks are the engine's
// second order, (score, member), counted from RankedMin members on.
type ZSetKey struct {
	handle
}

// OpenZSet reads the head of a sorted set; an absent key gives an empty one, another type
// ErrWrongType.
func OpenZSet(tx Tx, key Key) (*ZSetKey, error) {
	h, err := open(tx, key, ZSet)
	if err != nil {
		return nil, err
	}
	return &ZSetKey{handle: h}, nil
}

// FirstZSet opens the first of keys that is there and says which; nil if none is. If that holds another type the error
// is ErrWrongType; keys behind it may hold anything.
func FirstZSet(tx Tx, keys ...Key) (*ZSetKey, int, error) {
	h, at, err := openFirst(tx, ZSet, keys)
	if at < 0 {
		return nil, at, err
	}
	return &ZSetKey{handle: h}, at, nil
}

// ZRule says which of the members given to Add are written, as ZADD's options do.
type ZRule struct {
	NX, XX bool // only new members, only members there already
	GT, LT bool // members there already only to a greater, a smaller score
	Incr   bool // the scores given are added to those there
}

// ZAdded is what Add did.
type ZAdded struct {
	Added, Changed int64 // members that are new, that got another score
	// Score is the last member's score now, if Applied: if the rule did not rule it out.
	Score   float64
	Applied bool
}

// Add writes members, of which Field and Score count, one after the other. A sum of
// opposite infinities is an error.
func (z *ZSetKey) Add(rule ZRule, members ...Item) (ZAdded, error) {
	var done ZAdded
	if rule.XX && !z.Exists() {
		return done, nil
	}
	now, err := z.Scores(fieldsOf(members)...)
	if err != nil {
		return done, err
	}
	places := firstPlaces(members)
	written := make([]zmark, len(now))
	for i, m := range members {
		at := places(i)
		fresh := !now[at].Found
		changed, err := rule.apply(&now[at], m.Score, &done)
		switch {
		case err != nil:
			return done, err
		case changed && fresh:
			written[at] = zfresh
		case changed:
			written[at] = max(written[at], zchanged)
		}
	}
	return done, z.write(now, written, len(members))
}

// zmark says what becomes of a member that was given.
type zmark uint8

const (
	zsame zmark = iota
	zchanged
	zfresh
)

// firstPlaces maps an index to that of the first member of the same name: the second of two
// must see what the first one left.
func firstPlaces(members []Item) func(i int) int {
	if len(members) == 1 {
		return func(i int) int { return i }
	}
	seen := make(map[string]int, len(members))
	return func(i int) int {
		name := string(members[i].Field)
		if at, ok := seen[name]; ok {
			return at
		}
		seen[name] = i
		return i
	}
}

// apply gives one member its score and reports whether it must be written. Negative zero
// becomes zero, as in Redis's compact encoding: engines may not tell them apart.
func (r ZRule) apply(now *Item, score float64, done *ZAdded) (changed bool, err error) {
	done.Applied = false
	if now.Found && r.NX || !now.Found && r.XX {
		return false, nil
	}
	if now.Found && r.Incr {
		score += now.Score
	}
	switch {
	case score != score:
		return false, Invalid("resulting score is not a number (NaN)")
	case score == 0:
		score = 0
	}
	if now.Found && (r.GT && score <= now.Score || r.LT && score >= now.Score) {
		return false, nil
	}
	done.Score, done.Applied = score, true
	switch {
	case !now.Found:
		done.Added++
	case score == now.Score:
		return false, nil
	default:
		done.Changed++
	}
	now.Found, now.Score = true, score
	return true, nil
}

// write puts the items marked; given is the number of members the client named, from which
// Redis guesses a new set's encoding.
func (z *ZSetKey) write(items []Item, marked []zmark, given int) error {
	put := items[:0]
	longest := -1
	for i, it := range items {
		if marked[i] != zsame {
			it.New = marked[i] == zfresh
			put = append(put, it)
		}
		if marked[i] == zfresh {
			longest = max(longest, len(it.Field))
		}
	}
	if len(put) == 0 {
		return nil
	}
	if !z.Exists() {
		z.begin(ZSet)
		z.head.Encoding = uint8(zsetEncoding(0, int64(given), longest, LimitsOf(z.tx)))
	}
	if err := z.putAll(put, longest); err != nil {
		return err
	}
	return z.finish(Change{})
}

// putAll puts members and counts them, the longest that is new of longest bytes, negative if none is: another score
// alone has Redis look at no limit. finish is still to come.
func (z *ZSetKey) putAll(members []Item, longest int) error {
	z.encode(longest)
	if err := z.prepare(members); err != nil {
		return err
	}
	ch, err := z.put(Scores, members...)
	if err != nil {
		return err
	}
	z.apply(ch)
	z.encode(longest)
	z.head.Ranked = z.head.Ranked || z.head.Len >= RankedMin && !z.packed()
	return nil
}

func (z *ZSetKey) encode(longest int) {
	if longest < 0 {
		return
	}
	z.head.Encoding = uint8(zsetEncoding(Encoding(z.head.Encoding), z.head.Len, longest, LimitsOf(z.tx)))
}

func fieldsOf(items []Item) [][]byte {
	fields := make([][]byte, len(items))
	for i := range items {
		fields[i] = items[i].Field
	}
	return fields
}

// Scores looks members up, in order; Found tells which are in the set.
func (z *ZSetKey) Scores(members ...[]byte) ([]Item, error) { return z.lookup(Scores, members...) }

// Remove deletes members and returns how many were there.
func (z *ZSetKey) Remove(members ...[]byte) (int64, error) { return z.remove(Scores, members...) }

// Draw calls visit with n members, each drawn uniformly whatever was drawn before.
func (z *ZSetKey) Draw(n int64, visit func(Item)) error { return z.draw(Scores, n, visit) }

// Sample calls visit with n different members chosen at random, or with all if there are not more: then Redis begins
// at the highest score.
func (z *ZSetKey) Sample(n int64, visit func(Item)) error {
	if n < z.Len() || !z.compact() {
		return z.sample(Scores, n, visit)
	}
	for it, err := range z.walk(Scores, Range{Order: ByScore, Reverse: true}) {
		if err != nil {
			return err
		}
		visit(it)
	}
	return nil
}

// Scan calls visit with about n members from a cursor on and returns the cursor to go on
// from, 0 at the end. A small set comes at once.
func (z *ZSetKey) Scan(from Cursor, n int64, visit func(Item)) (Cursor, error) {
	return z.scan(Scores, Encoding(z.head.Encoding) != EncodingSkiplist, from, n, visit)
}

// Pop removes up to n members with the lowest scores, or the highest, and calls visit with
// each, the outermost first. visit must not keep the slice. An absent set gives none.
func (z *ZSetKey) Pop(highest bool, n int64, visit func(member []byte, score float64)) error {
	n = min(n, z.Len())
	if n <= 0 {
		return nil
	}
	r := Range{Order: ByScore, Reverse: highest, Limit: n}
	for it, err := range z.walk(Scores, r) {
		if err != nil {
			return err
		}
		visit(it.Field, it.Score)
	}
	_, err := z.RemoveRange(r)
	return err
}
