package serve

import (
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"

	"larder/resp/param"
	"larder/store"
)

// oomScoreFile is where Linux keeps how readily it kills this process when memory runs out.
const oomScoreFile = "/proc/self/oom_score_adj"

// oomScore follows `oom-score-adj`. It belongs to whoever changes parameters, one at a time.
type oomScore struct {
	params  *param.Set
	path    string
	changed bool
	before  int // what it was before it was changed
}

// followOOMScore applies `oom-score-adj` now and when CONFIG SET changes it. As in Redis, a score that cannot be
// set is no reason not to start, but one that CONFIG SET asks for is refused.
func followOOMScore(params *param.Set, path string, log *slog.Logger) {
	o := &oomScore{params: params, path: path}
	follow := func() error {
		err := o.apply()
		if err != nil {
			log.Warn("Unable to write oom_score_adj", "error", err)
		}
		return err
	}
	_ = follow() // logged
	for _, name := range []string{"oom-score-adj", "oom-score-adj-values"} {
		params.OnChange(name, func(string) error {
			if follow() != nil {
				return store.Invalid("Failed to apply new oom_score_adj configuration, check server logs.")
			}
			return nil
		})
	}
}

func (o *oomScore) apply() error {
	mode := o.params.String("oom-score-adj")
	if mode == "no" && !o.changed {
		return nil
	}
	if !o.changed {
		text, err := os.ReadFile(o.path)
		if err != nil {
			return err
		}
		if o.before, err = strconv.Atoi(strings.TrimSpace(string(text))); err != nil {
			return err
		}
	}
	if err := os.WriteFile(o.path, []byte(strconv.Itoa(o.want(mode))), 0o644); err != nil {
		return err
	}
	o.changed = mode != "no"
	return nil
}

// want is the score of a mode. The first of the values is that of a server that is no replica; Redis's others are for
// replicas and for the processes that save.
func (o *oomScore) want(mode string) int {
	if mode == "no" {
		return o.before
	}
	var score int
	fmt.Sscan(o.params.String("oom-score-adj-values"), &score)
	if mode != "absolute" {
		score += o.before
	}
	return min(max(score, -1000), 1000)
}
