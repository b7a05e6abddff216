// Package repair is for shards whose files are damaged and not open: it says what is wrong with the pages of one, and
// copies what can be read into a new file. What hangs together no more in a file that can be read is mended by an
// engine itself, in a transaction (sqlite.Engine.Check). Only the check of a data directory uses it.
package repair
