// Values that redis-server and others have serialised are read, of every version; cut and damaged ones are refused, and
// nothing allocates more than it was given.
package rdb

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// told is what a value holds, in words: the type, then the content in the order of the payload or, of sets and hashes,
// sorted.
func told(v *Value) ([]string, error) {
	switch v.Kind {
	case String:
		b, err := v.Bytes()
		return []string{"string", string(b)}, err
	case Stream:
		return toldStream(v.Stream())
	}
	names := map[Kind]string{List: "list", Set: "set", Hash: "hash", ZSet: "zset"}
	var all [][]string
	for e, err := range v.Elements() {
		if err != nil {
			return nil, err
		}
		one := []string{string(e.Name)}
		switch v.Kind {
		case Hash:
			one = append(one, string(e.Value))
		case ZSet:
			one = append(one, strconv.FormatFloat(e.Score, 'g', -1, 64))
		}
		if e.ExpireAt != 0 {
			one = append(one, "until "+strconv.FormatInt(e.ExpireAt, 10))
		}
		all = append(all, one)
	}
	if v.Kind != List {
		slices.SortFunc(all, slices.Compare)
	}
	return append([]string{names[v.Kind]}, slices.Concat(all...)...), nil
}

func (id StreamID) text() string {
	return strconv.FormatUint(id.Millis, 10) + "-" + strconv.FormatUint(id.Seq, 10)
}

func toldStream(s *StreamReader) ([]string, error) {
	out := []string{"stream"}
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	for e, err := range s.Entries() {
		if err != nil {
			return nil, err
		}
		out = append(out, e.ID.text())
		for _, f := range e.Fields {
			out = append(out, string(f))
		}
	}
	state, err := s.State()
	if err != nil {
		return nil, err
	}
	out = append(out, "last", state.Last.text(), "deleted", state.MaxDeleted.text(), "added", number(int64(state.Added)))
	for g, err := range s.Groups() {
		if err != nil {
			return nil, err
		}
		out = append(out, "group", string(g.Name), g.Last.text(), number(g.Read))
		for _, p := range g.Pending {
			out = append(out, p.ID.text(), string(g.Consumers[p.Consumer].Name), number(p.Delivered), number(p.Count))
		}
		for _, c := range g.Consumers {
			out = append(out, "consumer", string(c.Name), number(c.Seen), number(c.Pending))
			if c.Active != c.Seen {
				out = append(out, "active "+number(c.Active))
			}
		}
	}
	return out, nil
}

// unquoted are the words of a line of a recording.
func unquoted(t *testing.T, line string) (words []string) {
	t.Helper()
	for line = strings.TrimSpace(line); line != ""; line = strings.TrimSpace(line) {
		if line[0] != '"' {
			word, rest, _ := strings.Cut(line, " ")
			words, line = append(words, word), rest
			continue
		}
		prefix, err := strconv.QuotedPrefix(line)
		if err != nil {
			t.Fatalf("%.60s: %v", line, err)
		}
		word, err := strconv.Unquote(prefix)
		if err != nil {
			t.Fatal(err)
		}
		words, line = append(words, word), line[len(prefix):]
	}
	return words
}

// recording is a payload of testdata with what it holds.
type recording struct {
	name, payload string
	holds         []string
}

func recordings(t *testing.T) (all []recording) {
	t.Helper()
	text, err := os.ReadFile("testdata/redis-7.0.15.txt")
	if err != nil {
		t.Fatal(err)
	}
	name := ""
	for line := range strings.Lines(string(text)) {
		switch {
		case strings.HasPrefix(line, "# "):
			name = strings.TrimSpace(line[2:])
		case strings.HasPrefix(line, "= "):
			all = append(all, recording{name: name, payload: unquoted(t, line[2:])[0]})
		case strings.HasPrefix(line, "< "):
			all[len(all)-1].holds = scoresShortened(unquoted(t, line[2:]))
		}
	}
	return all
}

// scoresShortened writes a sorted set's scores with as few digits as tell them.
func scoresShortened(words []string) []string {
	for i := 2; words[0] == "zset" && i < len(words); i += 2 {
		if f, err := strconv.ParseFloat(words[i], 64); err == nil {
			words[i] = strconv.FormatFloat(f+0, 'g', -1, 64)
		}
	}
	return words
}

// TestRecordedPayloads reads what redis-server wrote, in every type and encoding that it has.
func TestRecordedPayloads(t *testing.T) {
	forms := map[form]bool{}
	for _, r := range recordings(t) {
		forms[form(r.payload[0])] = true
		v, err := Open([]byte(r.payload))
		if err != nil {
			t.Errorf("%s: %v", r.name, err)
			continue
		}
		if got, err := told(v); err != nil || !slices.Equal(got, r.holds) {
			t.Errorf("%s: %.300q %v\nwant %.300q", r.name, got, err, r.holds)
		}
		if err := v.Check(); err != nil {
			t.Errorf("%s: %v", r.name, err)
		}
	}
	for _, f := range []form{plainString, plainSet, plainHash, plainZSet, intset, listpackHash, listpackZSet, quicklist2, stream2} {
		if !forms[f] {
			t.Errorf("no payload of type %d is recorded", f)
		}
	}
}

// TestCutPayloads: whatever is cut off, of a payload that has a right footer, it is refused and nothing panics.
func TestCutPayloads(t *testing.T) {
	for _, r := range recordings(t) {
		body := r.payload[:len(r.payload)-footerLen]
		for n := range min(len(body), 500) {
			v, err := Open(Seal([]byte(body[:n]), newest))
			if err == nil {
				err = v.Check()
			}
			if err != ErrFormat {
				t.Fatalf("%s cut after %d of %d bytes: %v", r.name, n, len(body), err)
			}
		}
	}
}

// TestFooters: versions of servers that are known are read, and no others.
func TestFooters(t *testing.T) {
	for version, want := range map[uint16]bool{1: true, 9: true, 11: true, 12: true, 15: true, 16: false, 79: false, 80: true, 81: true, 82: false, 0xFFFF: false} {
		if _, err := Open(Seal([]byte("\x00\x01a"), version)); (err == nil) != want {
			t.Errorf("version %d: %v", version, err)
		}
	}
	wrong := Seal([]byte("\x00\x01a"), 9)
	wrong[len(wrong)-1]++
	for _, payload := range [][]byte{wrong, nil, wrong[:5]} {
		if _, err := Open(payload); err != ErrFooter {
			t.Errorf("%q: %v", payload, err)
		}
	}
}
