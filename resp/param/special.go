package param

import (
	"path/filepath"
	"strconv"
	"strings"
)

// special is a grammar of its own.
type special struct {
	parse func(in input) (string, error)
	// lines are the values the parameter takes in a configuration file, one line each.
	// none at all removes the parameter from the file.
	lines func(text, def string) []fileLine
}

// fileLine is what stands behind a parameter's name in a configuration file.
type fileLine struct {
	text  string
	force bool // belongs into the file even if it was not there before
}

const (
	shutdownSave   = 1
	shutdownNoSave = 2
	maxAddresses   = 16
)

func bindGrammar() special {
	return special{
		parse: func(in input) (string, error) {
			if len(in.args) > maxAddresses {
				return "", refusal("Too many bind addresses specified.")
			}
			return strings.TrimSpace(strings.Join(in.args, " ")), nil
		},
		lines: func(text, def string) []fileLine {
			if text == "" {
				text = `""`
			}
			return []fileLine{{text, text != def}}
		},
	}
}

// dirGrammar keeps the directory absolute, as CONFIG GET answers it. Whether it exists
// is not asked: it is made when the engine opens.
func dirGrammar() special {
	return special{
		parse: func(in input) (string, error) {
			switch {
			case len(in.args) != 1:
				return "", errArgCount
			case in.args[0] == "":
				return "", refusal("No such file or directory")
			}
			return filepath.Abs(in.args[0])
		},
		lines: func(text, _ string) []fileLine { return []fileLine{{quote(text), true}} },
	}
}

const errSave = refusal("Invalid save parameters")

// saveGrammar: several lines of a file add up, and "" forgets what came before.
func saveGrammar() special {
	return special{
		parse: func(in input) (string, error) {
			if len(in.args) == 0 || len(in.args) == 1 && in.args[0] == "" {
				return "", nil
			}
			if len(in.args)%2 != 0 {
				return "", errSave
			}
			var words []string
			if in.more {
				words = strings.Fields(in.current)
			}
			for i, arg := range in.args {
				n, ok := parseLoose(arg)
				if !ok || n < 0 || i%2 == 0 && n < 1 {
					return "", errSave
				}
				words = append(words, strconv.FormatInt(n, 10))
			}
			return strings.Join(words, " "), nil
		},
		lines: func(text, _ string) []fileLine {
			words := strings.Fields(text)
			if len(words) == 0 {
				return []fileLine{{`""`, true}}
			}
			var out []fileLine
			for i := 0; i < len(words); i += 2 {
				out = append(out, fileLine{words[i] + " " + words[i+1], true})
			}
			return out
		},
	}
}

func replicaGrammar() special {
	return special{
		parse: func(in input) (string, error) {
			if len(in.args) != 2 {
				return "", errArgCount
			}
			if strings.EqualFold(in.args[0], "no") && strings.EqualFold(in.args[1], "one") {
				return "", nil
			}
			port, ok := parseLoose(in.args[1])
			if !ok || port < 0 || port > 65535 {
				return "", refusal("Invalid master port")
			}
			return in.args[0] + " " + strconv.FormatInt(port, 10), nil
		},
		lines: func(text, _ string) []fileLine {
			if text == "" {
				return nil
			}
			return []fileLine{{text, true}}
		},
	}
}

func oomGrammar() special {
	return special{
		parse: func(in input) (string, error) {
			if len(in.args) != 3 {
				return "", errArgCount
			}
			words := make([]string, 3)
			for i, arg := range in.args {
				n, ok := parseLoose(arg)
				if !ok || n < -2000 || n > 2000 {
					return "", refusal("Invalid oom-score-adj-values, elements must be between -2000 and 2000.")
				}
				words[i] = strconv.FormatInt(n, 10)
			}
			return strings.Join(words, " "), nil
		},
		lines: func(text, def string) []fileLine { return []fileLine{{text, text != def}} },
	}
}

func percentilesGrammar() special {
	return special{
		parse: func(in input) (string, error) {
			if len(in.args) == 1 && in.args[0] == "" {
				return "", nil
			}
			words := make([]string, len(in.args))
			for i, arg := range in.args {
				f, err := strconv.ParseFloat(arg, 64)
				if err != nil || f != f {
					return "", refusal("Invalid latency-tracking-info-percentiles parameters")
				}
				if f < 0 || f > 100 {
					return "", refusal("latency-tracking-info-percentiles parameters should sit between [0.0,100.0]")
				}
				words[i] = trimZeros(strconv.FormatFloat(f, 'f', 6, 64))
			}
			return strings.Join(words, " "), nil
		},
		lines: func(text, _ string) []fileLine {
			if text == "" {
				text = `""`
			}
			return []fileLine{{text, true}}
		},
	}
}

func trimZeros(s string) string { return strings.TrimSuffix(strings.TrimRight(s, "0"), ".") }
