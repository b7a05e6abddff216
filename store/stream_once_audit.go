package store

// messages compares what a stream says of producers with what it has of them. The messages are for retries of the last
// minutes: where they do not agree they are forgotten.
func (a *audit) messages() error {
	s := &StreamKey{handle: handle{tx: a.tx, key: a.key, head: a.head}}
	s.state.parse(a.head.Value)
	agree, err := s.messagesAgree()
	if err != nil || agree {
		return err
	}
	a.report("they are forgotten", "knows messages of producers that are not what it says")
	a.mends = append(a.mends, func() error {
		s, err := OpenStream(a.tx, a.key)
		if err != nil || !s.Exists() {
			return err
		}
		return s.forgetMessages()
	})
	return nil
}

// messagesAgree reports whether each message is there in both orders and by its name, and counted.
func (s *StreamKey) messagesAgree() (bool, error) {
	has, of := StreamOnce{}, map[string]int64{}
	for it, err := range s.tx.Range(s.head.ID, Producers, prefixed([]byte{messageByAge})) {
		if err != nil {
			return false, err
		}
		m, id := messageOf(it.Value), streamIDOf(it.Field[1:])
		found, err := s.tx.Items(nil, s.head.ID, Producers, messageField(m), ownerField(m.Producer, id))
		if err != nil || streamIDOf(found[0].Value) != id || !found[1].Found {
			return false, err
		}
		has.Messages++
		of[string(m.Producer)]++
	}
	for it, err := range s.tx.Range(s.head.ID, Producers, prefixed([]byte{messagesOfOne})) {
		if err != nil {
			return false, err
		}
		var n int64
		if takeNumbers(it.Value, &n); n != of[string(it.Field[1:])] {
			return false, nil
		}
		has.Producers++
	}
	all, err := s.tx.Count(s.head.ID, Producers, Range{})
	once := s.state.Once
	return has.Messages == once.Messages && has.Producers == once.Producers && has.Producers == int64(len(of)) &&
		all == 3*has.Messages+has.Producers, err
}
