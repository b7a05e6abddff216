package strs_test

import (
	"testing"
	"time"

	"larder/resp/cmd"
	"larder/resp/cmd/strs"
	"larder/store"
)

// still is a transaction that knows one short string and allocates nothing itself.
type still struct {
	store.Tx
	head store.Head
}

func (s *still) Now() time.Time { return time.UnixMilli(0) }

func (s *still) Heads(dst []store.Head, keys ...store.Key) ([]store.Head, error) {
	for range keys {
		dst = append(dst, s.head)
	}
	return dst, nil
}

func (s *still) PutHead(store.Key, store.Head) error { return nil }

// The hot commands may allocate the opened key and the copy of the value, no more.
func TestHotCommandsAllocateLittle(t *testing.T) {
	rows := map[string]struct {
		args [][]byte
		most float64
	}{
		"GET":  {[][]byte{[]byte("GET"), []byte("k")}, 2},
		"SET":  {[][]byte{[]byte("SET"), []byte("k"), []byte("12345")}, 0},
		"INCR": {[][]byte{[]byte("INCR"), []byte("k")}, 1},
	}
	table := strs.Table()
	for i := range table {
		row, ok := rows[table[i].Name]
		if !ok {
			continue
		}
		delete(rows, table[i].Name)
		tx := &still{head: store.Head{Type: store.String, Len: 3, Value: []byte("123")}}
		c := &cmd.Call{Spec: &table[i], Args: row.args, Tx: tx}
		got := testing.AllocsPerRun(100, func() { table[i].Run(c) })
		if got > row.most {
			t.Errorf("%s allocates %v times, want at most %v", table[i].Name, got, row.most)
		}
	}
	if len(rows) > 0 {
		t.Errorf("no rows for %v", rows)
	}
}
