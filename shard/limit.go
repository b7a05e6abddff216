package shard

// What the log takes of the disk follows the limit on the data, or a small limit would bound the small part. These
// are the parts of the limit, and what the log may have besides: less would make generations small, which costs more
// for each row than the disk is worth.
const (
	segmentShare = 4       // of the limit is a segment
	segmentLeast = 4 << 20 // bytes, unless Options.SegmentBytes are fewer
	logShare     = 2       // of the limit is where generations begin to settle because of the log
	logBesides   = 64 << 20
	roomShare    = 2 // of the limit is what all generations may take
	roomBesides  = 32 << 20
)

// SetLimit sets the limit on the data, in bytes. The log and the generations are bounded in proportion to it, and
// never by more than Options say. It may change at any time.
func (e *Engine) SetLimit(bytes int64) {
	segment := min(e.segment, max(bytes/segmentShare, segmentLeast))
	e.log.SetSegmentBytes(segment)
	for _, s := range e.shards {
		s.logLimit.Store(min(max(4*e.overlay, segment), bytes/logShare+logBesides))
	}
	e.room.setBound(min(2*e.overlay, bytes/roomShare+roomBesides))
}

// setBound changes the room. Writers that wait for room check again.
func (r *room) setBound(bytes int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bound = bytes
	if r.freed != nil {
		close(r.freed)
		r.freed = nil
	}
	r.callNext()
}
