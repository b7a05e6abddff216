package check_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"larder/cli/check"
	"larder/shard"
	"larder/shard/datadir"
	"larder/store"
	"larder/store/sqlite"
)

const shards = 3

var ctx = context.Background()

// use opens a directory as the server does, and hands its engine to fn. Without
// settling the log still holds what fn wrote.
func use(t *testing.T, dir string, fn func(store.Engine)) {
	t.Helper()
	d, err := datadir.Claim(dir, shards, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var bases []store.Base
	for i := range shards {
		e, err := sqlite.Open(d.ShardPath(i), sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		bases = append(bases, e)
	}
	engine, err := shard.Open(dir, bases, shard.Options{Manual: true})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	fn(engine)
}

func update(t *testing.T, e store.Engine, fn func(store.Tx) error) {
	t.Helper()
	if err := e.Update(ctx, store.Whole(), fn); err != nil {
		t.Fatal(err)
	}
}

func key(name string) store.Key { return store.Key{Name: []byte(name)} }

// furnish writes keys of every type through package store; all are in one shard by their tag.
func furnish(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	use(t, dir, func(e store.Engine) {
		update(t, e, func(tx store.Tx) error {
			for i := range 100 {
				if err := store.SetString(tx, key(fmt.Sprint("k", i)), []byte("v"), 0); err != nil {
					return err
				}
			}
			if err := store.SetString(tx, key("{t}long"), bytes.Repeat([]byte("x"), 100_000), 0); err != nil {
				return err
			}
			if err := store.SetNoted(tx, key("{t}tagged"), []byte("v"), 0, store.Notes("").WithTags("red")); err != nil {
				return err
			}
			h, err := store.OpenHash(tx, key("{t}hash"))
			if err == nil {
				_, err = h.Set(store.Item{Field: []byte("f"), Value: []byte("1")}, store.Item{Field: []byte("g"), Value: bytes.Repeat([]byte("y"), 5000)})
			}
			if err != nil {
				return err
			}
			for name, size := range map[string]int{"{t}pack": 10, "{t}beside": 3000} {
				if h, err = store.OpenHash(tx, key(name)); err == nil {
					_, err = h.Set(store.Item{Field: []byte("f"), Value: []byte("1")}, store.Item{Field: []byte("g"), Value: bytes.Repeat([]byte("y"), size)})
				}
				if err != nil {
					return err
				}
			}
			l, err := store.OpenList(rows{tx}, key("{t}list"))
			if err == nil {
				err = l.Push(store.Back, []byte("a"), []byte("b"), []byte("c"), []byte("d"))
			}
			if err != nil {
				return err
			}
			z, err := store.OpenZSet(tx, key("{t}zset"))
			if err != nil {
				return err
			}
			var members []store.Item
			for i := range 700 {
				members = append(members, store.Item{Field: fmt.Append(nil, "m", i), Score: float64(i)})
			}
			if _, err = z.Add(store.ZRule{}, members...); err != nil {
				return err
			}
			s, err := store.OpenStream(tx, key("{t}stream"))
			for i := range uint64(5) {
				if err == nil {
					_, err = s.Add(store.NewStreamID{ID: store.StreamID{Millis: i + 1}}, [][]byte{[]byte("f"), []byte("v")})
				}
			}
			if err != nil {
				return err
			}
			if err := deliver(s); err != nil {
				return err
			}
			return expiring(tx)
		})
	})
	return dir
}

// expiring puts sets of which the even members expire: a packed one, and one that has a row for each.
func expiring(tx store.Tx) error {
	for name, n := range map[string]int{"{t}few": 6, "{t}set": 300} {
		s, err := store.OpenSet(tx, key(name))
		for i := 0; i < n && err == nil; i++ {
			_, err = s.AddExpiring(int64(1-i%2)*(4102444800000+int64(i)), false, fmt.Append(nil, "m", i))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// rows is a transaction under which lists have items however short they are.
type rows struct{ store.Tx }

func (rows) Limits() *store.Limits {
	l := *store.DefaultLimits()
	l.ListMaxListpackSize = 1
	return &l
}

// deliver has two consumers of a group with three pending entries.
func deliver(s *store.StreamKey) error {
	if _, err := s.CreateGroup([]byte("group"), store.StreamID{Millis: 3}, 3); err != nil {
		return err
	}
	g, err := s.Group([]byte("group"))
	if err != nil {
		return err
	}
	for i, name := range []string{"ann", "ben", "ben"} {
		c, _, err := g.Join([]byte(name), 1000)
		if err != nil {
			return err
		}
		g.Deliver(store.StreamPending{ID: store.StreamID{Millis: uint64(i + 1)}, Delivered: 1000, Count: 1}, c)
	}
	return g.Save()
}

// where is the number of the shard that the keys with a tag are in.
func where(name string) int { return int(store.Slot([]byte(name))) * shards >> 14 }

// damage runs SQL on the file of a shard, behind the back of everybody. Index entries that a statement
// would keep up are gone while it runs if hide names an index.
func damage(t *testing.T, dir string, i int, hide string, statements ...string) {
	t.Helper()
	path := filepath.Join(dir, fmt.Sprintf("shard-%03d.db", i))
	var root int64
	var text, table string
	script := func(statements ...string) {
		db, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		db.SetMaxOpenConns(1)
		if hide != "" && text == "" {
			if err := db.QueryRow(`SELECT rootpage, sql, tbl_name FROM sqlite_schema WHERE name = ?`, hide).Scan(&root, &text, &table); err != nil {
				t.Fatal(err)
			}
		}
		for _, s := range statements {
			if _, err := db.Exec(s); err != nil {
				t.Fatalf("%s: %v", s, err)
			}
		}
	}
	if hide == "" {
		script(statements...)
		return
	}
	script(`PRAGMA writable_schema = 1`, `DELETE FROM sqlite_schema WHERE name = '`+hide+`'`)
	script(statements...)
	script(`PRAGMA writable_schema = 1`, fmt.Sprintf(`INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql) VALUES ('index', '%s', '%s', %d, '%s')`,
		hide, table, root, strings.ReplaceAll(text, "'", "''")))
}

// outcome is the report of one run.
type outcome struct {
	Status   string
	Error    string
	Findings []struct {
		Shard                    *int
		Subject, Problem, Repair string
		Fixed                    bool
	}
	code int
	text string
}

func run(t *testing.T, dir string, words ...string) (o outcome) {
	t.Helper()
	var out, errors bytes.Buffer
	o.code = check.Run(append([]string{dir, "--json"}, words...), nil, &out, &errors)
	o.text = out.String()
	if err := json.Unmarshal(out.Bytes(), &o); err != nil {
		t.Fatalf("%v in %s%s", err, out.String(), errors.String())
	}
	return o
}

// Every kind of damage is named, survives a check without --fix, is mended, and then gone.
func TestDamageIsFoundAndMended(t *testing.T) {
	here := where("{t}")
	whole := furnish(t)
	if o := run(t, whole); o.code != check.Sound || o.Status != "sound" {
		t.Fatalf("before: %s", o.text)
	}
	head := func(name, set string) []string {
		return []string{fmt.Sprintf(`UPDATE heads SET %s WHERE name = CAST('{t}%s' AS BLOB)`, set, name)}
	}
	const id = `(SELECT id FROM heads WHERE name = CAST('{t}%s' AS BLOB))`
	of := func(sql, name string) []string { return []string{fmt.Sprintf(sql, fmt.Sprintf(id, name))} }
	for _, row := range []struct {
		name, hide string
		sql        []string
		problem    string
		findings   int
	}{
		{"a hash's length", "", head("hash", "len = 9"), "says it has 9 items and has 2", 1},
		{"a key's bytes", "", head("hash", "bytes = bytes + 5"), "counts for", 2},
		{"a string's length", "", head("long", "len = 5"), "says it has 5 bytes and has 100000", 1},
		{"a lost chunk", "", of(`DELETE FROM chunks WHERE at = %s << 20 | 6`, "long"), "says it has 100000 bytes and has 98304", 2},
		{"a lost field", "", of(`DELETE FROM items WHERE id = %s AND field = x'66'`, "hash"), "says it has 2 items and has 1", 2},
		{"a pack's length", "", head("pack", "len = 9"), "says it has 9 items and has 2", 1},
		{"a pack cut off", "", head("pack", "value = substr(value, 1, length(value) - 1)"), "is whole up to byte", 3},
		{"a lost pack", "", head("pack", "value = NULL"), "has none of the 2 items", 1},
		{"a pack beside its head", "", of(`UPDATE chunks SET value = substr(value, 1, 100) WHERE at = %s << 20`, "beside"), "is whole up to byte", 3},
		{"a lost pack beside its head", "", of(`DELETE FROM chunks WHERE at = %s << 20`, "beside"), "has none of the 2 items", 1},
		{"all fields lost", "", of(`DELETE FROM items WHERE id = %s AND ref IS NULL`, "list"), "has none of the 4 items", 1},
		{"a list's ends", "", head("list", "value = x'00FEFF7F02'"), "has its ends at", 1},
		{"a hole in a list", "", of(`DELETE FROM items WHERE id = %s AND pos = 1 << 20`, "list"), "has gaps", 3},
		{"an unreadable list", "", head("list", "value = x'07'"), "does not say where its ends are", 1},
		{"a wrong type", "", head("hash", "kind = 3"), "holds the items of a hash", 1},
		{"a lost value", "", []string{`DELETE FROM blobs`}, "has lost its value", 3},
		{"a stream's length", "", head("stream", "len = 9"), "says it has 9 items and has 5", 1},
		{"a stream's last id", "", head("stream", "value = x'02000000050100'"), "has an entry 5-0 and says its last id is 2-0", 1},
		{"a stream's first id", "", head("stream", "value = x'09000000050300'"), "has an entry 1-0 and says they begin with 3-0", 1},
		{"an unreadable stream", "", head("stream", "value = x'FF'"), "does not say which ids it has given", 1},
		{"a group's counts", "", of(`UPDATE items SET value = substr(value, 1, length(value) - 1) || x'09' WHERE id = %s AND part IN (7, 8)`, "stream"), "pending entries are not", 1},
		{"a lost pending entry", "", of(`DELETE FROM items WHERE id = %s AND part = 9 AND substr(field, 1, 1) = x'01' AND substr(field, -9, 1) = x'02'`, "stream"), "pending entries are not", 2},
		{"a stream without a key", "", []string{`DELETE FROM heads WHERE name = CAST('{t}stream' AS BLOB)`}, "belong to no key", 5},
		{"a pack without a key", "", []string{`DELETE FROM heads WHERE name = CAST('{t}beside' AS BLOB)`}, "belong to no key", 4},
		{"an item without a key", "", []string{`DELETE FROM heads WHERE name = CAST('{t}hash' AS BLOB)`}, "belong to no key", 4},
		{"a lost member that expires", "", of(`DELETE FROM items WHERE id = %s AND part = 2 AND field = CAST('m4' AS BLOB)`, "set"), "says when 1 fields expire that it has not", 4},
		{"a set of times without a key", "", []string{`DELETE FROM heads WHERE name = CAST('{t}set' AS BLOB)`}, "belong to no key", 4},
		{"counters", "", []string{`UPDATE spaces SET size = size + 3`}, "wrong counters", 1},
		{"an index by score", "items_score", of(`UPDATE items SET score = 12345 WHERE id = %s AND field = CAST('m7' AS BLOB)`, "zset"), "index items_score", 1},
		{"an index of expiries", "heads_expire", head("hash", "expire = 4102444800000"), "index heads_expire", 2},
		{"a rank", "", []string{`UPDATE blocks SET n = n + 1 WHERE level = 0 AND field = x''`}, "that says", 1},
		{"a lost tag", "", []string{`DELETE FROM tags`}, "which does not list it", 1},
		{"a tag of another key", "", []string{`UPDATE tags SET name = x'71'`}, "which is not there", 2},
		{"a page", "", nil, "is damaged", 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
				t.Fatal(err)
			}
			if row.sql == nil {
				spoil(t, filepath.Join(dir, fmt.Sprintf("shard-%03d.db", here)), 0)
			} else {
				damage(t, dir, here, row.hide, row.sql...)
			}
			seen := run(t, dir)
			if seen.code != check.Unsound || seen.Status != "unsound" || !strings.Contains(seen.text, row.problem) {
				t.Fatalf("%q was not found: %s", row.problem, seen.text)
			}
			if row.findings == 1 && len(seen.Findings) != 1 {
				t.Errorf("more was found than is wrong: %s", seen.text)
			}
			for _, f := range seen.Findings {
				if f.Shard == nil || *f.Shard != here || f.Fixed || f.Repair == "" {
					t.Errorf("%+v", f)
				}
			}
			if o := run(t, dir, "--fix"); o.code != check.Sound || o.Status != "mended" || !strings.Contains(o.text, row.problem) {
				t.Fatalf("mending: %s", o.text)
			}
			if o := run(t, dir); o.Status != "sound" {
				t.Fatalf("afterwards: %s", o.text)
			}
			readable(t, dir)
		})
	}
}

// TestSetOfTimesIsAdopted: members that no key names any more come back as a set, and expire when they did.
func TestSetOfTimesIsAdopted(t *testing.T) {
	dir := furnish(t)
	damage(t, dir, where("{t}"), "", `DELETE FROM heads WHERE name = CAST('{t}set' AS BLOB)`)
	if o := run(t, dir, "--fix"); o.Status != "mended" {
		t.Fatalf("mending: %s", o.text)
	}
	use(t, dir, func(e store.Engine) {
		sets := 0
		err := e.View(ctx, store.Whole(), func(tx store.Tx) error {
			page, _, err := tx.Scan(0, 0, 1000)
			for _, found := range page {
				if found.Head.Type != store.Set || !strings.HasPrefix(string(found.Name), "recovered:") {
					continue
				}
				sets++
				if h := found.Head; h.Len != 300 || h.Fields != (store.FieldTimes{Count: 150, First: 4102444800000}) || store.EncodingName(h) != "hashtable" {
					t.Errorf("%s: %+v", found.Name, h)
				}
			}
			return err
		})
		if err != nil || sets != 1 {
			t.Errorf("%d sets came back: %v", sets, err)
		}
	})
}

// TestInterruptedRepair takes back the last step of a repair: the damaged file is put aside, and the new one has not its
// name yet. No server begins with an empty file in its place, and the next repair ends the first.
func TestInterruptedRepair(t *testing.T) {
	dir, here := furnish(t), where("{t}")
	path := filepath.Join(dir, fmt.Sprintf("shard-%03d.db", here))
	spoil(t, path, 0)
	if o := run(t, dir, "--fix"); o.code != check.Sound {
		t.Fatalf("mending: %s", o.text)
	}
	if err := os.Rename(path, path+".salvaged"); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"-wal", "-shm"} { // of the damaged file, which the crash kept from following it
		if err := os.WriteFile(path+suffix, []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if e, err := sqlite.Open(path, sqlite.Options{}); err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Fatalf("opened, or failed with %v (%v)", err, e)
	}
	if o := run(t, dir); o.code != check.Unsound || !strings.Contains(o.text, "interrupted") || len(o.Findings) != 1 {
		t.Fatalf("not found: %s", o.text)
	}
	if o := run(t, dir, "--fix"); o.Status != "mended" {
		t.Fatalf("mending: %s", o.text)
	}
	if o := run(t, dir); o.Status != "sound" {
		t.Fatalf("afterwards: %s", o.text)
	}
	readable(t, dir)
}

// readable reads all that furnish wrote and no test destroys.
func readable(t *testing.T, dir string) {
	t.Helper()
	use(t, dir, func(e store.Engine) {
		if err := e.View(ctx, store.Whole(), func(tx store.Tx) error {
			for i := range 100 {
				b, err := store.OpenBlob(tx, key(fmt.Sprint("k", i)))
				if err != nil || string(b.Head().Value) != "v" {
					t.Errorf("k%d: %v", i, err)
				}
			}
			z, err := store.OpenZSet(tx, key("{t}zset"))
			if err == nil && z.Len() != 700 {
				t.Errorf("the sorted set has %d members", z.Len())
			}
			return err
		}); err != nil {
			t.Error(err)
		}
	})
}

// spoil fills a page of a file.
func spoil(t *testing.T, path string, page int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt(bytes.Repeat([]byte{0xff}, 4096), page*4096); err != nil {
		t.Fatal(err)
	}
}

// A key in the wrong shard moves home, and under another name if its own is taken.
func TestKeysInTheWrongShard(t *testing.T) {
	dir := furnish(t)
	home := where("{t}")
	away := (home + 1) % shards
	for i, value := range map[int]string{away: "away", (home + 2) % shards: "too"} {
		e, err := sqlite.Open(filepath.Join(dir, fmt.Sprintf("shard-%03d.db", i)), sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		update(t, e, func(tx store.Tx) error { return store.SetString(tx, key("{t}stray"), []byte(value), 0) })
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if o := run(t, dir); o.code != check.Unsound || len(o.Findings) != 2 || !strings.Contains(o.Findings[0].Problem, fmt.Sprint("belongs into shard ", home)) {
		t.Fatalf("%s", o.text)
	}
	if o := run(t, dir, "--fix"); o.Status != "mended" {
		t.Fatalf("%s", o.text)
	}
	if o := run(t, dir); o.Status != "sound" {
		t.Fatalf("%s", o.text)
	}
	use(t, dir, func(e store.Engine) {
		if err := e.View(ctx, store.Whole(), func(tx store.Tx) error {
			heads, err := tx.Heads(nil, key("{t}stray"), key("recovered:{t}stray"))
			if err != nil {
				return err
			}
			a, b := string(heads[0].Value), string(heads[1].Value)
			if a == b || !strings.Contains("away too", a) || !strings.Contains("away too", b) || a == "" || b == "" {
				t.Errorf("%q and %q", a, b)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
}

// A flipped byte in the log is named, and what it made unreadable is kept.
func TestJournalSegments(t *testing.T) {
	dir := furnish(t)
	journals := func() []string {
		paths, err := filepath.Glob(filepath.Join(dir, "journal-*.log"))
		if err != nil || len(paths) == 0 {
			t.Fatal(paths, err)
		}
		return paths
	}
	path := journals()[len(journals())-1]
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(content) < 200 {
		t.Fatalf("the journal has %d bytes", len(content))
	}
	content[60] ^= 1
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if o := run(t, dir); o.code != check.Unsound || !strings.Contains(o.text, "that are no records") {
		t.Fatalf("%s", o.text)
	}
	if o := run(t, dir, "--fix"); o.Status != "mended" {
		t.Fatalf("%s", o.text)
	}
	if kept, err := os.ReadFile(path + ".aside"); err != nil || !bytes.Equal(kept, content) {
		t.Errorf("the damaged segment is not kept: %v", err)
	}
	if o := run(t, dir); o.Status != "sound" {
		t.Fatalf("%s", o.text)
	}
	readable(t, dir)
}

func TestRefusals(t *testing.T) {
	dir := furnish(t)
	use(t, dir, func(store.Engine) {
		if o := run(t, dir); o.code != check.Unchecked || !strings.Contains(o.Error, "in use by process") {
			t.Errorf("%s", o.text)
		}
	})
	if o := run(t, filepath.Join(dir, "nowhere")); o.code != check.Unchecked || !strings.Contains(o.Error, "no data") {
		t.Errorf("%s", o.text)
	}
	var out, errors bytes.Buffer
	if code := check.Run([]string{"--unknown", dir}, nil, &out, &errors); code != check.Unchecked || !strings.Contains(errors.String(), "Usage") {
		t.Errorf("%d %s", code, errors.String())
	}
	if err := os.Remove(filepath.Join(dir, "shard-001.db")); err != nil {
		t.Fatal(err)
	}
	if o := run(t, dir); o.code != check.Unsound || !strings.Contains(o.text, "is missing") {
		t.Errorf("%s", o.text)
	}
}
