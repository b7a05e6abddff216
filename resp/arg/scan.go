package arg

// ScanOptions reads what HSCAN, SSCAN and ZSCAN take behind the cursor: MATCH and COUNT. A
// pattern that lets everything through is nil; without COUNT, count is 10.
func (s *Scanner) ScanOptions() (pattern []byte, count int64) {
	pattern, count, _ = s.scanOptions(false)
	return pattern, count
}

// FieldScanOptions is ScanOptions for HSCAN, which takes NOVALUES as well.
func (s *Scanner) FieldScanOptions() (pattern []byte, count int64, noValues bool) {
	return s.scanOptions(true)
}

func (s *Scanner) scanOptions(ofFields bool) (pattern []byte, count int64, noValues bool) {
	count = 10
	for s.More() {
		switch {
		case ofFields && s.Word("NOVALUES"):
			noValues = true
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
	return pattern, count, noValues
}
