package capi

import lib "modernc.org/sqlite/lib"

// The results that callers tell apart, as Error.Primary gives them.
const (
	Full     int32 = lib.SQLITE_FULL
	IOErr    int32 = lib.SQLITE_IOERR
	CantOpen int32 = lib.SQLITE_CANTOPEN
	ReadOnly int32 = lib.SQLITE_READONLY
	Perm     int32 = lib.SQLITE_PERM
	Auth     int32 = lib.SQLITE_AUTH
	NoMem    int32 = lib.SQLITE_NOMEM
	Busy     int32 = lib.SQLITE_BUSY
	Locked   int32 = lib.SQLITE_LOCKED
	Protocol int32 = lib.SQLITE_PROTOCOL
	Corrupt  int32 = lib.SQLITE_CORRUPT
	NotADB   int32 = lib.SQLITE_NOTADB
)

// Extended results, as Error.Code gives them.
const (
	CantOpenIsDir          int32 = lib.SQLITE_CANTOPEN_ISDIR
	IOErrAccess            int32 = lib.SQLITE_IOERR_ACCESS
	IOErrCheckReservedLock int32 = lib.SQLITE_IOERR_CHECKRESERVEDLOCK
	IOErrCorruptFS         int32 = lib.SQLITE_IOERR_CORRUPTFS
	IOErrData              int32 = lib.SQLITE_IOERR_DATA
	IOErrFstat             int32 = lib.SQLITE_IOERR_FSTAT
	IOErrFsync             int32 = lib.SQLITE_IOERR_FSYNC
	IOErrLock              int32 = lib.SQLITE_IOERR_LOCK
	IOErrMmap              int32 = lib.SQLITE_IOERR_MMAP
	IOErrNoMem             int32 = lib.SQLITE_IOERR_NOMEM
	IOErrRDLock            int32 = lib.SQLITE_IOERR_RDLOCK
	IOErrRead              int32 = lib.SQLITE_IOERR_READ
	IOErrSeek              int32 = lib.SQLITE_IOERR_SEEK
	IOErrShmLock           int32 = lib.SQLITE_IOERR_SHMLOCK
	IOErrShmMap            int32 = lib.SQLITE_IOERR_SHMMAP
	IOErrShmOpen           int32 = lib.SQLITE_IOERR_SHMOPEN
	IOErrShmSize           int32 = lib.SQLITE_IOERR_SHMSIZE
	IOErrShortRead         int32 = lib.SQLITE_IOERR_SHORT_READ
	IOErrUnlock            int32 = lib.SQLITE_IOERR_UNLOCK
	IOErrWrite             int32 = lib.SQLITE_IOERR_WRITE
	ReadOnlyDBMoved        int32 = lib.SQLITE_READONLY_DBMOVED
)
