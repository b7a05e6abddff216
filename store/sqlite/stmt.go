package sqlite

import (
	"larder/store/sqlite/blocks"
	"larder/store/sqlite/capi"
)

// statements are prepared once for each connection and kept by name: looking them up by their
// text on every use would hash it every time. They belong to their connection's user.
type statements struct {
	blocks blocks.Statements
	// Every connection.
	pin, spaceList                         *capi.Stmt
	headGet, headScan, headFirst, headLast *capi.Stmt
	headTimeless                           *capi.Stmt
	headExpiring, ttlSample, headMeta      *capi.Stmt
	itemGet, blobGet                       *capi.Stmt
	countNatural, countScore, countChunks  *capi.Stmt
	weighNatural, weighScore, weighChunks  *capi.Stmt
	headNext, sampleHeads, sampleExpire    *capi.Stmt
	expireEnds, tagScan                    *capi.Stmt
	namesUp, namesDown, namesLast          *capi.Stmt // only with Options.Ordered

	// The writer only.
	begin, commit, rollback                          *capi.Stmt
	pointTake, pointBack, pointDrop                  *capi.Stmt
	metaGet, metaSet, spacePut, spaceDrop, spaceDead *capi.Stmt
	headInsert, headUpdate, headTimed                *capi.Stmt
	headDrop, headUsed, orphan                       *capi.Stmt
	itemMeta, itemInsert, itemValue                  *capi.Stmt
	itemScore, itemDrop, placedDrop                  *capi.Stmt
	blobPut, blobLen, blobDrop                       *capi.Stmt
	chunkLen, chunkPut, chunkDrop                    *capi.Stmt
	sweepIDs, sweepItems, sweepBlobs                 *capi.Stmt
	sweepDelete, sweepChunks, sweepChunkDrop         *capi.Stmt
	sweepBlocks, orphanDrop, deadSpaces              *capi.Stmt
	deadHeads, deadOrphans, deadDrop                 *capi.Stmt
	deadSpaceDrop, deadBytes, deadLess, orphanBytes  *capi.Stmt
	headNoted, tagPut, tagDrop, deadTags             *capi.Stmt
}

type preparation struct {
	into **capi.Stmt
	sql  string
}

const (
	headColumns = `name, kind, id, expire, len, bytes, value, notes`
	// Marks (see mark) bound a range of rows from one (key, field) up to another.
	naturalRange = ` FROM items WHERE id = ?1 AND part = ?2 AND (pos, field) >= (?3, ?4) AND (pos, field) < (?5, ?6) `
	scoreRange   = ` FROM items INDEXED BY items_score WHERE id = ?1 AND part = ?2 AND score IS NOT NULL
		AND (score, field) >= (?3, ?4) AND (score, field) < (?5, ?6) `
	// weight is what an item counts for: see store.ItemBytes. A scored one has no value but in blobs, so its index is
	// enough.
	weight       = weightBefore + `items.value END), 0)`
	scoredWeight = weightBefore + `NULL END), 0)`
	weightBefore = `length(field) + 8 + coalesce(length(CASE WHEN ref THEN
		(SELECT blobs.value FROM blobs WHERE blobs.ref = items.ref) ELSE `
	oneItem = ` WHERE id = ?1 AND part = ?2 AND pos = ?3 AND field = ?4`
	oneHead = ` WHERE ns = ?1 AND h = ?2 AND name = ?3`
	// ownExpiry holds of heads with an expiry if that is not the one of a field alone: bareBit.
	ownExpiry   = `kind & 262144 = 0`
	wholeScores = ` FROM items INDEXED BY items_score WHERE id = ?1 AND part = ?2 AND score >= ?3 AND score < ?4 `
)

func (s *statements) reading() []preparation {
	return []preparation{
		// sqlite_schema's root is page 1, which every transaction reads anyway.
		{&s.pin, `SELECT 1 FROM sqlite_schema`},
		{&s.metaGet, `SELECT v FROM meta WHERE k = ?1`},
		{&s.spaceList, `SELECT db, ns, size, volatile, bytes FROM spaces ORDER BY db`},
		{&s.headGet, `SELECT ` + headColumns + ` FROM heads` + oneHead},
		{&s.headMeta, `SELECT NULL, kind, id, expire, NULL, bytes, NULL, notes FROM heads` + oneHead},
		{&s.headScan, `SELECT ` + headColumns + `, h FROM heads WHERE ns = ?1 AND h >= ?2 ORDER BY h, name`},
		{&s.headFirst, `SELECT h FROM heads WHERE ns = ?1 ORDER BY h LIMIT 1`},
		{&s.headLast, `SELECT h FROM heads WHERE ns = ?1 ORDER BY h DESC LIMIT 1`},
		{&s.headExpiring, `SELECT name, expire FROM heads INDEXED BY heads_expire WHERE ns = ?1 AND expire IS NOT NULL
			AND (expire, h, name) > (?2, ?3, ?4) AND expire < ?5 ORDER BY expire, h, name LIMIT ?6`},
		{&s.headTimeless, `SELECT name FROM heads WHERE ns = ?1 AND h >= ?2 AND expire IS NULL ORDER BY h LIMIT 1`},
		{&s.headNext, `SELECT h FROM heads WHERE ns = ?1 AND h >= ?2 ORDER BY h LIMIT 1`},
		{&s.sampleHeads, `SELECT name, bytes, stored, used, expire, kind, notes FROM heads
			WHERE ns = ?1 AND h >= ?2 AND h < ?3 ORDER BY h, name LIMIT ?4`},
		{&s.sampleExpire, `SELECT name, bytes, stored, used, expire, kind, notes FROM heads
			WHERE ns = ?1 AND expire IS NOT NULL AND expire >= ?2 AND ` + ownExpiry + ` ORDER BY expire LIMIT ?3`},
		{&s.expireEnds, `SELECT (SELECT expire FROM heads WHERE ns = ?1 AND expire IS NOT NULL ORDER BY expire LIMIT 1),
			(SELECT expire FROM heads WHERE ns = ?1 AND expire IS NOT NULL ORDER BY expire DESC LIMIT 1)`},
		{&s.ttlSample, `SELECT CAST(avg(expire) AS INTEGER) FROM (
			SELECT * FROM (SELECT expire FROM heads WHERE ns = ?1 AND expire IS NOT NULL ORDER BY expire LIMIT 64)
			UNION ALL
			SELECT * FROM (SELECT expire FROM heads WHERE ns = ?1 AND expire IS NOT NULL ORDER BY expire DESC LIMIT 64))`},
		{&s.tagScan, `SELECT t.h, t.name, heads.expire, heads.kind, heads.notes
			FROM tags t CROSS JOIN heads ON heads.ns = t.ns AND heads.h = t.h AND heads.name = t.name
			WHERE t.ns = ?1 AND t.tag = ?2 AND t.h >= ?3 ORDER BY t.h, t.name`},
		{&s.itemGet, `SELECT score, value, ref FROM items` + oneItem},
		{&s.blobGet, `SELECT value FROM blobs WHERE ref = ?1`},
		{&s.countNatural, `SELECT count(*)` + naturalRange},
		{&s.countScore, `SELECT count(*)` + scoreRange},
		{&s.countChunks, `SELECT count(*) FROM chunks WHERE at >= ?1 AND at < ?2`},
		{&s.weighNatural, `SELECT count(*), sum(` + weight + `)` + naturalRange},
		{&s.weighScore, `SELECT count(*), sum(` + scoredWeight + `)` + scoreRange},
		{&s.weighChunks, `SELECT count(*), sum(coalesce(length(value), 0) + 8) FROM chunks WHERE at >= ?1 AND at < ?2`},
	}
}

// ordering needs the index of names.
func (s *statements) ordering() []preparation {
	const names = `SELECT name, expire, kind, notes FROM heads INDEXED BY heads_name WHERE ns = ?1 `
	return []preparation{
		{&s.namesUp, names + `AND name >= ?2 ORDER BY name`},
		{&s.namesDown, names + `AND name <= ?2 ORDER BY name DESC`},
		{&s.namesLast, names + `ORDER BY name DESC`},
	}
}

func (s *statements) writing() []preparation {
	return []preparation{
		{&s.begin, `BEGIN IMMEDIATE`},
		{&s.commit, `COMMIT`},
		{&s.rollback, `ROLLBACK`},
		{&s.pointTake, `SAVEPOINT point`},
		{&s.pointBack, `ROLLBACK TO point`},
		{&s.pointDrop, `RELEASE point`},
		{&s.metaSet, `UPDATE meta SET v = ?2 WHERE k = ?1`},
		{&s.spacePut, `INSERT INTO spaces (db, ns, size, volatile, bytes) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (db)
			DO UPDATE SET ns = excluded.ns, size = excluded.size, volatile = excluded.volatile, bytes = excluded.bytes`},
		{&s.spaceDrop, `DELETE FROM spaces WHERE db = ?1`},
		{&s.spaceDead, `INSERT INTO dead_spaces (ns, bytes) VALUES (?1, ?2)`},
		{&s.headInsert, `INSERT INTO heads (ns, h, name, kind, id, len, bytes, stored, value, expire)
			VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)`},
		{&s.headUpdate, `UPDATE heads SET kind = ?4, id = ?5, len = ?6, bytes = ?7, stored = ?8, value = ?9` + oneHead},
		{&s.headTimed, `UPDATE heads SET kind = ?4, id = ?5, len = ?6, bytes = ?7, stored = ?8, value = ?9, expire = ?10` +
			oneHead},
		{&s.headDrop, `DELETE FROM heads` + oneHead},
		{&s.headUsed, `UPDATE heads SET used = ?4` + oneHead},
		{&s.headNoted, `UPDATE heads SET notes = ?4` + oneHead},
		{&s.tagPut, `INSERT INTO tags (ns, h, name, tag) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING`},
		{&s.tagDrop, `DELETE FROM tags` + oneHead + ` AND tag = ?4`},
		{&s.deadTags, `DELETE FROM tags WHERE ns = ?1 AND (tag, h, name) IN (SELECT tag, h, name FROM tags WHERE ns = ?1 ` +
			`LIMIT ?2)`},
		{&s.orphan, `INSERT INTO orphans (id, bytes) VALUES (?1, ?2) ON CONFLICT DO NOTHING`},
		{&s.itemMeta, `SELECT score, length(value), ref FROM items` + oneItem},
		// There is no conflict: of one that nobody expects a settle must not fail, which is tried again for ever.
		{&s.itemInsert, `INSERT INTO items (id, part, pos, field, value, ref, score) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
			ON CONFLICT (id, part, pos, field)
			DO UPDATE SET value = excluded.value, ref = excluded.ref, score = excluded.score`},
		{&s.itemValue, `UPDATE items SET value = ?5, ref = ?6` + oneItem},
		{&s.itemScore, `UPDATE items SET value = ?5, ref = ?6, score = ?7` + oneItem},
		{&s.itemDrop, `DELETE FROM items` + oneItem},
		{&s.placedDrop, `DELETE FROM items WHERE id = ?1 AND part = ?2 AND pos >= ?3 AND pos <= ?4`},
		{&s.blobPut, `INSERT INTO blobs (ref, value) VALUES (?1, ?2) ON CONFLICT (ref) DO UPDATE SET value = excluded.value`},
		{&s.blobLen, `SELECT length(value) FROM blobs WHERE ref = ?1`},
		{&s.blobDrop, `DELETE FROM blobs WHERE ref = ?1`},
		{&s.chunkLen, `SELECT length(value) FROM chunks WHERE at = ?1`},
		{&s.chunkPut, `INSERT INTO chunks (at, value) VALUES (?1, ?2) ON CONFLICT (at) DO UPDATE SET value = excluded.value`},
		{&s.chunkDrop, `DELETE FROM chunks WHERE at = ?1`},
		{&s.sweepIDs, `SELECT id FROM orphans WHERE ` + local + ` ORDER BY id LIMIT 1`},
		{&s.sweepItems, `SELECT part, pos, field FROM items WHERE id = ?1 ORDER BY part, pos, field LIMIT 1 OFFSET ?2`},
		{&s.sweepBlobs, `DELETE FROM blobs WHERE ref IN (SELECT ref FROM items
			WHERE id = ?1 AND (part, pos, field) < (?2, ?3, ?4) AND ref IS NOT NULL)`},
		{&s.sweepDelete, `DELETE FROM items WHERE id = ?1 AND (part, pos, field) < (?2, ?3, ?4)`},
		{&s.sweepChunks, `SELECT at FROM chunks WHERE at >= ?1 AND at < ?2 ORDER BY at LIMIT 1 OFFSET ?3`},
		{&s.sweepChunkDrop, `DELETE FROM chunks WHERE at >= ?1 AND at < ?2`},
		{&s.sweepBlocks, `DELETE FROM blocks WHERE id = ?1`},
		{&s.orphanDrop, `DELETE FROM orphans WHERE id = ?1`},
		{&s.deadSpaces, `SELECT ns FROM dead_spaces ORDER BY ns LIMIT 1`},
		{&s.deadHeads, `SELECT h, name FROM heads WHERE ns = ?1 ORDER BY h, name LIMIT 1 OFFSET ?2`},
		{&s.deadOrphans, `INSERT INTO orphans (id, bytes) SELECT id, bytes FROM heads
			WHERE ns = ?1 AND (h, name) < (?2, ?3) AND id <> 0 ON CONFLICT DO NOTHING`},
		{&s.deadBytes, `SELECT coalesce(sum(bytes), 0), coalesce(sum(bytes) FILTER (WHERE id = 0), 0) FROM heads
			WHERE ns = ?1 AND (h, name) < (?2, ?3)`},
		{&s.deadLess, `UPDATE dead_spaces SET bytes = bytes - ?2 WHERE ns = ?1`},
		{&s.orphanBytes, `SELECT bytes FROM orphans WHERE id = ?1`},
		{&s.deadDrop, `DELETE FROM heads WHERE ns = ?1 AND (h, name) < (?2, ?3)`},
		{&s.deadSpaceDrop, `DELETE FROM dead_spaces WHERE ns = ?1`},
	}
}

// shape is one of the ways to walk items; each has its own statements, as many as loops are nested.
type shape uint8

const (
	naturalUp shape = iota
	naturalDown
	placedUp
	placedDown
	scoreUp
	scoreDown
	wholeUp // from a score up to a score, whatever the fields: a third of the steps for a row
	wholeDown
	chunksUp
	chunksDown
	shapes
)

// shapeSQL is indexed by shape. In all of them the last two parameters are limit and offset.
func (s shape) sql() string {
	const rows = `SELECT pos, field, score, value, ref`
	const members = `SELECT pos, field, score, NULL, ref` // scored items have no value inline: the index has it all
	// Placed items have no field to read, nor to compare with the bounds: a fourth of the time of a row.
	const placed = `SELECT pos, value, ref FROM items WHERE id = ?1 AND part = ?2 AND pos >= ?3 AND pos <= ?4 ORDER BY ` +
		`pos `
	const chunks = `SELECT at & 1048575, NULL, NULL, value, NULL FROM chunks WHERE at >= ?1 AND at < ?2 ORDER BY at `
	switch s {
	case naturalUp:
		return rows + naturalRange + `ORDER BY pos, field LIMIT ?7 OFFSET ?8`
	case naturalDown:
		return rows + naturalRange + `ORDER BY pos DESC, field DESC LIMIT ?7 OFFSET ?8`
	case placedUp:
		return placed + `LIMIT ?5 OFFSET ?6`
	case placedDown:
		return placed + `DESC LIMIT ?5 OFFSET ?6`
	case scoreUp:
		return members + scoreRange + `ORDER BY score, field LIMIT ?7 OFFSET ?8`
	case scoreDown:
		return members + scoreRange + `ORDER BY score DESC, field DESC LIMIT ?7 OFFSET ?8`
	case wholeUp:
		return members + wholeScores + `ORDER BY score, field LIMIT ?5 OFFSET ?6`
	case wholeDown:
		return members + wholeScores + `ORDER BY score DESC, field DESC LIMIT ?5 OFFSET ?6`
	case chunksUp:
		return chunks + `LIMIT ?3 OFFSET ?4`
	default:
		return chunks + `DESC LIMIT ?3 OFFSET ?4`
	}
}
