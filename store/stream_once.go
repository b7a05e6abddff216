package store

import (
	"encoding/binary"
	"slices"
)

// StreamMessage is what an idempotent producer calls a message: it may send it again, and there is one entry.
type StreamMessage struct{ Producer, ID []byte }

// StreamOnce is what a stream remembers of the messages of idempotent producers; the messages themselves are items
// among Producers. The zero value is a stream that was never sent such a message. It is a value.
type StreamOnce struct {
	Seconds    int64 // how long a message is known
	Most       int64 // messages of one producer that are known
	Added      int64 // messages ever added
	Duplicates int64 // messages that came again
	Producers  int64 // those with messages that are known
	Messages   int64 // that are known
}

func (o *StreamOnce) numbers() [6]*int64 {
	return [...]*int64{&o.Seconds, &o.Most, &o.Added, &o.Duplicates, &o.Producers, &o.Messages}
}

// What is among Producers, by the first byte: each message three times, by its name and in two orders of age, and how
// many messages each producer has. The id of an entry tells when it was added.
const (
	messageByName  = 0 // producer, message -> entry
	messageByOwner = 1 // producer, entry
	messageByAge   = 2 // entry -> producer, message
	messagesOfOne  = 3 // producer -> how many
)

// oncePage is how many messages that are known for too long go with one that comes: more than one, so that those of
// producers that are gone do not stay.
const oncePage = 64

func messageField(m StreamMessage) []byte { return groupField(messageByName, m.Producer, m.ID) }

func ownerField(producer []byte, id StreamID) []byte {
	return append(groupField(messageByOwner, producer), id.field()...)
}

func ageField(id StreamID) []byte { return append([]byte{messageByAge}, id.field()...) }

func countField(producer []byte) []byte { return append([]byte{messagesOfOne}, producer...) }

// value is a message as an item by age has it.
func (m StreamMessage) value() []byte {
	b := binary.AppendUvarint(nil, uint64(len(m.Producer)))
	return append(append(b, m.Producer...), m.ID...)
}

// messageOf is the message of an item by age; one that is not readable is nobody's.
func messageOf(value []byte) StreamMessage {
	n, size := binary.Uvarint(value)
	if size <= 0 || n > uint64(len(value)-size) {
		return StreamMessage{}
	}
	value = slices.Clone(value[size:])
	return StreamMessage{value[:n], value[n:]}
}

// AddOnce adds a message's entry as AddTrimmed does, or finds the one it has; fresh tells which. Without a trim none
// goes.
func (s *StreamKey) AddOnce(m StreamMessage, fields [][]byte, t *StreamTrim) (id StreamID, trimmed int64, fresh bool,
	err error) {
	s.startOnce()
	if s.Exists() {
		if err := s.forgetOld(); err != nil {
			return id, 0, false, err
		}
		known, err := s.message(m)
		if err != nil {
			return id, 0, false, err
		}
		if !known.Zero() {
			s.state.Once.Duplicates++
			return known, 0, false, s.put()
		}
	}
	if id, err = s.add(NewStreamID{Auto: true}, fields); err != nil {
		return id, 0, false, err
	}
	if err = s.remember(m, id); err == nil && t != nil {
		trimmed, err = s.trim(*t)
	}
	if err != nil {
		return id, 0, false, err
	}
	return id, trimmed, true, s.put()
}

// startOnce gives a stream what is configured for all, the first time it is needed.
func (s *StreamKey) startOnce() {
	if s.state.Once.Seconds == 0 {
		limits := LimitsOf(s.tx)
		s.state.Once.Seconds, s.state.Once.Most = limits.StreamIdmpDuration, limits.StreamIdmpMaxsize
	}
}

// SetOnce changes for how long, and how many, messages are known; 0 leaves it. Then none is known any longer.
func (s *StreamKey) SetOnce(seconds, most int64) error {
	was := s.state.Once
	s.startOnce()
	o := &s.state.Once
	if seconds == 0 {
		seconds = o.Seconds
	}
	if most == 0 {
		most = o.Most
	}
	switch {
	case seconds != o.Seconds || most != o.Most:
	case was == *o:
		return nil
	default:
		return s.put()
	}
	o.Seconds, o.Most = seconds, most
	return s.forgetMessages()
}

// forgetMessages makes all messages unknown.
func (s *StreamKey) forgetMessages() error {
	ch, err := s.tx.DropRange(s.head.ID, Producers, Range{})
	if err != nil {
		return err
	}
	s.state.Once.Producers, s.state.Once.Messages = 0, 0
	return s.commit(Change{Bytes: ch.Bytes})
}

// old reports whether a message has been known for long enough.
func (s *StreamKey) old(id StreamID) bool {
	now := uint64(s.tx.Now().UnixMilli())
	return now > id.Millis && now-id.Millis >= uint64(s.state.Once.Seconds)*1000
}

// message is the entry of a message that is known, zero if it is not.
func (s *StreamKey) message(m StreamMessage) (StreamID, error) {
	found, err := s.tx.Items(nil, s.head.ID, Producers, messageField(m))
	if err != nil || !found[0].Found {
		return StreamID{}, err
	}
	id := streamIDOf(found[0].Value)
	if s.old(id) {
		return StreamID{}, s.forget(id)
	}
	return id, nil
}

// remember makes a message known. The oldest of its producer's goes if there are too many, and so does one whose entry
// had the same id before XSETID set the stream back.
func (s *StreamKey) remember(m StreamMessage, id StreamID) error {
	found, err := s.tx.Items(nil, s.head.ID, Producers, countField(m.Producer), ageField(id))
	if err != nil {
		return err
	}
	var n int64
	takeNumbers(found[0].Value, &n)
	var gone []StreamID
	if found[1].Found {
		gone = append(gone, id)
	}
	if n >= s.state.Once.Most {
		r := prefixed(groupField(messageByOwner, m.Producer))
		r.Limit = n - s.state.Once.Most + 1
		for it, err := range s.tx.Range(s.head.ID, Producers, r) {
			if err != nil {
				return err
			}
			if old := streamIDOf(it.Field[len(it.Field)-16:]); old != id {
				gone = append(gone, old)
			}
		}
	}
	if err := s.forget(gone...); err != nil {
		return err
	}
	s.state.Once.Added++
	s.state.Once.Messages++
	if err := s.recount(map[string]int64{string(m.Producer): 1}); err != nil {
		return err
	}
	return s.putMessages(Item{Field: messageField(m), Value: id.field()}, Item{Field: ownerField(m.Producer, id)},
		Item{Field: ageField(id), Value: m.value()})
}

func (s *StreamKey) putMessages(items ...Item) error {
	ch, err := s.tx.PutItems(s.head.ID, Producers, items...)
	s.count(Change{Bytes: ch.Bytes})
	return err
}

func (s *StreamKey) dropMessages(fields ...[]byte) error {
	ch, err := s.tx.DropItems(s.head.ID, Producers, fields...)
	s.count(Change{Bytes: ch.Bytes})
	return err
}

// recount adds to the numbers of producers' messages.
func (s *StreamKey) recount(change map[string]int64) error {
	var fields [][]byte
	for producer := range change {
		fields = append(fields, countField([]byte(producer)))
	}
	found, err := s.tx.Items(nil, s.head.ID, Producers, fields...)
	if err != nil {
		return err
	}
	var put []Item
	var drop [][]byte
	for i, it := range found {
		var n int64
		takeNumbers(it.Value, &n)
		switch n += change[string(fields[i][1:])]; {
		case n > 0:
			put = append(put, Item{Field: fields[i], Value: numbers(n)})
		case it.Found:
			drop = append(drop, fields[i])
			s.state.Once.Producers--
		}
		if n > 0 && !it.Found {
			s.state.Once.Producers++
		}
	}
	if len(drop) > 0 {
		if err := s.dropMessages(drop...); err != nil {
			return err
		}
	}
	if len(put) > 0 {
		return s.putMessages(put...)
	}
	return nil
}

// forgetOld forgets the next messages that have been known for long enough.
func (s *StreamKey) forgetOld() error {
	r := prefixed([]byte{messageByAge})
	r.Limit = oncePage
	var gone []StreamID
	for it, err := range s.tx.Range(s.head.ID, Producers, r) {
		if err != nil {
			return err
		}
		id := streamIDOf(it.Field[1:])
		if !s.old(id) {
			break
		}
		gone = append(gone, id)
	}
	return s.forget(gone...)
}

// forget makes the messages with these entries unknown.
func (s *StreamKey) forget(ids ...StreamID) error {
	if len(ids) == 0 {
		return nil
	}
	ages := make([][]byte, len(ids))
	for i, id := range ids {
		ages[i] = ageField(id)
	}
	found, err := s.tx.Items(nil, s.head.ID, Producers, ages...)
	if err != nil {
		return err
	}
	var fields [][]byte
	change := map[string]int64{}
	for i, it := range found {
		if !it.Found {
			continue
		}
		m := messageOf(it.Value)
		fields = append(fields, messageField(m), ownerField(m.Producer, ids[i]), ages[i])
		change[string(m.Producer)]--
		s.state.Once.Messages--
	}
	if err := s.dropMessages(fields...); err != nil {
		return err
	}
	return s.recount(change)
}

// Known is what the stream remembers of producers, without the messages that have been known for long enough and are
// yet to go.
func (s *StreamKey) Known() (StreamOnce, error) {
	o, gone := s.state.Once, map[string]int64{}
	if o.Messages == 0 {
		return o, nil
	}
	for it, err := range s.tx.Range(s.head.ID, Producers, prefixed([]byte{messageByAge})) {
		if err != nil {
			return o, err
		}
		if !s.old(streamIDOf(it.Field[1:])) {
			break
		}
		gone[string(messageOf(it.Value).Producer)]++
		o.Messages--
	}
	for producer, n := range gone {
		found, err := s.tx.Items(nil, s.head.ID, Producers, countField([]byte(producer)))
		if err != nil {
			return o, err
		}
		var all int64
		if takeNumbers(found[0].Value, &all); all <= n {
			o.Producers--
		}
	}
	return o, nil
}
