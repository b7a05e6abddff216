// Package sqlfile is one shard's file as SQL sees it: a connection with the settings that hold for every one, and what
// SQLite's results mean in errors of the store's. It knows no table. Engines are built on it, and repairs of files that
// no engine has open.
package sqlfile
