package unread

import (
	"os"

	"larder/resp/reply"
)

const (
	// freeStep is how many bytes of a temporary file are read before they are given back to the disk.
	freeStep = 1 << 20
	// spillMost is how many bytes of a file are sent before another takes its place. A client that is always behind
	// never empties its file, and where a file cannot be freed from its head it would grow for ever.
	spillMost = 64 << 20
)

// spillFile is an unlinked temporary file that is written at its end and read from its head. Its fields are guarded by
// the output's mu; the bytes themselves are written and read without it.
type spillFile struct {
	*os.File
	end    int64 // bytes written
	unread int64 // written and not sent
	freed  int64 // given back to the disk, from the head
}

func newSpillFile() (*spillFile, error) {
	f, err := reply.TempFile()
	if err != nil {
		return nil, err
	}
	return &spillFile{File: f}, nil
}

// append writes chunks at the end and returns how many bytes that were. Only one goroutine at a time may call it; its
// caller notes them in end and unread, under mu.
func (f *spillFile) append(chunks [][]byte) (int64, error) {
	at := f.end
	for _, c := range chunks {
		n, err := f.WriteAt(c, at)
		at += int64(n)
		if err != nil {
			return 0, err
		}
	}
	return at - f.end, nil
}

// sent notes that all bytes before at are sent, and tells up to where the file may be freed, if that is worth a call.
func (f *spillFile) sent(n, at int64) (from, to int64) {
	f.unread -= n
	if f.unread == 0 || at-f.freed < freeStep {
		return 0, 0
	}
	from, f.freed = f.freed, at
	return from, at
}
