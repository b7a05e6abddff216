package store

import "context"

// The optional interfaces of this file are what keeping a limit on the data needs of an
// engine. Engines that lack them have no limit.

// Fill is how much an engine holds at a moment.
type Fill struct {
	Data     int64 // sum of Head.Bytes over all keys, expired ones not yet removed included
	Keys     int64
	Volatile int64 // keys with an expiry
	Pending  int64 // bytes of removed keys that the sweep has not deleted yet; not in Data
	Blind    int64 // keys of which it is not known what they replace, which may count twice: see Gauge
}

// Plus adds two.
func (f Fill) Plus(g Fill) Fill {
	return Fill{f.Data + g.Data, f.Keys + g.Keys, f.Volatile + g.Volatile, f.Pending + g.Pending, f.Blind + g.Blind}
}

// Minus subtracts.
func (f Fill) Minus(g Fill) Fill {
	return Fill{f.Data - g.Data, f.Keys - g.Keys, f.Volatile - g.Volatile, f.Pending - g.Pending, f.Blind - g.Blind}
}

// Gauge tells the fill without reading anything, as of the last Update that returned.
type Gauge interface {
	Fill() Fill
	// Exact makes Fill exact, at the price of a look at what a blind write replaces. While
	// it is off a key that is overwritten by whoever has not looked at it may count twice until it reaches its file.
	Exact(on bool)
}

// Candidate is a key that might be evicted.
type Candidate struct {
	Key      Key
	Bytes    int64 // Head.Bytes
	ExpireAt int64 // Unix milliseconds, 0 for never
	// StoredAt is when the head was last put, UsedAt when a use of the key was last noted (see UseKeeper), in Unix
	// milliseconds; UsedAt and Frequency are 0 if none was.
	StoredAt, UsedAt int64
	Frequency        uint8
	Blessed          bool // it must not be evicted
}

// Sampler finds keys to evict. What it finds are hints: a key may have changed since.
type Sampler interface {
	Drawer
	// Soonest appends about n of the keys that expire first, in order.
	Soonest(ctx context.Context, dst []Candidate, n int) ([]Candidate, error)
}

// Drawer is the half of a Sampler that a Base has: what expires first it tells as an ExpiryIndex.
type Drawer interface {
	// Sample appends about n keys drawn at random over all databases; only those with an
	// expiry if volatile is set. It appends nothing only if there are none.
	Sample(ctx context.Context, dst []Candidate, n int, volatile bool) ([]Candidate, error)
}

// Use is when and how often a key was used, in the units of Candidate.
type Use struct {
	Key       Key
	At        int64
	Frequency uint8
}

// UseKeeper keeps uses beside the heads, so that they outlive the memory of the process that observed them. It is no
// write: nothing else about a key changes, and a crash may lose some.
type UseKeeper interface {
	KeepUses(ctx context.Context, uses []Use) error
}

// Stamper is an optional interface of a BaseTx: Stamp says when the head that is put next
// was put in truth, in Unix milliseconds.
type Stamper interface{ Stamp(millis int64) }
