// Package rdb reads and writes single values in Redis's own serialisation: what DUMP gives and
// RESTORE takes. It reads every form of strings, lists, sets, hashes and sorted sets that Redis from
// 2.6 to 7.2 writes (zipmaps excepted), and writes the plain forms, which every Redis since 4.0 reads.
//
// Payloads come from clients and are not to be trusted. Every length is held against the bytes that
// are there before anything is made of it; what a Value yields lies in the payload itself, but for
// numbers and for LZF-compressed strings, of which one is in memory at a time and grows only as its
// content does, at most 88 bytes for each compressed one.
//
// The rejected alternative, the parsers for whole RDB files that there are for Go, allocate what a
// length claims, hold a whole collection and recover from their own panics.
package rdb
