-- What follows is SQL that SQLite and PostgreSQL both know, but AUTOINCREMENT: no id is given twice, so that nobody who has an old
-- one meets another thing. Times are milliseconds since the epoch. `key` is a name without its case and form: no two share one.
CREATE TABLE projects (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    key TEXT NOT NULL UNIQUE,
    created DOUBLE PRECISION NOT NULL,
    changed DOUBLE PRECISION NOT NULL
);
CREATE TABLE tests (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    key TEXT NOT NULL,
    kind TEXT NOT NULL,
    -- the number of the newest version
    version INTEGER NOT NULL,
    created DOUBLE PRECISION NOT NULL,
    changed DOUBLE PRECISION NOT NULL,
    UNIQUE (project, key)
);
CREATE TABLE versions (
    test INTEGER NOT NULL REFERENCES tests (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    text TEXT NOT NULL,
    author TEXT,
    time DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (test, number)
);
