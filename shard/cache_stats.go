package shard

import (
	"errors"
	"os"
	"path/filepath"
)

const cacheStatsName = "cache-stats"

// CacheStats is a file of the directory that keeps what CACHE STATS counts. It belongs to no
// shard, and losing it loses no data. One goroutine at a time may use it.
type CacheStats struct{ dir string }

// CacheStats is where the directory keeps the counts.
func (d *Dir) CacheStats() CacheStats { return CacheStats{d.path} }

// Load returns what was saved last, nil if nothing was.
func (c CacheStats) Load() ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(c.dir, cacheStatsName))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return text, err
}

// Save replaces the file as a whole.
func (c CacheStats) Save(text []byte) error { return writeSynced(c.dir, cacheStatsName, text) }
