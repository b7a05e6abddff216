package lua

import (
	"container/list"
	"crypto/sha1"
	"encoding/hex"
	"strings"
	"sync"

	"larder/lua/vm"
	"larder/resp/lua/modules"
)

// Script is a compiled EVAL script; for any goroutine.
type Script struct {
	SHA    string
	Flags  Flags
	proto  *vm.Proto
	size   int
	loaded bool // by SCRIPT LOAD: kept longer
}

// Digest is a script's name: the SHA1 of its text in hexadecimal.
func Digest(body string) string {
	sum := sha1.Sum([]byte(body))
	return hex.EncodeToString(sum[:])
}

// cache holds scripts by digest. Those that came by EVAL are bounded in number, least
// recently used first out; all together in bytes. For any goroutine.
type cache struct {
	mu      sync.Mutex
	limits  Limits
	scripts map[string]*list.Element
	evals   *list.List // of *Script, most recently used first
	loads   *list.List
	bytes   int
}

func newCache(l Limits) *cache {
	return &cache{limits: l, scripts: map[string]*list.Element{}, evals: list.New(), loads: list.New()}
}

func (c *cache) order(s *Script) *list.List {
	if s.loaded {
		return c.loads
	}
	return c.evals
}

func (c *cache) find(sha string) *Script {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.scripts[sha]
	if e == nil {
		return nil
	}
	s := e.Value.(*Script)
	c.order(s).MoveToFront(e)
	return s
}

func (c *cache) add(s *Script) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.scripts[s.SHA]; e != nil {
		if old := e.Value.(*Script); old.loaded {
			s.loaded = true
		}
		c.drop(e)
	}
	c.scripts[s.SHA] = c.order(s).PushFront(s)
	c.bytes += s.size
	for c.evals.Len() > c.limits.Scripts || c.bytes > c.limits.Source && c.evals.Len() > 0 {
		c.drop(c.evals.Back())
	}
	for c.bytes > c.limits.Source && c.loads.Len() > 1 {
		c.drop(c.loads.Back())
	}
}

func (c *cache) drop(e *list.Element) {
	s := e.Value.(*Script)
	c.order(s).Remove(e)
	delete(c.scripts, s.SHA)
	c.bytes -= s.size
}

func (c *cache) flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.scripts = map[string]*list.Element{}
	c.evals.Init()
	c.loads.Init()
	c.bytes = 0
}

func (c *cache) stats() (scripts, bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.scripts), c.bytes
}

// compileScript compiles an EVAL script. The error is a Fault.
func compileScript(body string) (*Script, error) {
	flags, skip, err := shebang(body)
	if err != nil {
		return nil, err
	}
	proto, err := vm.Compile(body[skip:], "@user_script")
	if err != nil {
		return nil, Fault("ERR Error compiling script (new function): " + err.Error())
	}
	return &Script{SHA: Digest(body), Flags: flags, proto: proto, size: len(body) + 1024}, nil
}

// Script finds a script by its digest, in any case; nil if it is not cached.
func (e *Engine) Script(sha string) *Script {
	if len(sha) != 40 {
		return nil
	}
	return e.scripts.find(strings.ToLower(sha))
}

// Eval finds or compiles and caches the script of an EVAL. The error is a Fault.
func (e *Engine) Eval(body string) (*Script, error) {
	if s := e.scripts.find(Digest(body)); s != nil {
		return s, nil
	}
	s, err := compileScript(body)
	if err == nil {
		e.scripts.add(s)
	}
	return s, err
}

// Load is SCRIPT LOAD: Eval whose script is kept while there is room.
func (e *Engine) Load(body string) (*Script, error) {
	if s := e.scripts.find(Digest(body)); s != nil && s.loaded {
		return s, nil
	}
	s, err := compileScript(body)
	if err == nil {
		s.loaded = true
		e.scripts.add(s)
	}
	return s, err
}

// FlushScripts is SCRIPT FLUSH: what scripts have set goes with them.
func (e *Engine) FlushScripts() {
	e.scripts.flush()
	e.json.Store(modules.DefaultSettings())
}

// CachedScripts tells INFO how many scripts are cached and what they take.
func (e *Engine) CachedScripts() (scripts, bytes int) { return e.scripts.stats() }
