/**
 * The statements that make each version of the database from the previous version. A released entry never
 * changes; a change of the tables is a new entry. `PRAGMA user_version` counts the entries that a file has
 * had.
 */
export const migrations: readonly string[] = [
  `CREATE TABLE reports (
    id TEXT PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    site TEXT NOT NULL,
    person_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    reporter_id TEXT NOT NULL,
    reporter_address TEXT NOT NULL,
    reporter_since_ms INTEGER NOT NULL,
    reporter_met INTEGER NOT NULL,
    weight REAL NOT NULL,
    reason TEXT NOT NULL,
    note TEXT,
    room TEXT NOT NULL,
    mode TEXT NOT NULL,
    lobby TEXT NOT NULL,
    decision_id TEXT
  ) STRICT;
  CREATE INDEX reports_of_person ON reports (person_id, decision_id, at_ms);
  CREATE INDEX reports_by_reporter ON reports (reporter_id, person_id);
  CREATE INDEX reports_by_time ON reports (at_ms);
  CREATE TABLE stills (
    report_id TEXT PRIMARY KEY REFERENCES reports (id) ON DELETE CASCADE,
    reporter_address TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    jpeg BLOB NOT NULL
  ) STRICT;
  CREATE INDEX stills_by_address ON stills (reporter_address);
  CREATE INDEX stills_by_time ON stills (at_ms);
  CREATE TABLE persons (
    person_id TEXT PRIMARY KEY,
    site TEXT NOT NULL,
    visitor_key TEXT NOT NULL,
    address_hash TEXT NOT NULL,
    session_id TEXT NOT NULL,
    at_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX persons_by_session ON persons (session_id);
  CREATE TABLE measures (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    person_id TEXT NOT NULL,
    site TEXT NOT NULL,
    visitor_key TEXT NOT NULL,
    address_hash TEXT,
    address_until_ms INTEGER,
    at_ms INTEGER NOT NULL,
    until_ms INTEGER,
    reason TEXT NOT NULL,
    is_automatic INTEGER NOT NULL,
    made_by TEXT NOT NULL,
    decision_id TEXT NOT NULL,
    statement TEXT
  ) STRICT;
  CREATE TABLE pairs (
    kind TEXT NOT NULL,
    person_a TEXT NOT NULL,
    person_b TEXT NOT NULL,
    until_ms INTEGER NOT NULL,
    PRIMARY KEY (kind, person_a, person_b)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX pairs_by_time ON pairs (until_ms);
  CREATE TABLE tallies (
    person_id TEXT PRIMARY KEY,
    met INTEGER NOT NULL,
    reported INTEGER NOT NULL,
    at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX tallies_by_time ON tallies (at_ms);
  CREATE TABLE audit (
    number INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    text TEXT NOT NULL,
    hash TEXT NOT NULL
  ) STRICT;
  CREATE TABLE audit_marks (
    name TEXT PRIMARY KEY,
    number INTEGER NOT NULL,
    hash TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;`,
  // Lists the open reports of a site without reading the reports themselves.
  `CREATE INDEX open_reports ON reports (person_id, site) WHERE decision_id IS NULL;`,
  // The position of this store in the log that several servers share.
  `CREATE TABLE log_position (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    position TEXT NOT NULL
  ) STRICT;`,
]
