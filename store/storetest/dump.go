package storetest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"larder/store"
)

// databases are those that Dump looks at and random histories use.
const databases = 10

// Dump writes out everything a client could see, a line for each key and item, in an order that
// depends on names only. Ids and hashes are left out: engines choose them.
func Dump(t *testing.T, e store.Engine) string {
	t.Helper()
	var text string
	err := e.View(ctx, store.Whole(), func(tx store.Tx) error {
		p := &probe{Tx: tx}
		text = p.dump()
		return p.err
	})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// dump is Dump as a transaction sees it.
func (p *probe) dump() string {
	var all strings.Builder
	for db := range databases {
		dumpDatabase(p, &all, db)
	}
	return all.String()
}

func dumpDatabase(p *probe, all *strings.Builder, db int) {
	var keys []store.Key
	for at, first := store.Cursor(0), true; first || at != 0; first = false {
		found, next, err := p.Scan(db, at, 50)
		p.ok(err)
		for _, e := range found {
			keys = append(keys, store.Key{DB: db, Name: []byte(string(e.Name))})
		}
		at = next
	}
	slices.SortFunc(keys, func(a, b store.Key) int { return strings.Compare(string(a.Name), string(b.Name)) })
	dumpFound(p, db, keys)
	for _, k := range keys {
		h := p.head(k)
		if isSmall(k.Name) {
			fmt.Fprintf(all, "%d %q %s %s\n", db, k.Name, describeSmall(h), strings.Join(p.smallContent(k), " "))
			continue
		}
		fmt.Fprintf(all, "%d %q %s\n", db, k.Name, describeHead(h))
		for part := store.Fields; h.ID != 0 && part <= store.LastPart; part++ {
			before := fmt.Sprintf("%d %q %d ", db, k.Name, part)
			for _, line := range p.describeRange(h.ID, part, store.Range{}) {
				all.WriteString(before)
				all.WriteString(line)
				all.WriteByte('\n')
			}
		}
	}
}

func describeHead(h store.Head) string {
	return fmt.Sprintf("%v enc=%d ranked=%v owns=%v at=%d fields=%d len=%d bytes=%d %q %q",
		h.Type, h.Encoding, h.Ranked, h.ID != 0, h.ExpireAt, h.Fields, h.Len, h.Bytes, h.Value, h.Notes)
}

// describeRange lists items, hashed ones in natural order by name.
func (p *probe) describeRange(id store.ID, part store.Part, r store.Range) []string {
	var lines []string
	for _, it := range p.list(id, part, r) {
		lines = append(lines, describeItem(part, it))
	}
	if part.Class() == store.Hashed && r.Order == store.Natural {
		slices.Sort(lines)
	}
	return lines
}

// describeItem does without fmt: most of the suite's time went there.
func describeItem(part store.Part, it store.Item) string {
	if part.Class() == store.Hashed {
		it.Pos = 0
	}
	var space [128]byte
	b := append(strconv.AppendInt(space[:0], it.Pos, 10), ' ')
	b = append(quote(b, it.Field), ' ')
	b = append(strconv.AppendFloat(b, it.Score+0, 'g', -1, 64), ' ')
	return string(quote(b, it.Value))
}

// quote appends what strconv.Quote makes of text, at once if it is plain.
func quote(b, text []byte) []byte {
	for _, c := range text {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			return strconv.AppendQuote(b, string(text))
		}
	}
	b = append(b, '"')
	b = append(b, text...)
	return append(b, '"')
}
