package lua

import (
	"errors"

	"larder/rdb"
)

const (
	badDump      = Fault("ERR DUMP payload version or checksum are wrong")
	failedDump   = Fault("ERR failed loading the given functions payload")
	notAFunction = Fault("ERR given type is not a function")
)

// dump is Redis's own form, so that payloads travel both ways.
func (s *libraries) dump() []byte { return rdb.Seal(s.inFile(), rdb.VersionFunctions) }

// inFile are the libraries as a file of all data has them.
func (s *libraries) inFile() (out []byte) {
	for _, l := range s.sorted() {
		out = rdb.AppendLibrary(out, []byte(l.Code))
	}
	return out
}

// parseDump checks a dump and compiles its libraries. The error is a Fault.
func (e *Engine) parseDump(payload []byte) (*libraries, error) {
	codes, err := rdb.Libraries(payload)
	switch {
	case errors.Is(err, rdb.ErrFooter):
		return nil, badDump
	case errors.Is(err, rdb.ErrNoFunction):
		return nil, notAFunction
	case err != nil:
		return nil, failedDump
	}
	all := newLibraries()
	for _, code := range codes {
		l, err := e.compileLibrary(string(code), restoreWithin, func(int, string) {})
		if err != nil {
			return nil, err
		}
		if all.byName[l.Name] != nil {
			return nil, Fault("ERR Library '" + l.Name + "' already exists")
		}
		if err := all.add(l); err != nil {
			return nil, err
		}
	}
	return all, nil
}
