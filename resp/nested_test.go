package resp

import (
	"larder/resp/table"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestNestedRepliesHaveConversations wants a section for each row whose replies nest, and no others, in the file
// that integration/diff_nested_test.go plays.
func TestNestedRepliesHaveConversations(t *testing.T) {
	const path = "../integration/testdata/nested.txt"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var have, want []string
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "## "); ok {
			have = append(have, name)
		}
	}
	table.New((&Server{}).families()...).Each(func(e *table.Entry) {
		if e.Spec.Nests {
			want = append(want, e.Spec.LowerName())
		}
	})
	for _, name := range want {
		if !slices.Contains(have, name) {
			t.Errorf("%s says Nests and has no section in %s", name, path)
		}
	}
	for _, name := range have {
		if !slices.Contains(want, name) {
			t.Errorf("%s has a section in %s, but its row does not say Nests", name, path)
		}
	}
	slices.Sort(have)
	if n := len(have); len(slices.Compact(have)) != n {
		t.Errorf("a command has two sections in %s", path)
	}
}
