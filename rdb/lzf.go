package rdb

// longest is the most bytes that a compressed string is let grow to.
const longest = 512 << 20

// decompress undoes LZF: runs of literals, and copies of what was written before. Three bytes make 264 at most.
func decompress(in []byte, size uint64) ([]byte, bool) {
	if size == 0 || size > longest || size > 88*uint64(len(in)) {
		return nil, false
	}
	out := make([]byte, 0, min(size, 1<<20))
	for i := 0; i < len(in); {
		control := int(in[i])
		i++
		if control < 32 {
			if i+control+1 > len(in) {
				return nil, false
			}
			out = append(out, in[i:i+control+1]...)
			i += control + 1
			continue
		}
		n := control >> 5
		if n == 7 && i < len(in) {
			n += int(in[i])
			i++
		}
		if i >= len(in) {
			return nil, false
		}
		from := len(out) - (control&0x1f)<<8 - int(in[i]) - 1
		i++
		if from < 0 || uint64(len(out)) > size {
			return nil, false
		}
		for k := range n + 2 {
			out = append(out, out[from+k])
		}
	}
	return out, uint64(len(out)) == size
}
