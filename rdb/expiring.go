package rdb

import "math"

// expiring reads a hash whose fields may have expiries: Redis's before each field, as the distance from the first one
// plus one, and as it is in what release candidates wrote; Valkey's behind the value, -1 for never.
func (w *walk) expiring(f form) {
	base := int64(0)
	if f == expiringHash {
		base = int64(w.r.little(8)) - 1
	}
	for n := w.r.count(); n > 0 && w.going(); n-- {
		at := int64(0)
		if f != valkeyHash {
			at = expiry(w.r.number(), base)
		}
		name, value := w.r.text(), w.r.text()
		if f == valkeyHash {
			at = max(int64(w.r.little(8)), 0)
		}
		w.field(name, value, at)
	}
}

// expiry is when a field goes, which is said by its distance from a moment; a faulty one is below zero.
func expiry(distance uint64, base int64) int64 {
	switch {
	case distance == 0:
		return 0
	case distance > math.MaxInt64 || base < -1 || base > math.MaxInt64-int64(distance):
		return -1
	}
	return base + int64(distance)
}

// triples reads a string that is a listpack of fields, values and expiries, 0 for never.
func (w *walk) triples() {
	l := listpackOf(w.r.text())
	for w.going() && l.more() {
		name, value := l.next(), l.next()
		at, ok := l.next().integer()
		if l.in.failed || !ok {
			w.r.fail()
			return
		}
		w.field(name.bytes(), value.bytes(), at)
	}
	if !w.stopped && !l.whole() {
		w.r.fail()
	}
}

// field takes a field with its expiry.
func (w *walk) field(name, value []byte, at int64) {
	if at < 0 {
		w.r.fail()
	}
	if !w.r.failed {
		w.give(Element{Name: name, Value: value, ExpireAt: at})
	}
}
