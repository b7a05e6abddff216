package arg

// ScanOptions reads what HSCAN, SSCAN and ZSCAN take behind the cursor: MATCH and COUNT. A
// pattern that lets everything through is nil; without COUNT, count is 10.
func (s *Scanner) ScanOptions() (pattern []byte, count int64) {
	count = 10
	for s.More() {
		switch {
		case s.WordWith("COUNT", 1):
			if count = s.Int(); count < 1 {
				s.Fail(SyntaxError)
			}
		case s.WordWith("MATCH", 1):
			if pattern = s.Bytes(); string(pattern) == "*" {
				pattern = nil
			}
		default:
			s.Fail(SyntaxError)
		}
	}
	return pattern, count
}
