package store

import (
	"encoding/binary"
	"iter"
	"slices"
	"strings"
)

// Notes is what the cache commands keep beside a key: its tags, and when and at what cost it
// was computed. It stands in the head, so that whatever carries the head carries it too, and
// whatever writes a key anew forgets it: INCR, APPEND and HSET keep it, RENAME and MOVE take
// it along, COPY copies it, SET drops it. Most keys have none, "", which costs nothing.
//
// It is a string so that heads stay plain values: nobody can change it, and it outlives its
// transaction. Encoded: fresh until, cost, then each tag behind its length; tags ascend.
type Notes string

// NotesMax is the longest Notes in bytes: it stands in a row of a tree that wants short rows. TagsMax is what clients
// may fill of it, so that a key with many tags can be blessed, too.
const (
	NotesMax = TagsMax + blessingBytes
	TagsMax  = 1024
)

// Lease is when a value was computed, for deciding when to compute it again.
type Lease struct {
	// FreshUntil is when the value becomes stale, in Unix milliseconds; 0 if that was not given.
	FreshUntil int64
	// Cost is the time it took to compute, in milliseconds.
	Cost int64
}

// Lease returns the lease part, zero if there is none.
func (n Notes) Lease() Lease {
	l, _ := n.split()
	return l
}

// split reads the lease and returns the tags' encoding.
func (n Notes) split() (Lease, string) {
	fresh, rest := cutUvarint(string(n))
	cost, rest := cutUvarint(rest)
	return Lease{int64(fresh), int64(cost)}, rest
}

func cutUvarint(s string) (uint64, string) {
	var n uint64
	for i := 0; i < len(s) && i < binary.MaxVarintLen64; i++ {
		n |= uint64(s[i]&0x7f) << (7 * i)
		if s[i] < 0x80 {
			return n, s[i+1:]
		}
	}
	return 0, ""
}

// Tags yields the tags, in ascending order.
func (n Notes) Tags() iter.Seq[string] {
	return func(yield func(string) bool) {
		_, rest := n.split()
		for rest != "" {
			size, tail := cutUvarint(rest)
			if size > uint64(len(tail)) || !yield(tail[:size]) {
				return
			}
			rest = tail[size:]
		}
	}
}

// Tagged reports whether the tags hold this one.
func (n Notes) Tagged(tag string) bool {
	for t := range n.Tags() {
		if t == tag {
			return true
		}
	}
	return false
}

// WithTags returns the notes with these tags instead of their own, in any order.
func (n Notes) WithTags(tags ...string) Notes {
	slices.Sort(tags)
	return encodeNotes(n.Lease(), slices.Compact(tags))
}

// WithLease returns the notes with this lease instead of their own.
func (n Notes) WithLease(l Lease) Notes { return encodeNotes(l, slices.Collect(n.Tags())) }

func encodeNotes(l Lease, tags []string) Notes {
	if l == (Lease{}) && len(tags) == 0 {
		return ""
	}
	b := binary.AppendUvarint(nil, uint64(l.FreshUntil))
	b = binary.AppendUvarint(b, uint64(l.Cost))
	for _, t := range tags {
		b = binary.AppendUvarint(b, uint64(len(t)))
		b = append(b, t...)
	}
	return Notes(b)
}

// Diff calls gone with the tags that n has and next has not, and come with the reverse. How
// engines keep their index.
func (n Notes) Diff(next Notes, gone, come func(tag string) error) error {
	if n == next {
		return nil
	}
	for t := range n.Tags() {
		if !next.Tagged(t) {
			if err := gone(t); err != nil {
				return err
			}
		}
	}
	for t := range next.Tags() {
		if !n.Tagged(t) {
			if err := come(t); err != nil {
				return err
			}
		}
	}
	return nil
}

// blessing is the tag of a key that is never evicted. As a tag it is stored, moves and is found as tags are; clients'
// tags do not begin so.
const blessing = reservedTag + "no-evict"

// reservedTag begins the tags that are not for clients to give.
const reservedTag = "\x00"

// blessingBytes is what a blessing adds to notes, at most.
const blessingBytes = 16

// TagAllowed reports whether a client may name a tag.
func TagAllowed(tag string) bool { return !strings.HasPrefix(tag, reservedTag) }

// Blessed reports whether the key is never evicted.
func (n Notes) Blessed() bool { return n != "" && n.Tagged(blessing) }

// Bless returns the notes with or without the blessing.
func (n Notes) Bless(on bool) Notes {
	tags := slices.DeleteFunc(slices.Collect(n.Tags()), func(t string) bool { return t == blessing })
	if on {
		tags = append(tags, blessing)
	}
	return n.WithTags(tags...)
}

// BlessedKeys is Finder.Tagged of the keys that are never evicted.
func BlessedKeys(f Finder, db int, from Cursor, n int) ([][]byte, Cursor, error) {
	return f.Tagged(db, blessing, from, n)
}
