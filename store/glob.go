package store

// globStars is how many runs of stars a pattern may have a name cross; Redis, whose matcher
// recurses at each, takes a pattern beyond that as one that fits nothing. A run that ends
// the pattern costs it nothing and does not count.
const globStars = 1000

// Match reports whether name fits pattern as Redis's glob matcher decides: * ? [a-z] [^a]
// and \ to escape. fold ignores the case of ASCII letters, but like Redis not of a letter
// escaped inside brackets. An empty name fits the empty pattern only, not even "*": KEYS and
// SCAN never ask about a lone star.
//
// Every element but the star takes one byte, so going back to the last star alone is
// enough: the time is at most len(pattern)*len(name), and nothing recurses.
func Match(pattern, name []byte, fold bool) bool {
	if len(name) == 0 {
		return len(pattern) == 0
	}
	p, n := 0, 0
	stars, afterStar, resume := 0, -1, 0 // where to go on when a comparison fails
	for n < len(name) {
		if p < len(pattern) && pattern[p] == '*' {
			if p = skipStars(pattern, p); p == len(pattern) {
				return true
			}
			if stars++; stars > globStars {
				return false
			}
			afterStar, resume = p, n
			continue
		}
		if next, ok := matchOne(pattern, p, name[n], fold); ok {
			p, n = next, n+1
			continue
		}
		if afterStar < 0 {
			return false
		}
		resume++
		p, n = afterStar, resume
	}
	return skipStars(pattern, p) == len(pattern)
}

func skipStars(pattern []byte, p int) int {
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p
}

// matchOne compares c with the element at p and returns where the next element begins.
func matchOne(pattern []byte, p int, c byte, fold bool) (next int, ok bool) {
	if p >= len(pattern) {
		return p, false
	}
	switch pattern[p] {
	case '?':
		return p + 1, true
	case '[':
		return matchClass(pattern, p+1, c, fold)
	case '\\':
		if p+1 < len(pattern) {
			p++
		}
	}
	return p + 1, pattern[p] == c || fold && lower(pattern[p]) == lower(c)
}

// matchClass compares c with the class whose inside begins at p. A class without its
// closing bracket ends with the pattern.
func matchClass(pattern []byte, p int, c byte, fold bool) (next int, ok bool) {
	negated := p < len(pattern) && pattern[p] == '^'
	if negated {
		p++
	}
	found := false
	for p < len(pattern) && pattern[p] != ']' {
		left := len(pattern) - p
		switch {
		case left >= 2 && pattern[p] == '\\':
			p++
			found = found || pattern[p] == c
		case left >= 3 && pattern[p+1] == '-':
			found = found || inRange(pattern[p], pattern[p+2], c, fold)
			p += 2
		default:
			found = found || pattern[p] == c || fold && lower(pattern[p]) == lower(c)
		}
		p++
	}
	if p < len(pattern) {
		p++
	}
	return p, found != negated
}

// inRange compares as signed bytes, because Redis does where char is signed: "[a-\xff]"
// is the range from -1 to 'a'.
func inRange(first, last, c byte, fold bool) bool {
	low, high, x := int8(first), int8(last), int8(c)
	if low > high {
		low, high = high, low
	}
	if fold {
		low, high, x = int8(lower(byte(low))), int8(lower(byte(high))), int8(lower(c))
	}
	return low <= x && x <= high
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
