package resp

import (
	"bytes"
	"strings"
	"testing"
)

func TestLines(t *testing.T) {
	var all [][][]byte
	for i := range 3000 {
		args := [][]byte{[]byte("SET"), {}, bytes.Repeat([]byte{byte(i)}, i%300)}
		if i%700 == 0 {
			args = append(args, []byte(strings.Repeat("x", 3*chunkSize)))
		}
		all = append(all, args[:1+i%len(args)])
	}
	var l lines
	held := 0
	for _, args := range all {
		l.add(args)
		for _, a := range args {
			held += len(a)
		}
	}
	at := l.reader()
	var got [][]byte
	for i, want := range all {
		got = at.next(got[:0])
		if len(got) != len(want) {
			t.Fatalf("line %d has %d arguments, want %d", i, len(got), len(want))
		}
		for j := range got {
			if !bytes.Equal(got[j], want[j]) || cap(got[j]) != len(got[j]) {
				t.Fatalf("line %d: argument %d is %d bytes", i, j, len(got[j]))
			}
		}
	}
	room := 0
	for _, c := range l.chunks {
		room += cap(c)
	}
	if l.n != len(all) || room > 2*held+9*len(all) {
		t.Errorf("%d lines of %d bytes take %d", l.n, held, room)
	}
}
