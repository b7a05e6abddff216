package store_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTypesAskTheTransactionForTheTime: one clock, which never goes backwards and is the same when a transaction
// runs again.
func TestTypesAskTheTransactionForTheTime(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(name, "_test.go") && strings.Contains(string(text), "time.Now") {
			t.Errorf("%s has a clock of its own", name)
		}
	}
}
