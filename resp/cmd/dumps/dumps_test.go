// RESTORE reads what DUMP wrote, times of fields included, and survives any payload.
package dumps

import (
	"context"
	"fmt"
	"testing"

	"larder/rdb"
	"larder/resp/cmd/cmdtest"
	"larder/store"
	"larder/store/memory"
)

type noHost struct{}

func (noHost) SetUse(int, []byte, int64, int64) {}

func sealed(body []byte) []byte {
	var out []byte
	for p := range rdb.Sealed(rdb.VersionPlain, func(yield func([]byte, error) bool) { yield(body, nil) }) {
		out = append(out, p...)
	}
	return out
}

// firstID is an id as bytes, 1-0.
const firstID = "\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00"

// sound has the check look at the key, which must find nothing.
func sound(t *testing.T, e store.Engine, body []byte) {
	t.Helper()
	key := store.Key{Name: []byte("k")}
	err := e.View(context.Background(), store.One(key), func(tx store.Tx) error {
		heads, err := tx.Heads(nil, key)
		if err != nil {
			return err
		}
		found, err := store.Audit(tx, key, heads[0])
		for _, f := range found {
			t.Errorf("%q: %s %s", body, f.Subject, f.Problem)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestExpiringFields: a hash of which fields expire is restored from whatever server wrote it, and dumped in the form of 7.4.
func TestExpiringFields(t *testing.T) {
	const at = "\x00\x68\xe5\xcf\x8b\x01\x00\x00" // 1700000000000
	listpack := func(words string) string {
		return string(rune(len(words)+7)) + string(rune(len(words)+7)) + "\x00\x00\x00\x06\x00" + words + "\xff"
	}
	const moment = "\xf4\x00\x68\xe5\xcf\x8b\x01\x00\x00\x09"
	for name, body := range map[string]string{
		"7.4":                       "\x18" + at + "\x02\x00\x01b\x01y\x01\x01a\x01x",
		"7.4, packed":               "\x19" + at + listpack("\x81a\x02\x81x\x02"+moment+"\x81b\x02\x81y\x02\x00\x01"),
		"a release candidate of it": "\x17" + listpack("\x81a\x02\x81x\x02"+moment+"\x81b\x02\x81y\x02\x00\x01"),
	} {
		e := memory.New(memory.WithClock(func() int64 { return 1600000000000 }))
		s := cmdtest.NewSession(e, Table(noHost{}), nil)
		do := func(words ...string) string {
			args := make([][]byte, len(words))
			for i, w := range words {
				args[i] = []byte(w)
			}
			return string(s.Do(t, args...).Append(nil, 2))
		}
		if answer := do("RESTORE", "k", "0", string(rdb.Seal([]byte(body), rdb.VersionExpiring))); answer != "+OK\r\n" {
			t.Errorf("%s: %q", name, answer)
		}
		want := string(rdb.Seal([]byte("\x18"+at+"\x02\x01\x01a\x01x\x00\x01b\x01y"), rdb.VersionExpiring))
		if got := do("DUMP", "k"); got != fmt.Sprintf("$%d\r\n%s\r\n", len(want), want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
		sound(t, e, []byte(body))
	}
}

// FuzzRestore restores anything: it is refused, or what DUMP then gives can be restored again and is the same.
func FuzzRestore(f *testing.F) {
	for _, body := range []string{"\x00\x05hello", "\x00\x05cut", "\x00\xc3\x04\x05\x00a\xe0\x00", "\x01\x02\x01a\xc0\x01", "\x02\x02\x01a\x01a", "\x04\x01\x01f\x01v",
		"\x05\x01\x01m\x00\x00\x00\x00\x00\x00\xf8\x3f", "\x0b\x0c\x02\x00\x00\x00\x02\x00\x00\x00\x01\x00\x02\x00",
		"\x0d\x11\x11\x00\x00\x00\x0d\x00\x00\x00\x02\x00\x00\x01f\x03\x02vw\xff", "\x12\x01\x02\x0a\x0a\x00\x00\x00\x01\x00\x81a\x02\xff",
		"\x0f\x01\x10" + firstID + "\x1d\x1d\x00\x00\x00\x0a\x00\x01\x01\x00\x01\x01\x01\x81f\x02\x00\x01\x02\x01\x00\x01\x01\x01\x81v\x02\x04\x01\xff\x01\x01\x01\x01" +
			"\x01g\x01\x01\x01" + firstID + "\x07\x00\x00\x00\x00\x00\x00\x00\x03\x01\x01c\x09\x00\x00\x00\x00\x00\x00\x00\x01" + firstID,
		"\x13\x00\x00\x07\x01\x00\x00\x07\x01\x01\x00", "\x15\x00\x00\x07\x01\x00\x00\x07\x01\x01\x01\x01g\x00\x00\x00\x00\x00",
		"\x14\x0a\x0a\x00\x00\x00\x01\x00\x81a\x02\xff", "\x12\xff\xff", "",
		"\x18\x00\x00\x00\x00\xfe\x1f\x00\x00\x03\x01\x01a\x01x\x00\x01b\x01y\x02\x01c\x01z"} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		e := memory.New()
		s := cmdtest.NewSession(e, Table(noHost{}), nil)
		do := func(words ...string) string {
			args := make([][]byte, len(words))
			for i, w := range words {
				args[i] = []byte(w)
			}
			return string(s.Do(t, args...).Append(nil, 2))
		}
		if answer := do("RESTORE", "k", "0", string(sealed(body))); answer != "+OK\r\n" {
			if answer[0] != '-' || do("DUMP", "k") != "$-1\r\n" {
				t.Fatalf("answered %q", answer)
			}
			return
		}
		dump := do("DUMP", "k")
		if dump == "$-1\r\n" {
			return // the time of all its fields has passed
		}
		sound(t, e, body)
		at := len("$\r\n")
		for dump[at-1] != '\n' {
			at++
		}
		if answer := do("RESTORE", "k", "0", dump[at:len(dump)-2], "REPLACE"); answer != "+OK\r\n" {
			t.Fatalf("its own dump %q: %q", dump, answer)
		}
		if again := do("DUMP", "k"); len(again) != len(dump) {
			t.Fatalf("dumped %q, then %q", dump, again)
		}
	})
}

func TestRepliesAreRedis(t *testing.T) {
	cmdtest.Replay(t, "testdata/replies.txt", Table(noHost{}), func() store.Engine { return memory.New() }, nil)
}
