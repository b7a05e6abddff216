package param

import (
	"strings"
)

func clampHz(n int64) int64 { return min(max(n, 1), 500) }

// baseName refuses paths, as Redis does for files that must lie in its directory.
func baseName(name, what string, emptyFine bool) func(string) error {
	return func(s string) error {
		switch {
		case s == "" && !emptyFine:
			return refusal(name + " can't be empty")
		case strings.ContainsAny(s, `/\`):
			return refusal(name + " can't be a path, just a " + what)
		}
		return nil
	}
}

// checkLocale takes the one order Larder has: bytes. Redis takes what the system has installed.
func checkLocale(s string) error {
	switch s {
	case "", "C", "POSIX", "C.UTF-8", "C.utf8":
		return nil
	}
	return refusal("Invalid locale name")
}

func checkHostname(s string) error {
	if len(s) >= 256 {
		return refusal("Hostnames must be less than 256 characters")
	}
	for _, c := range []byte(s) {
		if !isAlnum(c) && c != '-' && c != '.' {
			return refusal("Hostnames may only contain alphanumeric characters, hyphens or dots")
		}
	}
	return nil
}

func isAlnum(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

func checkNodename(s string) error {
	for _, c := range []byte(s) {
		if c < '!' || c > '~' || strings.IndexByte("!#$%&()*+:;<>?@[]^{|}~'\"=\\,/", c) >= 0 {
			return refusal("Announced human node name contained invalid character")
		}
	}
	return nil
}

// checkTitle expands a template with an empty title; nothing must not be left.
func checkTitle(s string) error {
	var out strings.Builder
	for s != "" {
		before, after, found := strings.Cut(s, "{")
		out.WriteString(before)
		if !found {
			break
		}
		if rest, escaped := strings.CutPrefix(after, "{"); escaped {
			out.WriteByte('{')
			s = rest
			continue
		}
		name, rest, closed := strings.Cut(after, "}")
		if !closed || !titleVariable(name) {
			return errTitle
		}
		if name != "title" {
			out.WriteString(name)
		}
		s = rest
	}
	if strings.TrimSpace(out.String()) == "" {
		return errTitle
	}
	return nil
}

const errTitle = refusal("template format is invalid or contains unknown variables")

func titleVariable(name string) bool {
	switch name {
	case "title", "listen-addr", "server-mode", "port", "tls-port", "unixsocket", "config-file":
		return true
	}
	return false
}
