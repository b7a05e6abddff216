package store

import (
	"encoding/binary"
	"math"
)

// StreamKey is a stream opened inside a transaction. It belongs to the transaction's goroutine.
//
// Entries are named items whose field is the id, so that ranges of ids are ranges of items. Unlike
// other collections a stream stays when its last entry goes: it remembers its last id.
type StreamKey struct {
	handle
	state StreamState
	edge  struct { // see lowest
		known bool
		id    StreamID
	}
}

// StreamState is what a stream remembers in Head.Value. It is a value.
type StreamState struct {
	Last       StreamID // the highest id ever given
	MaxDeleted StreamID // the highest id that XDEL removed
	Added      uint64   // entries ever added
	// first is where the entries begin: none is below it. Ranges begin there, not among the remains of what
	// was removed, so that a stream that is trimmed for ever stays as fast as it was.
	first StreamID
	// Once is of idempotent producers.
	Once StreamOnce
}

// StreamEntry is one entry; its fields and values alternate. They are valid until the transaction ends.
type StreamEntry struct {
	ID     StreamID
	Fields [][]byte
}

// OpenStream reads the head of a stream; an absent key gives an empty one, another type ErrWrongType.
func OpenStream(tx Tx, key Key) (*StreamKey, error) {
	h, err := open(tx, key, Stream)
	if err != nil {
		return nil, err
	}
	return streamOf(h)
}

// OpenStreams reads the heads of streams with one call. What it returns opens one of them as OpenStream does; a key
// that is named twice is one stream, so that either sees what the other did.
func OpenStreams(tx Tx, keys ...Key) (func(i int) (*StreamKey, error), error) {
	heads, err := tx.Heads(nil, keys...)
	opened := map[string]*StreamKey{}
	return func(i int) (*StreamKey, error) {
		name := string(keys[i].Name)
		if s := opened[name]; s != nil {
			return s, nil
		}
		h := handle{tx: tx, key: keys[i], head: heads[i]}
		if h.head.Exists() && h.head.Type != Stream {
			return nil, ErrWrongType
		}
		s, err := streamOf(h)
		if err == nil {
			opened[name] = s
		}
		return s, err
	}, err
}

func streamOf(h handle) (*StreamKey, error) {
	s := &StreamKey{handle: h}
	if h.Exists() && !s.state.parse(h.head.Value) {
		return nil, &Error{Code: CodeInternal, Message: "the head of a stream is not readable"}
	}
	return s, nil
}

// State is what the stream remembers.
func (s *StreamKey) State() StreamState { return s.state }

func (s StreamState) append(b []byte) []byte {
	for _, n := range [...]uint64{s.Last.Millis, s.Last.Seq, s.MaxDeleted.Millis, s.MaxDeleted.Seq, s.Added,
		s.first.Millis, s.first.Seq} {
		b = binary.AppendUvarint(b, n)
	}
	if s.Once != (StreamOnce{}) {
		for _, n := range s.Once.numbers() {
			b = binary.AppendUvarint(b, uint64(*n))
		}
	}
	return b
}

func (s *StreamState) parse(b []byte) bool {
	for _, to := range [...]*uint64{&s.Last.Millis, &s.Last.Seq, &s.MaxDeleted.Millis, &s.MaxDeleted.Seq, &s.Added,
		&s.first.Millis, &s.first.Seq} {
		n, size := binary.Uvarint(b)
		if size <= 0 {
			return false
		}
		*to, b = n, b[size:]
	}
	once := s.Once.numbers()
	return len(b) == 0 || takeNumbers(b, once[:]...) != nil
}

// Create makes an absent stream, empty.
func (s *StreamKey) Create() error {
	if s.Exists() {
		return nil
	}
	if err := s.create(Stream); err != nil {
		return err
	}
	s.head.Encoding = uint8(EncodingStream)
	return s.commit(Change{})
}

// commit saves the stream after its entries went through ch.
func (s *StreamKey) commit(ch Change) error {
	s.count(ch)
	return s.put()
}

// count applies what the entries went through, in memory only: put writes it.
func (s *StreamKey) count(ch Change) {
	s.head.Len += ch.Count
	s.head.Bytes += ch.Bytes
	if s.head.Len >= RankedMin {
		s.head.Ranked = true
	}
	s.edge.known = s.edge.known && ch.Count == 0
}

func (s *StreamKey) put() error {
	s.head.Value = s.state.append(nil)
	return s.tx.PutHead(s.key, s.head)
}

// Errors of Add and SetState.
var (
	// ErrStreamFull says that no id is left behind the stream's last.
	ErrStreamFull = Invalid("The stream has exhausted the last possible ID, unable to add more items")
	// ErrStreamID says that an id is not behind the stream's last.
	ErrStreamID = Invalid("The ID specified in XADD is equal or smaller than the target stream top item")
)

// NewStreamID says which id a new entry gets.
type NewStreamID struct {
	ID   StreamID
	Auto bool // the whole id is made, from the transaction's time and the last one
	Seq  bool // the sequence number is made
}

// choose is the id of the next entry.
func (n NewStreamID) choose(last StreamID, nowMillis uint64) (StreamID, error) {
	id := n.ID
	switch {
	case n.Auto && nowMillis > last.Millis:
		return StreamID{nowMillis, 0}, nil
	case n.Auto:
		next, ok := last.Next()
		if !ok {
			return id, ErrStreamFull
		}
		return next, nil
	case n.Seq && id.Millis == last.Millis:
		if last.Seq == math.MaxUint64 {
			return id, ErrStreamFull
		}
		id.Seq = last.Seq + 1
	case n.Seq:
		id.Seq = 0
	}
	if id.Compare(last) <= 0 {
		if last == maxStreamID {
			return id, ErrStreamFull
		}
		return id, ErrStreamID
	}
	return id, nil
}

// Add appends an entry and creates the stream if it is absent. Fields and values alternate.
func (s *StreamKey) Add(n NewStreamID, fields [][]byte) (StreamID, error) {
	id, err := s.add(n, fields)
	if err != nil {
		return id, err
	}
	return id, s.put()
}

// AddTrimmed is Add and Trim with one head written, and tells how many entries went.
func (s *StreamKey) AddTrimmed(n NewStreamID, fields [][]byte, t StreamTrim) (id StreamID, trimmed int64, err error) {
	if id, err = s.add(n, fields); err != nil {
		return id, 0, err
	}
	if trimmed, err = s.trim(t); err != nil {
		return id, 0, err
	}
	return id, trimmed, s.put()
}

// add appends an entry and leaves the head to be put.
func (s *StreamKey) add(n NewStreamID, fields [][]byte) (StreamID, error) {
	id, err := n.choose(s.state.Last, uint64(s.tx.Now().UnixMilli()))
	if err != nil {
		return id, err
	}
	if err := s.create(Stream); err != nil {
		return id, err
	}
	s.head.Encoding = uint8(EncodingStream)
	item := Item{Field: id.field(), Value: appendStreamFields(nil, fields), New: true}
	ch, err := s.tx.PutItems(s.head.ID, Entries, item)
	if err != nil {
		return id, err
	}
	if s.head.Len == 0 {
		s.state.first = id
	}
	s.state.Last = id
	s.state.Added++
	s.count(ch)
	return id, nil
}

// appendStreamFields encodes an entry: each text behind its length.
func appendStreamFields(b []byte, fields [][]byte) []byte {
	for _, f := range fields {
		b = binary.AppendUvarint(b, uint64(len(f)))
		b = append(b, f...)
	}
	return b
}

func streamEntryOf(it Item) (StreamEntry, error) {
	e := StreamEntry{ID: streamIDOf(it.Field)}
	for b := it.Value; len(b) > 0; {
		n, size := binary.Uvarint(b)
		if size <= 0 || n > uint64(len(b)-size) {
			return e, &Error{Code: CodeInternal, Message: "an entry of a stream is not readable"}
		}
		e.Fields = append(e.Fields, b[size:size+int(n)])
		b = b[size+int(n):]
	}
	return e, nil
}

// Delete removes entries by id and returns how many were there. The stream stays.
func (s *StreamKey) Delete(ids ...StreamID) (int64, error) {
	if !s.Exists() {
		return 0, nil
	}
	fields := make([][]byte, len(ids))
	for i, id := range ids {
		fields[i] = id.field()
	}
	found, err := s.tx.Items(nil, s.head.ID, Entries, fields...)
	if err != nil {
		return 0, err
	}
	first := false
	for _, it := range found {
		id := streamIDOf(it.Field)
		if it.Found && id.Compare(s.state.MaxDeleted) > 0 {
			s.state.MaxDeleted = id
		}
		first = first || it.Found && id == s.state.first
	}
	ch, err := s.tx.DropItems(s.head.ID, Entries, fields...)
	if err != nil || ch.Count == 0 {
		return 0, err
	}
	if first {
		if err := s.beginAt(0); err != nil {
			return 0, err
		}
	}
	return -ch.Count, s.commit(ch)
}

// beginAt notes that the entries begin with the one that has n others before it.
func (s *StreamKey) beginAt(n int64) error {
	for it, err := range s.tx.Range(s.head.ID, Entries, Range{Min: s.begin(), Skip: n, Limit: 1}) {
		if err != nil {
			return err
		}
		s.state.first = streamIDOf(it.Field)
	}
	return nil
}

// begin is a bound that no entry is below.
func (s *StreamKey) begin() Bound { return Bound{Edge: Inclusive, Field: s.state.first.field()} }

// SetState changes what the stream remembers, as XSETID does: the caller has compared.
func (s *StreamKey) SetState(state StreamState) error {
	state.first, state.Once = s.state.first, s.state.Once
	s.state = state
	return s.commit(Change{})
}
