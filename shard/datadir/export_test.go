package datadir

import "larder/disk"

// ClaimOn is Claim with other files than the operating system's.
func ClaimOn(files disk.Files, dir string, n int, statfs func(string) (int64, error)) (*Dir, error) {
	return claim(files, dir, n, statfs)
}
