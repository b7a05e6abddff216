// Package rdb reads and writes values in Redis's own serialisation: what DUMP gives, RESTORE takes and RDB files are
// made of. It reads every form that Redis from 2.4 to 8.10 writes but modules' values and arrays, and that Valkey 8 and
// 9 write but its type 23; Valkey gives numbers that Redis has for something else, and the payload's version tells them
// apart. It writes the plain forms, which every Redis since 4.0 reads, and streams in three. The checksum, LZF and the
// payloads of functions are here as well.
//
// Payloads come from clients and are not to be trusted. Every length is held against the bytes that
// are there before anything is made of it; what a Value yields lies in the payload itself, but for
// numbers and for LZF-compressed strings, of which one is in memory at a time and grows only as its
// content does, at most 88 bytes for each compressed one; and a stream's group, whose pending entries take twice
// their length there.
//
// The rejected alternative, the parsers for whole RDB files that there are for Go, allocate what a
// length claims, hold a whole collection and recover from their own panics.
package rdb
