// What can be read of a damaged file is in the new one; an interrupted salvage is finished, and no damaged file is
// lost.
package repair_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"larder/store"
	"larder/store/sqlite"
	"larder/store/sqlite/repair"
)

// wreck is a way to lose pages.
type wreck struct {
	name  string
	pages func(pages [][]byte, root int64) []int64 // counted from 1; root is that of the table that is looked at
	most  int                                      // rows that may be lost
}

// Rows lie in the order of a random seed, a dozen on a page. An inner page takes what hangs below it, at most 13 leaves.
// Whoever looks for what lies before or behind all rows comes by the first and the last leaf.
var wrecks = []wreck{
	{"the first page", func([][]byte, int64) []int64 { return []int64{1} }, 0},
	{"a leaf in the middle", func(p [][]byte, _ int64) []int64 { return []int64{leafBefore(p, len(p)/2)} }, 20},
	{"the last leaf of the file", func(p [][]byte, _ int64) []int64 { return []int64{leafBefore(p, len(p))} }, 20},
	{"an inner page", func(p [][]byte, root int64) []int64 { return []int64{firstInner(p, root)} }, 200},
	{"the leftmost leaf", func(p [][]byte, root int64) []int64 { return []int64{leftmost(p, root)} }, 20},
	{"the rightmost leaf", func(p [][]byte, root int64) []int64 { return []int64{rightmost(p, root)} }, 20},
	{"three leaves", func(p [][]byte, root int64) []int64 {
		return []int64{leftmost(p, root), rightmost(p, leftmostChild(p[root-1])), rightmost(p, root)}
	}, 60},
}

const salvageRows = 2000

// Keys on pages that can still be read come back, whichever pages were lost.
func TestSalvageKeepsKeys(t *testing.T) {
	fill := func(e *sqlite.Engine) {
		update(t, e, func(tx store.Tx) error {
			for i := range salvageRows {
				if err := tx.PutHead(key(fmt.Sprint("k", i)), str(strings.Repeat("v", 300))); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for _, w := range wrecks {
		t.Run(w.name, func(t *testing.T) {
			e := w.salvage(t, "heads", fill)
			lost := 0
			for i := range salvageRows {
				if v, ok := get(t, e, fmt.Sprint("k", i)); !ok {
					lost++
				} else if len(v) != 300 {
					t.Fatalf("k%d has %d bytes", i, len(v))
				}
			}
			w.judge(t, lost)
		})
	}
}

// So do the items of one key, which are searched by other numbers.
func TestSalvageKeepsItems(t *testing.T) {
	fields, entries := make([]store.Item, salvageRows), make([]store.Item, salvageRows)
	for i := range fields {
		fields[i] = store.Item{Field: fmt.Append(nil, "f", i), Value: []byte(strings.Repeat("v", 300))}
		entries[i] = store.Item{Field: binary.BigEndian.AppendUint64(nil, 1<<40+uint64(i)<<8), Value: fields[i].Value}
	}
	for _, w := range wrecks[3:] {
		t.Run(w.name, func(t *testing.T) { w.judge(t, w.lostItems(t, store.Hash, store.Fields, fields)) })
	}
	inner := wrecks[3]
	t.Run(inner.name+" of a stream", func(t *testing.T) { inner.judge(t, inner.lostItems(t, store.Stream, store.Entries, entries)) })
}

// lostItems counts the items of a key that salvage does not bring back.
func (w wreck) lostItems(t *testing.T, typ store.Type, p store.Part, items []store.Item) (lost int) {
	e := w.salvage(t, "items", func(e *sqlite.Engine) { collection(t, e, "k", typ, p, items...) })
	view(t, e, func(tx store.Tx) error {
		heads, err := tx.Heads(nil, key("k"))
		if err != nil {
			return err
		}
		for _, it := range items {
			got, err := tx.Items(nil, heads[0].ID, p, it.Field)
			if err != nil {
				return err
			}
			if string(got[0].Value) != string(it.Value) {
				lost++
			}
		}
		return nil
	})
	return lost
}

// salvage fills a shard, loses pages of it, saves what can be saved and opens it again.
func (w wreck) salvage(t *testing.T, table string, fill func(*sqlite.Engine)) *sqlite.Engine {
	path := filepath.Join(t.TempDir(), "shard.db")
	e := open(t, path)
	fill(e)
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	root := rootOf(t, path, table)
	if texts, err := repair.Damage(path); err != nil || len(texts) > 0 {
		t.Fatalf("before the damage: %q, %v", texts, err)
	}
	w.spoil(t, path, root)
	if texts, err := repair.Damage(path); err != nil || len(texts) == 0 {
		t.Fatalf("damage: %q, %v", texts, err)
	}
	done, err := repair.Salvage(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d rows kept, gaps: %q", done.Rows, done.Gaps)
	if _, err := os.Stat(done.Kept); err != nil {
		t.Error(err)
	}
	e = open(t, path)
	if _, err := e.Check(ctx, true); err != nil {
		t.Fatal(err)
	}
	sound(t, e)
	return e
}

// spoil fills pages with bytes that are no page.
func (w wreck) spoil(t *testing.T, path string, root int64) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range w.pages(slices.Collect(slices.Chunk(content, 4096)), root) {
		copy(content[(page-1)*4096:page*4096], strings.Repeat("\xff", 4096))
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (w wreck) judge(t *testing.T, lost int) {
	t.Helper()
	t.Logf("%d of %d are lost", lost, salvageRows)
	if lost > w.most {
		t.Errorf("%d of %d are lost, want %d at most", lost, salvageRows, w.most)
	}
}

// The types of the pages of a tree without rowids, https://www.sqlite.org/fileformat2.html#b_tree_pages.
const innerPage, leafPage = 2, 10

// leafBefore is the last of the first n pages that is a leaf.
func leafBefore(pages [][]byte, n int) int64 {
	for pages[n-1][0] != leafPage {
		n--
	}
	return int64(n)
}

// firstInner is the page above the first leaf.
func firstInner(pages [][]byte, page int64) int64 {
	for {
		child := leftmostChild(pages[page-1])
		if pages[child-1][0] != innerPage {
			return page
		}
		page = child
	}
}

// leftmost follows the first cell of each inner page.
func leftmost(pages [][]byte, page int64) int64 {
	for p := pages[page-1]; p[0] == innerPage; p = pages[page-1] {
		page = leftmostChild(p)
	}
	return page
}

func leftmostChild(inner []byte) int64 {
	return int64(binary.BigEndian.Uint32(inner[binary.BigEndian.Uint16(inner[12:]):]))
}

// rightmost follows the pointer behind the last cell.
func rightmost(pages [][]byte, page int64) int64 {
	for p := pages[page-1]; p[0] == innerPage; p = pages[page-1] {
		page = int64(binary.BigEndian.Uint32(p[8:]))
	}
	return page
}
