package serve

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"larder/resp/param"
)

func TestOOMScore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "oom_score_adj")
	if err := os.WriteFile(path, []byte("100\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	params := param.New()
	if err := params.Load([]string{"--oom-score-adj", "relative", "--oom-score-adj-values", "50", "200", "800"}, nil); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	followOOMScore(params, path, log)
	wantScore(t, path, "150")
	for _, r := range []struct{ mode, values, want string }{
		{"absolute", "50 200 800", "50"}, {"absolute", "-2000 0 0", "-1000"}, {"yes", "7 8 9", "107"},
		{"yes", "950 0 0", "1000"}, {"no", "1 2 3", "100"}, {"no", "2 2 3", "100"}, {"absolute", "1 2 3", "1"},
	} {
		if err := params.Change([][]byte{[]byte("oom-score-adj"), []byte(r.mode), []byte("oom-score-adj-values"), []byte(r.values)}, false); err != nil {
			t.Fatal(err)
		}
		wantScore(t, path, r.want)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	err := params.Change([][]byte{[]byte("oom-score-adj"), []byte("yes")}, false)
	const want = "CONFIG SET failed (possibly related to argument 'oom-score-adj') - Failed to apply new oom_score_adj configuration, check server logs."
	if err == nil || err.Error() != want || params.String("oom-score-adj") != "absolute" {
		t.Error(err, params.String("oom-score-adj"))
	}
}

func wantScore(t *testing.T, path, want string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || string(got) != want {
		t.Errorf("the score is %q (%v), want %s", got, err, want)
	}
}
