//go:build !linux

package journal

import "os"

// dataFile is a file of the journal. For any goroutine.
type dataFile struct{ *os.File }
