package rdb

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// packedOf is a listpack of words as a string of a payload.
func packedOf(words ...string) string {
	var body []byte
	for _, w := range words {
		body = appendPacked(body, []byte(w))
	}
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(body)+7))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(words)))
	b = append(append(b, body...), packedEnd)
	return string(appendLength(nil, uint64(len(b)))) + string(b)
}

// moment is a time as a payload has it.
func moment(millis int64) string {
	return string(binary.LittleEndian.AppendUint64(nil, uint64(millis)))
}

const (
	id1, id2 = "\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01", "\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00"
)

// builtStream is a stream of the entries 1-1 and 2-0: what follows the nodes is given.
func builtStream(f form, rest string) string {
	node := packedOf("2", "0", "1", "f", "0", "2", "0", "0", "v", "4", "0", "1", "-1", "2", "g", "w", "h", "", "8")
	return string([]byte{byte(f)}) + "\x01\x10" + id1 + node + rest
}

// built are payloads made by hand of forms that redis-server 7.0 does not write.
var built = []struct {
	name    string
	version uint16
	body    string
	holds   string // in words, or why it is refused
}{
	{"zipmap", 2, "\x09\x0f\x02\x01a\x01\x00x\x02bc\x02\x01yz.\xff", "hash a x bc yz"},
	{"zipmap with a long length", 2, "\x09\x0b\x01\xfe\x01\x00\x00\x00a\x01\x00x\xff", "hash a x"},
	{"zipmap with another count", 2, "\x09\x07\x02\x01a\x01\x00x\xff", ErrFormat.Error()},
	{"ziplist list", 6, "\x0a\x1e\x1e\x00\x00\x00\x18\x00\x00\x00\x05\x00\x00\xf3\x02\xfe\x80\x03\xc0\x2c\x01\x04\x03abc\x05\xf0\x01\x02\x83\xff", "list 2 -128 300 abc -8191487"},
	{"ziplist hash", 6, "\x0d\x12\x12\x00\x00\x00\x0d\x00\x00\x00\x02\x00\x00\x01f\x03\x02vw\xff", "hash f vw"},
	{"listpack set of 7.2", 11, "\x14" + packedOf("b", "-300", "70000"), "set -300 70000 b"},
	{"hash with expiries of a release candidate", 12, "\x16\x02\x00\x01a\x01x\x81\x00\x00\x01\x8f\x00\x00\x00\x01\x01b\x01y", "hash a x b y until_1713691951105"},
	{"listpack with expiries of a release candidate", 12, "\x17" + packedOf("a", "x", "0", "b", "y", "1700000000000"), "hash a x b y until_1700000000000"},
	{"hash with expiries", 12, "\x18" + moment(1700000000000) + "\x03\x01\x01a\x01x\x00\x01b\x01y\x02\x01c\x01z", "hash a x until_1700000000000 b y c z until_1700000000001"},
	{"listpack with expiries", 12, "\x19" + moment(1700000000000) + packedOf("a", "x", "1700000000000", "b", "y", "0"), "hash a x until_1700000000000 b y"},
	{"expiry below zero", 12, "\x19" + moment(5) + packedOf("a", "x", "-1"), ErrFormat.Error()},
	{"expiry past all time", 12, "\x18" + moment(5) + "\x01\x81\xff\xff\xff\xff\xff\xff\xff\xff\x01a\x01x", ErrFormat.Error()},
	{"half a triple", 12, "\x19" + moment(5) + packedOf("a", "x"), ErrFormat.Error()},
	{"Valkey's hash with expiries", 80, "\x16\x02\x01a\x01x" + moment(-1) + "\x01b\x01y" + moment(1700000000000), "hash a x b y until_1700000000000"},
	{"Valkey's type 23", 81, "\x17\x00", "RESTORE does not serve type 23 of Valkey"},
	{"no type of Valkey's", 81, "\x18" + moment(5) + "\x01\x01\x01a\x01x", ErrFormat.Error()},
	{"array", 14, "\x1c\x00", "RESTORE does not serve arrays of Redis 8.8"},
	{"module", 9, "\x07\x00", "DUMP and RESTORE do not serve values of modules"},
	{"stream of 5.0", 9, builtStream(stream, "\x02\x02\x00\x01\x01g\x01\x01\x01"+id1+moment(9)+"\x03\x01\x01c"+moment(7)+"\x01"+id1),
		"stream 1-1 f v 2-0 g w h ∅ last 2-0 deleted 0-0 added 2 group g 1-1 -1 1-1 c 9 3 consumer c 7 1"},
	{"stream of 7.0", 10, builtStream(stream2, "\x02\x02\x00\x01\x01\x01\x05\x09\x01\x01g\x01\x01\x04\x00\x00"),
		"stream 1-1 f v 2-0 g w h ∅ last 2-0 deleted 1-5 added 9 group g 1-1 4"},
	{"stream of 7.2", 11, builtStream(stream3, "\x02\x02\x00\x01\x01\x01\x05\x09\x01\x01g\x01\x01\x04\x00\x02\x01c"+moment(7)+moment(-1)+"\x00\x01d"+moment(7)+moment(6)+"\x00"),
		"stream 1-1 f v 2-0 g w h ∅ last 2-0 deleted 1-5 added 9 group g 1-1 4 consumer c 7 0 active_0 consumer d 7 0 active_6"},
	{"stream of 8.6", 13, builtStream(stream4, "\x02\x02\x00\x01\x01\x00\x00\x02\x00\x64\x64\x00\x00\x00"), "stream 1-1 f v 2-0 g w h ∅ last 2-0 deleted 0-0 added 2"},
	{"stream of 8.8", 14, builtStream(stream5, "\x02\x02\x00\x01\x01\x00\x00\x02\x01\x01g\x01\x01\x01\x00\x00\x00"), "stream 1-1 f v 2-0 g w h ∅ last 2-0 deleted 0-0 added 2 group g 1-1 1"},
	{"stream with entries given back", 14, builtStream(stream5, "\x02\x02\x00\x01\x01\x00\x00\x02\x01\x01g\x01\x01\x01\x01"+id1+moment(9)+"\x01\x00\x01"+id1),
		"RESTORE does not serve streams of Redis 8.8 with entries that XNACK gave back"},
	{"pending of nobody", 9, builtStream(stream, "\x02\x02\x00\x01\x01g\x01\x01\x01"+id1+moment(9)+"\x03\x00"), ErrFormat.Error()},
	{"pending twice", 9, builtStream(stream, "\x02\x02\x00\x01\x01g\x01\x01\x02"+id1+moment(9)+"\x03"+id1+moment(9)+"\x03\x00"), ErrFormat.Error()},
	{"pending of two", 9, builtStream(stream, "\x02\x02\x00\x01\x01g\x01\x01\x01"+id1+moment(9)+"\x03\x02\x01c"+moment(7)+"\x01"+id1+"\x01d"+moment(7)+"\x01"+id1), ErrFormat.Error()},
	{"owned but not pending", 9, builtStream(stream, "\x02\x02\x00\x01\x01g\x01\x01\x00\x01\x01c"+moment(7)+"\x01"+id2), ErrFormat.Error()},
	{"two groups of a name", 9, builtStream(stream, "\x02\x02\x00\x02\x01g\x01\x01\x00\x00\x01g\x01\x01\x00\x00"), ErrFormat.Error()},
	{"two consumers of a name", 9, builtStream(stream, "\x02\x02\x00\x01\x01g\x01\x01\x00\x02\x01c"+moment(7)+"\x00\x01c"+moment(7)+"\x00"), ErrFormat.Error()},
	{"last id before an entry", 9, builtStream(stream, "\x02\x01\x05\x00"), ErrFormat.Error()},
	{"another length", 9, builtStream(stream, "\x03\x02\x00\x00"), ErrFormat.Error()},
	{"entries out of order", 9, "\x0f\x01\x10" + id2 + packedOf("2", "0", "1", "f", "0", "2", "0", "0", "v", "4", "2", "-1", "0", "w", "4") + "\x02\x02\x00\x00", ErrFormat.Error()},
	{"deleted entries", 9, "\x0f\x01\x10" + id1 + packedOf("1", "1", "1", "f", "0", "3", "0", "0", "v", "4", "2", "1", "-1", "w", "4") + "\x01\x02\x00\x00",
		"stream 2-0 f w last 2-0 deleted 0-0 added 1"},
	{"a count of parts that is wrong", 9, "\x0f\x01\x10" + id1 + packedOf("1", "0", "1", "f", "0", "2", "0", "0", "v", "5") + "\x01\x02\x00\x00", ErrFormat.Error()},
	{"an id that is none", 9, "\x0f\x01\x03abc" + packedOf("1", "0", "1", "f", "0", "2", "0", "0", "v", "4") + "\x01\x02\x00\x00", ErrFormat.Error()},
	{"an empty node", 9, "\x0f\x01\x10" + id1 + packedOf("0", "0", "1", "f", "0") + "\x00\x02\x00\x00", ErrFormat.Error()},
}

// TestBuiltPayloads reads what older and newer servers write, and refuses what nobody does.
func TestBuiltPayloads(t *testing.T) {
	for _, b := range built {
		v, err := Open(Seal([]byte(b.body), b.version))
		var words []string
		if err == nil {
			words, err = told(v)
		}
		got := strings.Join(words, " ")
		if err != nil {
			got = err.Error()
		}
		want := strings.NewReplacer("∅", "", "until_", "until ", "active_", "active ").Replace(b.holds)
		if got != want {
			t.Errorf("%s: %q\nwant %q", b.name, got, want)
		}
		if err == nil && v.Check() != nil {
			t.Errorf("%s: %v", b.name, v.Check())
		}
	}
}

// TestRepeatedNames: the names of a node's fields stand there once, and a payload may not mean its square.
func TestRepeatedNames(t *testing.T) {
	words := []string{"0", "0", "1", strings.Repeat("f", 100_000), "0"}
	n := 0
	for ; n < 20_000; n++ {
		words = append(words, "2", fmt.Sprint(n), "0", "v", "4")
	}
	words[0] = fmt.Sprint(n)
	body := "\x0f\x01\x10" + id1 + packedOf(words...) + "\x00\x00\x00\x00"
	v, err := Open(Seal([]byte(body), 9))
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, err = range v.Stream().Entries() {
		seen++
	}
	if err != ErrFormat || seen > 2000 {
		t.Errorf("%d entries are read, then %v", seen, err)
	}
}

// TestAllocation: a payload that says much holds no more memory than its length allows.
func TestAllocation(t *testing.T) {
	const many = "\x81\x00\x00\x00\x7f\xff\xff\xff\xff"
	for _, body := range []string{"\x00" + many, "\x01" + many, "\x02" + many, "\x04" + many, "\x05" + many, "\x0e" + many, "\x12" + many, "\x0f" + many,
		"\x18" + moment(1) + many, "\x16" + many, "\x0f\x00\x00\x00\x00" + many, "\x0f\x00\x00\x00\x00\x01\x01g\x00\x00" + many,
		"\x0f\x00\x00\x00\x00\x01\x01g\x00\x00\x00" + many, "\x0f\x00\x00\x00\x00\x01\x01g\x00\x00\x00\x01\x01c" + moment(1) + many,
		"\x00\xc3\x04\x9f\xff\xff\xffabcd", "\x09" + many, "\x0b" + many} {
		payload := Seal([]byte(body+strings.Repeat("x", 30)), newest)
		const runs = 10
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range runs {
			v, err := Open(payload)
			if err == nil {
				err = v.Check()
			}
			if err != ErrFormat {
				t.Errorf("%q: %v", body, err)
			}
		}
		runtime.ReadMemStats(&after)
		if n := (after.TotalAlloc - before.TotalAlloc) / runs; n > 8<<10 {
			t.Errorf("%q takes %d bytes", body, n)
		}
	}
}

// TestNodesOfStreams writes streams and reads them again.
func TestNodesOfStreams(t *testing.T) {
	var entries []StreamEntry
	for i := range 1000 {
		e := StreamEntry{ID: StreamID{uint64(i / 3), uint64(i%3 + 1)}, Fields: [][]byte{[]byte("f"), fmt.Append(nil, i*7001-3_000_000)}}
		if i%5 == 0 {
			e.Fields = append(e.Fields, []byte("long"), []byte(strings.Repeat("x", i*13)))
		}
		entries = append(entries, e)
	}
	var count StreamNodes
	for _, e := range entries {
		count.Begins(len(e.Fields[1]) + len(slices.Concat(e.Fields[2:]...)))
	}
	body := AppendStreamHeader(nil, StreamPlain, count.Count())
	var nodes StreamNodes
	var node StreamNode
	for _, e := range entries {
		if nodes.Begins(len(e.Fields[1])+len(slices.Concat(e.Fields[2:]...))) && !node.Empty() {
			body = node.Append(body)
		}
		node.Add(e)
	}
	body = AppendStreamState(node.Append(body), StreamPlain, 1000, entries[0].ID, StreamState{Last: entries[999].ID}, 0)
	v, err := Open(Seal(body, StreamPlain.Version()))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for e, err := range v.Stream().Entries() {
		if err != nil {
			t.Fatalf("after %d entries: %v", n, err)
		}
		if e.ID != entries[n].ID || fmt.Sprintf("%q", e.Fields) != fmt.Sprintf("%q", entries[n].Fields) {
			t.Fatalf("entry %d: %v %.200q", n, e.ID, e.Fields)
		}
		n++
	}
	if err := v.Check(); n != 1000 || err != nil {
		t.Errorf("%d entries, %v", n, err)
	}
}

// TestLibraries reads what FUNCTION DUMP writes.
func TestLibraries(t *testing.T) {
	body := AppendLibrary(AppendLibrary(nil, []byte("first")), []byte(strings.Repeat("second ", 100)))
	all, err := Libraries(Seal(body, VersionFunctions))
	if err != nil || len(all) != 2 || string(all[0]) != "first" || len(all[1]) != 700 {
		t.Errorf("%q %v", all, err)
	}
	if _, err := Libraries(Seal([]byte("\x00\x01a"), VersionFunctions)); err != ErrNoFunction {
		t.Error(err)
	}
	if _, err := Libraries(Seal(body[:3], VersionFunctions)); err != ErrFormat {
		t.Error(err)
	}
}

// FuzzValue: whatever a payload holds, reading it ends, and what is read twice is the same.
func FuzzValue(f *testing.F) {
	for _, b := range built {
		f.Add([]byte(b.body), b.version)
	}
	f.Fuzz(func(t *testing.T, body []byte, version uint16) {
		v, err := Open(Seal(slices.Clone(body), version))
		if err != nil {
			return
		}
		words, err := told(v)
		again, failed := told(v)
		if !slices.Equal(words, again) || (err == nil) != (failed == nil) || (err == nil) != (v.Check() == nil) {
			t.Fatalf("%q %v, then %q %v, and %v", words, err, again, failed, v.Check())
		}
	})
}
