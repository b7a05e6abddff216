package store

import "bytes"

// Key names a key inside one logical database. Engines do not keep Name after
// the call they were given it in.
type Key struct {
	DB   int
	Name []byte
}

// Equal reports whether two names are of one key.
func (k Key) Equal(o Key) bool { return k.DB == o.DB && bytes.Equal(k.Name, o.Name) }

// CloneKeys makes keys that outlive the command line in which they stood.
func CloneKeys(keys []Key) []Key {
	own := make([]Key, len(keys))
	for i, k := range keys {
		own[i] = Key{DB: k.DB, Name: bytes.Clone(k.Name)}
	}
	return own
}

// SlotCount is the number of hash slots, as in Redis Cluster.
const (
	SlotBits  = 14
	SlotCount = 1 << SlotBits
)

// Slot returns the Redis Cluster hash slot of a key's name: CRC16 (XMODEM) of the
// name, or of the part between the first { and the next } if that is not empty.
// https://redis.io/docs/reference/cluster-spec/#hash-tags
func Slot(name []byte) uint16 {
	return crc16(hashTag(name)) % SlotCount
}

func hashTag(name []byte) []byte {
	for i, c := range name {
		if c != '{' {
			continue
		}
		for j := i + 1; j < len(name); j++ {
			if name[j] != '}' {
				continue
			}
			if j == i+1 {
				return name
			}
			return name[i+1 : j]
		}
		return name
	}
	return name
}

func crc16(b []byte) uint16 {
	var crc uint16
	for _, c := range b {
		crc = crc<<8 ^ crc16Table[byte(crc>>8)^c]
	}
	return crc
}

var crc16Table = makeCRC16Table()

func makeCRC16Table() (t [256]uint16) {
	for i := range t {
		crc := uint16(i) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
		t[i] = crc
	}
	return t
}
