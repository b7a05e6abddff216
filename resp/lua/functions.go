package lua

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// libraries is one state of all libraries; it never changes.
type libraries struct {
	byName    map[string]*Library
	functions map[string]*Function // by their names in lower case
}

// functions holds the current state. Changes take turns, are saved first and then published.
// For any goroutine.
type functions struct {
	engine  *Engine
	vault   Vault
	change  sync.Mutex
	saved   []byte // what the vault holds; changed under change
	current atomic.Pointer[libraries]
}

func newFunctions(e *Engine, v Vault) *functions {
	f := &functions{engine: e, vault: v}
	f.current.Store(newLibraries())
	return f
}

func newLibraries() *libraries {
	return &libraries{byName: map[string]*Library{}, functions: map[string]*Function{}}
}

// add adds a library, whose name must be new.
func (s *libraries) add(l *Library) error {
	for _, f := range l.Functions {
		if s.functions[strings.ToLower(f.Name)] != nil {
			return Fault("ERR Function " + f.Name + " already exists")
		}
	}
	s.byName[l.Name] = l
	for _, f := range l.Functions {
		s.functions[strings.ToLower(f.Name)] = f
	}
	return nil
}

func (s *libraries) remove(l *Library) {
	delete(s.byName, l.Name)
	for _, f := range l.Functions {
		delete(s.functions, strings.ToLower(f.Name))
	}
}

func (s *libraries) clone() *libraries {
	return &libraries{byName: maps.Clone(s.byName), functions: maps.Clone(s.functions)}
}

func (s *libraries) sorted() []*Library {
	names := slices.Sorted(maps.Keys(s.byName))
	list := make([]*Library, len(names))
	for i, n := range names {
		list[i] = s.byName[n]
	}
	return list
}

// load brings back what the vault has kept.
func (f *functions) load() error {
	if f.vault == nil {
		return nil
	}
	state, err := f.vault.Load()
	if err != nil || len(state) == 0 {
		return err
	}
	all, err := f.engine.parseDump(state)
	if err == nil {
		f.saved = state
		f.current.Store(all)
	}
	return err
}

// update publishes a changed state once it is saved.
func (f *functions) update(edit func(*libraries) (*libraries, error)) error {
	f.change.Lock()
	defer f.change.Unlock()
	next, err := edit(f.current.Load().clone())
	if err != nil {
		return err
	}
	if err := f.save(next); err != nil {
		return Fault("MISCONF the functions could not be saved: " + err.Error())
	}
	f.current.Store(next)
	return nil
}

// save leaves the vault alone if it holds the same already: programs load their library
// whenever they start.
func (f *functions) save(s *libraries) error {
	if f.vault == nil {
		return nil
	}
	state := s.dump()
	if f.saved != nil && bytes.Equal(state, f.saved) {
		return nil
	}
	f.saved = nil // until it is known what the vault holds
	if err := f.vault.Save(state); err != nil {
		return err
	}
	f.saved = state
	return nil
}

// Function finds a function by its name in any case, nil if there is none.
func (e *Engine) Function(name string) *Function {
	return e.functions.current.Load().functions[strings.ToLower(name)]
}

// Libraries lists all libraries by name.
func (e *Engine) Libraries() []*Library { return e.functions.current.Load().sorted() }

// Functions counts libraries and functions.
func (e *Engine) Functions() (libraries, functions int) {
	s := e.functions.current.Load()
	return len(s.byName), len(s.functions)
}

// LoadLibrary is FUNCTION LOAD. logged takes what the code logs. It returns the library's
// name; the error is a Fault.
func (e *Engine) LoadLibrary(code string, replace bool, logged func(level int, message string)) (string, error) {
	name, _, err := header(code)
	if err != nil {
		return "", err
	}
	return name, e.functions.update(func(s *libraries) (*libraries, error) {
		old := s.byName[name]
		if old != nil && !replace {
			return nil, Fault("ERR Library '" + name + "' already exists")
		}
		l, err := e.compileLibrary(code, e.limits.LoadWithin, logged)
		if err != nil {
			return nil, err
		}
		if old != nil {
			s.remove(old)
		}
		return s, s.add(l)
	})
}

// DeleteLibrary is FUNCTION DELETE. The error is a Fault.
func (e *Engine) DeleteLibrary(name string) error {
	return e.functions.update(func(s *libraries) (*libraries, error) {
		l := s.byName[name]
		if l == nil {
			return nil, Fault("ERR Library not found")
		}
		s.remove(l)
		return s, nil
	})
}

// FlushFunctions is FUNCTION FLUSH. The error is a Fault.
func (e *Engine) FlushFunctions() error {
	return e.functions.update(func(*libraries) (*libraries, error) { return newLibraries(), nil })
}

// Policy says what FUNCTION RESTORE does with the libraries that are there.
type Policy int

// The policies of FUNCTION RESTORE.
const (
	Append Policy = iota
	Replace
	Flush
)

// RestoreFunctions is FUNCTION RESTORE. The error is a Fault.
func (e *Engine) RestoreFunctions(payload []byte, policy Policy) error {
	restored, err := e.parseDump(payload)
	if err != nil {
		return err
	}
	return e.functions.update(func(s *libraries) (*libraries, error) {
		if policy == Flush {
			return restored, nil
		}
		for _, l := range restored.sorted() {
			old := s.byName[l.Name]
			if old != nil && policy != Replace {
				return nil, Fault("ERR Library " + l.Name + " already exists")
			}
			if old != nil {
				s.remove(old)
			}
		}
		for _, l := range restored.sorted() {
			if err := s.add(l); err != nil {
				return nil, err
			}
		}
		return s, nil
	})
}

// FunctionsInFile are the libraries as an RDB file has them.
func (e *Engine) FunctionsInFile() []byte { return e.functions.current.Load().inFile() }

// DumpFunctions is FUNCTION DUMP.
func (e *Engine) DumpFunctions() []byte { return e.functions.current.Load().dump() }

// restoreWithin is the time that the code of a restored library may take.
const restoreWithin = time.Minute
