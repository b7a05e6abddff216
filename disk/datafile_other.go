//go:build !linux

package disk

import "os"

// dataFile is a file. For any goroutine.
type dataFile struct{ *os.File }
