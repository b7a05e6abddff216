package store

// Limits are the sizes up to which Redis keeps a collection in its compact encoding; the
// fields are named after the parameters. Only OBJECT ENCODING and the SCAN family show
// the difference here. Immutable once handed out.
type Limits struct {
	HashMaxListpackEntries int
	HashMaxListpackValue   int // bytes
	SetMaxIntsetEntries    int
	SetMaxListpackEntries  int
	SetMaxListpackValue    int // bytes
	ZsetMaxListpackEntries int
	ZsetMaxListpackValue   int   // bytes
	ListMaxListpackSize    int   // elements, or -1 to -5 for 4 to 64 KB
	StreamNodeMaxEntries   int   // what goes together when a stream is trimmed nearly; 0 for no such thing
	StreamIdmpDuration     int64 // seconds that a producer's message is known
	StreamIdmpMaxsize      int64 // messages of one producer that are known
	HLLSparseMaxBytes      int   // the longest sparse HyperLogLog
	// ProtoMaxBulkLen is the longest string, in bytes.
	ProtoMaxBulkLen int64
}

// DefaultLimits are those of redis.conf in Redis 7.2; in 8.6 what 7.2 has not.
func DefaultLimits() *Limits {
	return &Limits{
		HashMaxListpackEntries: 512, HashMaxListpackValue: 64,
		SetMaxIntsetEntries: 512, SetMaxListpackEntries: 128, SetMaxListpackValue: 64,
		ZsetMaxListpackEntries: 128, ZsetMaxListpackValue: 64,
		ListMaxListpackSize: -2, StreamNodeMaxEntries: 100, StreamIdmpDuration: 100, StreamIdmpMaxsize: 100,
		HLLSparseMaxBytes: 3000, ProtoMaxBulkLen: 512 << 20,
	}
}

// Limiter is an optional interface of a Tx that knows the configured limits.
type Limiter interface{ Limits() *Limits }

// LimitsOf returns the limits a transaction runs under, the defaults if it knows none.
func LimitsOf(tx Tx) *Limits {
	if l, ok := As[Limiter](tx); ok {
		return l.Limits()
	}
	return DefaultLimits()
}
