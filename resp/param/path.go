package param

import (
	"path/filepath"
	"slices"
)

// Path is the absolute path that a parameter names, "" if it names none.
func (s *Set) Path(name string) string {
	text := s.String(name)
	if text == "" {
		return ""
	}
	return s.absolute(text)
}

// absolute is where a path leads. Redis changes into dir as it reads that line, and whatever is relative starts there
// from then on. Larder stays where it was started: before anybody has named dir, both begin at the working directory.
func (s *Set) absolute(path string) string {
	if filepath.IsAbs(path) || slices.Contains(s.given, s.must("dir")) {
		return s.below(path)
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return path // the working directory is gone: the path is as good as any
	}
	return abs
}

// below is the path that starts at dir if it is relative.
func (s *Set) below(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(s.String("dir"), path)
}
