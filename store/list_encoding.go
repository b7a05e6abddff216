package store

// packing says how much Redis keeps in one compact list: bytes, elements, 0 for no bound.
type packing struct {
	bytes, count int64
}

// listPacking reads list-max-listpack-size: elements, or one of five sizes if negative.
// However few elements are allowed, they may take no more than 8 KB.
func listPacking(size int64) packing {
	if size < 0 {
		return packing{bytes: 4096 << min(-size-1, 4)}
	}
	return packing{bytes: 8192, count: max(size, 1)}
}

// comesBack reports whether n elements of so many bytes are below half the limit. A limit in
// elements leaves bytes as they are: they only say whether one node would hold everything.
func (p packing) comesBack(n, bytes int64) bool {
	if p.count > 0 {
		return n <= p.count/2 && bytes <= p.bytes
	}
	return bytes <= p.bytes/2
}

// listpackBytes estimates what Redis's compact encoding takes for n elements of data bytes
// together, from their average length: 7 bytes, and for each element a header and a length
// to walk backwards by. Numbers take less there, which is left out: the exact figure would
// need every element to be read when a list is trimmed.
func listpackBytes(n, data int64) int64 {
	overhead := int64(2)
	switch average := data / max(n, 1); {
	case average >= 4096:
		overhead = 8
	case average >= 64:
		overhead = 4
	}
	return 7 + data + n*overhead
}

// encoding decides the encoding after a change, as Redis 7.2 does: a list leaves the compact
// encoding when it grows past the limit, and comes back when removals leave it below half of it.
func (l *ListKey) encoding(ch Change) Encoding {
	limit := listPacking(int64(LimitsOf(l.tx).ListMaxListpackSize))
	n, data := l.Len(), int64(0)
	if n > 0 {
		data = l.head.Bytes - baseBytes(l.key, l.head.Notes) - ItemBytes(Item{})*n
	}
	grown := ch.Bytes - ItemBytes(Item{})*ch.Count
	after := listpackBytes(n+ch.Count, data+grown)
	count := n + ch.Count
	if n > 0 && Encoding(l.head.Encoding) == EncodingQuicklist {
		if ch.Count <= 0 && limit.comesBack(count, after) {
			return EncodingListpack
		}
		return EncodingQuicklist
	}
	// Redis looks before it adds: the new elements count without their headers.
	if listpackBytes(n, data)+max(grown, 0) > limit.bytes || limit.count > 0 && count > limit.count {
		return EncodingQuicklist
	}
	return EncodingListpack
}
