package lua

import (
	"sync"
	"sync/atomic"

	"larder/resp/lua/modules"
)

// Engine holds all that scripts share. For any goroutine.
type Engine struct {
	limits    Limits
	scripts   *cache
	dice      dice
	machines  sync.Pool                        // of *machine, for EVAL
	json      atomic.Pointer[modules.Settings] // of cjson: what a script sets holds for the next
	functions *functions
	running   running
	closed    atomic.Bool
}

// New makes an engine and loads the libraries that the vault has kept; without a vault they
// live as long as the process.
func New(limits Limits, vault Vault) (*Engine, error) {
	e := &Engine{limits: limits.filled()}
	e.scripts = newCache(e.limits)
	e.dice.gen = freshGenerator
	e.json.Store(modules.DefaultSettings())
	e.machines.New = func() any { return newEvalMachine(e) }
	e.functions = newFunctions(e, vault)
	return e, e.functions.load()
}
