package reply

// Sequence is several replies, one behind the other: SUBSCRIBE answers one for each channel.
func Sequence(replies ...Reply) Reply { return Reply{kind: sequence, elems: replies} }

// OutOfBand reports whether the reply is a message, or several: clients that want no replies
// still get those.
func (r Reply) OutOfBand() bool { return r.kind == Push || r.kind == sequence }
