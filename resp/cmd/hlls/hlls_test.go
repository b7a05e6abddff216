// PFADD, PFCOUNT and PFMERGE answer as Redis does, sparse and dense.
package hlls

import (
	"fmt"
	"strings"
	"testing"

	"larder/resp/cmd"
	"larder/resp/cmd/cmdtest"
	"larder/resp/reply"
	"larder/store"
	"larder/store/memory"
)

// other is what recordings need of other families: SET, GET, STRLEN and SADD.
func other(c *cmd.Call) reply.Reply {
	name := string(c.Args[0])
	switch name {
	case "SET":
		if err := store.SetString(c.Tx, c.Key(1), c.Args[2], 0); err != nil {
			return reply.Err(err)
		}
		return reply.OK()
	case "SADD":
		set, err := store.OpenSet(c.Tx, c.Key(1))
		if err == nil {
			_, err = set.Add(c.Args[2:]...)
		}
		if err != nil {
			return reply.Err(err)
		}
		return reply.Integer(1)
	}
	b, err := store.OpenBlob(c.Tx, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	if name == "STRLEN" {
		return reply.Integer(b.Len())
	}
	content, err := b.Bytes()
	if err != nil {
		return reply.Err(err)
	}
	return reply.Bytes(content)
}

func TestRepliesAreThoseOfRedis(t *testing.T) {
	fresh := func() store.Engine { return memory.New(memory.WithReruns(1)) }
	cmdtest.Replay(t, "testdata/replies.txt", Table(), fresh, other)
}

// TestFormsCountAlike grows a key through both forms, whose registers must be those of a dense one.
func TestFormsCountAlike(t *testing.T) {
	s := cmdtest.NewSession(memory.New(), Table(), nil)
	s.DoText(t, "PFADD dense")
	s.DoText(t, "PFDEBUG TODENSE dense")
	turned := false
	for i := range 3000 {
		for _, key := range []string{"grows", "dense"} {
			s.DoText(t, fmt.Sprintf("PFADD %s e%d", key, i))
		}
		if i%100 == 0 || i > 1200 && !turned {
			a, b := s.DoText(t, "PFCOUNT grows"), s.DoText(t, "PFCOUNT dense")
			if a != b {
				t.Fatalf("%d elements: %s and %s", i+1, a, b)
			}
		}
		turned = s.DoText(t, "PFDEBUG ENCODING grows") == "+dense"
	}
	if !turned {
		t.Error("it is sparse still")
	}
	a, b := s.DoText(t, "PFDEBUG GETREG grows"), s.DoText(t, "PFDEBUG GETREG dense")
	if a != b || !strings.HasPrefix(a, "*16384 ") {
		t.Error("the registers differ")
	}
}

// TestAHugeStringIsNotRead says that what cannot be a sketch is damaged.
func TestAHugeStringIsNotRead(t *testing.T) {
	s := cmdtest.NewSession(memory.New(), Table(), other)
	content := "HYLL\x01" + strings.Repeat("\x00", 10) + "\x80" + strings.Repeat("\x80", 1<<20)
	s.Do(t, []byte("SET"), []byte("k"), []byte(content))
	for _, line := range []string{"PFCOUNT k", "PFADD k a", "PFMERGE d k"} {
		if got := s.DoText(t, line); got != "-INVALIDOBJ Corrupted HLL object detected" {
			t.Errorf("%s: %s", line, got)
		}
	}
}
