package param

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// LoadError says which line of the configuration is wrong, and why.
type LoadError struct {
	Line    int    // 1 is the first; 0 if no line is to blame
	Text    string // the line, without leading and trailing blanks
	Message string
}

// Error is Redis's report without its banner.
func (e *LoadError) Error() string {
	if e.Line == 0 {
		return e.Message
	}
	return fmt.Sprintf("Reading the configuration file, at line %d\n>>> '%s'\n%s", e.Line, e.Text, e.Message)
}

// Report is what Redis of that version prints before it gives up.
func (e *LoadError) Report(version string) string {
	return fmt.Sprintf("\n*** FATAL CONFIG FILE ERROR (Redis %s) ***\n%s\n", version, e.Error())
}

// maxInclude is how deep files may include each other; a file that includes itself is
// the only way to get there.
const maxInclude = 32

// loader reads one configuration. It belongs to the goroutine that loads.
type loader struct {
	set   *Set
	depth int
	seen  map[*param]bool
	at    LoadError // the line being read
}

// Load reads a configuration as redis-server does from its arguments, the program's name
// not among them: a file first, if the first does not begin with a dash; "-" for stdin,
// first or last; then --directive value ... . Errors are *LoadError.
func (s *Set) Load(args []string, stdin io.Reader) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	line, content := readArgs(args), ""
	var err error
	if line.file != "" {
		if s.file, err = filepath.Abs(line.file); err != nil {
			return cannotOpen(line.file, err)
		}
		if content, err = s.readFiles(s.file); err != nil {
			return err
		}
	}
	if line.stdin {
		b, err := io.ReadAll(stdin)
		if err != nil {
			return &LoadError{Message: "Reading config from stdin: " + err.Error()}
		}
		content += string(b)
	}
	if line.options != "" {
		content += "\n" + line.options
	}
	return s.read(content)
}

// LoadText is Load with what Source of another process has returned.
func (s *Set) LoadText(file, text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.file = file
	return s.read(text)
}

// read sets what the text says. The caller holds mu.
func (s *Set) read(text string) error {
	s.text = text
	l := &loader{set: s, seen: map[*param]bool{}}
	if err := l.lines(text); err != nil {
		return err
	}
	return l.checkUsers()
}

// Source is what Load has read: the path of the file, and the text of file, standard input and arguments, so that
// nobody must read them twice. A pipe has only one reading.
func (s *Set) Source() (file, text string) { return s.file, s.text }

// readFiles returns a file's content, or that of all files a pattern finds.
func (s *Set) readFiles(path string) (string, error) {
	paths := []string{path}
	if strings.ContainsAny(path, "*?[") {
		paths, _ = filepath.Glob(s.absolute(path)) // a malformed pattern finds nothing, as in Redis
	}
	var content strings.Builder
	for _, p := range paths {
		b, err := os.ReadFile(s.absolute(p))
		if err != nil {
			return "", cannotOpen(p, err)
		}
		content.Write(b)
	}
	return content.String(), nil
}

// CannotLog is the refusal of a log file that does not open.
func CannotLog(err error) error {
	return &LoadError{Message: "Can't open the log file: " + reason(err)}
}

func cannotOpen(path string, err error) error {
	return &LoadError{Message: fmt.Sprintf("Fatal error, can't open config file '%s': %s", path, reason(err))}
}

func (l *loader) lines(content string) error {
	for i, line := range strings.Split(content, "\n") {
		line = strings.Trim(line, " \t\r\n")
		if line == "" || line[0] == '#' {
			continue
		}
		err := l.line(line, i+1)
		if err == nil {
			continue
		}
		if inner, ok := err.(*LoadError); ok {
			return inner
		}
		return &LoadError{Line: i + 1, Text: line, Message: err.Error()}
	}
	return nil
}

func (l *loader) line(line string, number int) error {
	words, ok := splitWords(line)
	if !ok {
		return refusal("Unbalanced quotes in configuration line")
	}
	if len(words) == 0 {
		return nil
	}
	name := strings.ToLower(words[0])
	l.at = LoadError{Line: number, Text: line}
	if p := l.set.byName[name]; p != nil {
		return l.assign(p, words[1:])
	}
	return l.directive(name, words)
}

// assign sets a parameter. A list in one pair of quotes is taken apart.
func (l *loader) assign(p *param, args []string) error {
	if !p.has(manyArgs) && len(args) != 1 {
		return errArgCount
	}
	if p.has(manyArgs) && len(args) == 1 && args[0] != "" {
		var ok bool
		if args, ok = splitWords(args[0]); !ok {
			return refusal("Unbalanced quotes in configuration line")
		}
	}
	v, err := p.parse(input{args: args, current: p.load().text, more: l.seen[p]})
	if err != nil {
		return err
	}
	l.seen[p] = true
	if !slices.Contains(l.set.given, p) {
		l.set.given = append(l.set.given, p)
	}
	p.value.Store(&v)
	return nil
}

// directive does what is no parameter.
func (l *loader) directive(name string, words []string) error {
	switch n := len(words); {
	case name == "include" && n == 2:
		return l.include(words[1])
	case name == "rename-command" && n == 3:
		l.set.renames = append(l.set.renames, Rename{From: words[1], To: words[2], at: l.at})
		return nil
	case name == "user" && n >= 2:
		return l.declare(words[1], words[2:])
	case obsolete(name) && n == 2:
		return nil
	case name == "loadmodule" && n >= 2:
		return noModules
	case name == "sentinel":
		return refusal("sentinel directive while not in sentinel mode")
	case strings.Contains(name, "."):
		return refusal("Module Configuration detected without loadmodule directive or no ApplyConfig call: aborting")
	}
	return refusal("Bad directive or wrong number of arguments")
}

// obsolete names are taken and forgotten, as Redis does with them.
func obsolete(name string) bool {
	switch name {
	case "list-max-ziplist-entries", "list-max-ziplist-value", "lua-replicate-commands":
		return true
	}
	return false
}

func (l *loader) include(path string) error {
	if l.depth == maxInclude {
		return refusal("include files nested too deeply")
	}
	content, err := l.set.readFiles(path)
	if err != nil {
		return err
	}
	l.depth++
	defer func() { l.depth-- }()
	return l.lines(content)
}

// File is the absolute path of the configuration file, "" without one.
func (s *Set) File() string { return s.file }

// Named reports whether the configuration named a parameter.
func (s *Set) Named(name string) bool { return slices.Contains(s.given, s.must(name)) }

// Ignored are the parameters the configuration named although they have no effect here, in its order.
func (s *Set) Ignored() []string {
	var names []string
	for _, p := range s.given {
		if p.harmless != "" {
			names = append(names, p.name)
		}
	}
	return names
}

// Rename is a rename-command directive.
type Rename struct {
	From, To string // To is "" to remove the command
	at       LoadError
}

// Refuse is the *LoadError that blames the directive's line.
func (r Rename) Refuse(reason string) error {
	e := r.at
	e.Message = reason
	return &e
}

// Renames are the rename-command directives in the order in which they apply.
func (s *Set) Renames() []Rename { return s.renames }
