package reply

// Sequence is several replies, one behind the other: SUBSCRIBE answers one for each channel.
func Sequence(replies ...Reply) Reply { return Reply{kind: sequence, elems: replies} }
