-- One shard. Format 4: 1 knew no notes and counted no orphans, 2 no ids of other files (from 1 << 48 on, see store.Foreign),
-- 3 no fields and members that expire. Times are Unix milliseconds unless named otherwise.

-- format, ids (first id never handed out), seed (of every hash), lsn (of the last record of a journal that is in the tables),
-- note (of the engine above: in the first shard what SWAPDB has exchanged, for each number of a client's the one in spaces).
CREATE TABLE meta (
	k TEXT PRIMARY KEY,
	v
) WITHOUT ROWID;

-- A database number stands for a namespace; flushing gives it another one.
CREATE TABLE spaces (
	db       INTEGER PRIMARY KEY,
	ns       INTEGER NOT NULL,
	size     INTEGER NOT NULL, -- heads, expired ones included
	volatile INTEGER NOT NULL, -- heads with an expiry
	bytes    INTEGER NOT NULL  -- sum of heads.bytes
);

-- Keys, in the order of SCAN. h is slot << 48 | seeded hash of the name.
CREATE TABLE heads (
	ns     INTEGER NOT NULL,
	h      INTEGER NOT NULL,
	name   BLOB NOT NULL,
	kind   INTEGER NOT NULL, -- type | encoding << 8 | ranked << 16 | notes begin with times << 17 | no expiry of its own << 18
	id     INTEGER NOT NULL, -- owner of items, 0 for none
	expire INTEGER,          -- its own, or that of the first of its fields or members: see store.Head.Wake
	len    INTEGER NOT NULL,
	bytes  INTEGER NOT NULL,
	stored INTEGER NOT NULL, -- when it was last put
	used   INTEGER,          -- when somebody noted a use << 8 | frequency
	value  BLOB,
	notes  BLOB,             -- tags and lease, see store.Notes; before them a hash's times, see store.Head.Aside
	PRIMARY KEY (ns, h, name)
) WITHOUT ROWID;
CREATE INDEX heads_expire ON heads (ns, expire) WHERE expire IS NOT NULL;

-- Which keys have a tag: what heads.notes says, the other way round.
CREATE TABLE tags (
	ns   INTEGER NOT NULL,
	tag  BLOB NOT NULL,
	h    INTEGER NOT NULL,
	name BLOB NOT NULL,
	PRIMARY KEY (ns, tag, h, name)
) WITHOUT ROWID;

-- Items in natural order. pos is a seeded hash of field, or the item's position, or 0, by the part's class.
-- score has no affinity, for REAL would forget the sign of -0.
CREATE TABLE items (
	id    INTEGER NOT NULL,
	part  INTEGER NOT NULL,
	pos   INTEGER NOT NULL,
	field BLOB NOT NULL,
	score,
	value BLOB,
	ref   INTEGER, -- of a value in blobs
	PRIMARY KEY (id, part, pos, field)
) WITHOUT ROWID;
-- ref is in it so that a range by score reads nothing else: scored items keep any value in blobs.
CREATE INDEX items_score ON items (id, part, score, field, ref) WHERE score IS NOT NULL;

-- Values too long for a tree whose rows must be short.
CREATE TABLE blobs (
	ref   INTEGER PRIMARY KEY,
	value BLOB NOT NULL
);

-- Long strings. at is id << 20 | chunk number.
CREATE TABLE chunks (
	at    INTEGER PRIMARY KEY,
	value BLOB
);

-- Counts for rank. A row of level 0 counts the items from (key, field) up to the next row's;
-- a row of level n + 1 counts what the rows of level n in its stretch count.
CREATE TABLE blocks (
	id    INTEGER NOT NULL,
	part  INTEGER NOT NULL,
	level INTEGER NOT NULL,
	key   NOT NULL, -- score, or pos
	field BLOB NOT NULL,
	n     INTEGER NOT NULL,
	PRIMARY KEY (id, part, level, key, field)
) WITHOUT ROWID;

-- What the sweep deletes: items of these ids, heads of these namespaces.
CREATE TABLE orphans (id INTEGER PRIMARY KEY, bytes INTEGER NOT NULL DEFAULT 0);
CREATE TABLE dead_spaces (ns INTEGER PRIMARY KEY, bytes INTEGER NOT NULL DEFAULT 0);
