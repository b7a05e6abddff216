package shard

import (
	"errors"

	"larder/store"
)

// strait is what a group may not write, because the log or the data files have no room for it; what frees some still
// passes. The zero strait refuses nothing.
type strait struct {
	grow error // why nothing may grow
	drop error // why nothing but a flush may pass: what hides the dead takes memory too
}

// errStrait has a group run again, without what its record had no room for.
var errStrait = errors.New("shard: only what frees space has room")

// growing reports whether putting a head may take more space. The head of a collection with items does not, that of a
// string does, and that of a packed collection does unless the pack gets shorter.
func (w *writer) growing(k store.Key, h *store.Head) (bool, error) {
	if h.ID != 0 || h.Type == store.String || w.strait.grow == nil {
		return h.ID == 0, nil
	}
	was, there, err := w.Row(k)
	return !there || h.Bytes >= was.Bytes, err
}

// lengthens reports whether putting items may take more space: it does, but for a chunk that gets shorter, as that of
// a packed collection does when an entry is removed.
func (w *writer) lengthens(id store.ID, p store.Part, items []store.Item) (bool, error) {
	if p != store.Chunks || len(items) != 1 || w.strait.grow == nil {
		return true, nil
	}
	for was, err := range w.Range(id, p, store.Positions(items[0].Pos, items[0].Pos)) {
		return err != nil || len(items[0].Value) >= len(was.Value), err
	}
	return true, nil
}

// admit refuses a write.
func (s *strait) admit(grows bool) error {
	if grows && s.grow != nil {
		return s.grow
	}
	return s.drop
}

// outOfSpace reports whether the log or a base says that the file system has no room.
func outOfSpace(err error) bool { return errors.Is(err, &store.Error{Code: store.CodeFull}) }

// errNoRoom is what writers get when settling has not made room.
func errNoRoom(cause error) error {
	code := store.CodeIO
	if outOfSpace(cause) {
		code = store.CodeFull
	}
	return &store.Error{Code: code, Message: "writes wait for the data files, which cannot take them", Err: cause}
}
