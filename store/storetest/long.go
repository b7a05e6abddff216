package storetest

import "os"

// Times is how often a test does something: the second number in the long form of the tests, which
// LARDER_TEST_LONG asks for, else the first, as few as still meet every case.
func Times(short, long int) int {
	if os.Getenv("LARDER_TEST_LONG") != "" {
		return long
	}
	return short
}
