package datadir

import (
	"errors"
	"os"
	"path/filepath"

	"larder/disk"
)

const cacheStatsName = "cache-stats"

// CacheStats is a file of the directory that keeps what CACHE STATS counts. It belongs to no
// shard, and losing it loses no data. One goroutine at a time may use it.
type CacheStats struct {
	path  string
	files disk.Files
}

// CacheStats is where the directory keeps the counts.
func (d *Dir) CacheStats() CacheStats {
	return CacheStats{filepath.Join(d.path, cacheStatsName), d.files}
}

// Load returns what was saved last, nil if nothing was.
func (c CacheStats) Load() ([]byte, error) {
	text, err := os.ReadFile(c.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return text, err
}

// Save replaces the file as a whole.
func (c CacheStats) Save(text []byte) error { return disk.Replace(c.files, c.path, text) }
