package param

import (
	"strconv"
	"strings"
)

// Texts of Redis for client-output-buffer-limit.
const (
	errLimitCount = refusal("Wrong number of arguments in buffer limit configuration.")
	errLimitClass = refusal("Invalid client class specified in buffer limit configuration.")
	errLimitValue = refusal("Error in hard, soft or soft_seconds setting in buffer limit configuration.")
	errEvents     = refusal("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.")
)

// OutputLimit is client-output-buffer-limit for one class of clients; 0 is no limit.
type OutputLimit struct {
	Hard, Soft  uint64 // bytes
	SoftSeconds int64  // how long the soft limit may be exceeded
}

// OutputLimit is the limit of a class: "normal", "slave" or "pubsub".
func (s *Set) OutputLimit(class string) OutputLimit {
	return limitsOf(s.String("client-output-buffer-limit"))[class]
}

func limitClasses() [3]string { return [3]string{"normal", "slave", "pubsub"} }

func limitsOf(text string) map[string]OutputLimit {
	words := strings.Fields(text)
	limits := map[string]OutputLimit{}
	for ; len(words) >= 4; words = words[4:] {
		hard, _ := parseMemory(words[1])
		soft, _ := parseMemory(words[2])
		seconds, _ := parseLoose(words[3])
		limits[words[0]] = OutputLimit{hard, soft, seconds}
	}
	return limits
}

// outputLimitGrammar: classes that are not named keep their limits.
func outputLimitGrammar() special {
	return special{parse: parseLimits, lines: limitLines}
}

func parseLimits(in input) (string, error) {
	if len(in.args)%4 != 0 {
		return "", errLimitCount
	}
	limits := limitsOf(in.current)
	for a := in.args; len(a) > 0; a = a[4:] {
		class := strings.ToLower(a[0])
		switch class {
		case "replica":
			class = "slave"
		case "normal", "slave", "pubsub":
		default:
			return "", errLimitClass
		}
		hard, ok1 := parseMemory(a[1])
		soft, ok2 := parseMemory(a[2])
		seconds, ok3 := parseLoose(a[3])
		if !ok1 || !ok2 || !ok3 || seconds < 0 {
			return "", errLimitValue
		}
		limits[class] = OutputLimit{hard, soft, seconds}
	}
	var words []string
	for _, class := range limitClasses() {
		l := limits[class]
		words = append(words, class, strconv.FormatUint(l.Hard, 10), strconv.FormatUint(l.Soft, 10),
			strconv.FormatInt(l.SoftSeconds, 10))
	}
	return strings.Join(words, " "), nil
}

func limitLines(text, def string) []fileLine {
	now, before := limitsOf(text), limitsOf(def)
	var out []fileLine
	for _, class := range limitClasses() {
		l, name := now[class], class
		if class == "slave" {
			name = "replica"
		}
		words := []string{name, formatMemory(l.Hard), formatMemory(l.Soft), strconv.FormatInt(l.SoftSeconds, 10)}
		out = append(out, fileLine{strings.Join(words, " "), l != before[class]})
	}
	return out
}

// eventClasses are the letters of notify-keyspace-events in Redis's order; the first
// allEvents of them are what A stands for.
const (
	eventClasses = "g$lshzxetdKEmn"
	allEvents    = len("g$lshzxetd")
)

func eventsGrammar() special {
	return special{
		parse: func(in input) (string, error) {
			if len(in.args) != 1 {
				return "", errArgCount
			}
			return canonicalEvents(in.args[0])
		},
		lines: func(text, _ string) []fileLine { return []fileLine{{quote(text), text != ""}} },
	}
}

func canonicalEvents(s string) (string, error) {
	s = strings.ReplaceAll(s, "A", eventClasses[:allEvents])
	var out, rest strings.Builder
	for i := range eventClasses {
		if !strings.Contains(s, eventClasses[i:i+1]) {
			continue
		}
		if i < allEvents {
			out.WriteByte(eventClasses[i])
		} else {
			rest.WriteByte(eventClasses[i])
		}
	}
	if strings.Trim(s, eventClasses) != "" {
		return "", errEvents
	}
	if out.Len() == allEvents {
		return "A" + rest.String(), nil
	}
	return out.String() + rest.String(), nil
}
