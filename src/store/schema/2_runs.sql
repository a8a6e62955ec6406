-- An index of the folders below runs/, which are the truth: it can be made anew from them.
CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    project TEXT,
    project_key TEXT,
    test TEXT NOT NULL,
    file TEXT NOT NULL,
    block TEXT,
    -- what a search looks through: file and block without their case
    search TEXT NOT NULL,
    status TEXT NOT NULL,
    started DOUBLE PRECISION NOT NULL,
    duration DOUBLE PRECISION,
    cause TEXT,
    repetition INTEGER NOT NULL,
    repetitions INTEGER NOT NULL,
    attempt INTEGER NOT NULL
);
CREATE INDEX runs_by_time ON runs (started, id);
CREATE INDEX runs_by_project ON runs (project_key, started, id);
CREATE TABLE queue (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project INTEGER REFERENCES projects (id) ON DELETE SET NULL,
    -- what to run, as its caller wrote it; empty when it is over: it may hold secrets
    payload TEXT NOT NULL,
    cause TEXT NOT NULL,
    schedule INTEGER,
    state TEXT NOT NULL,
    -- the host that runs it
    host TEXT,
    queued DOUBLE PRECISION NOT NULL,
    started DOUBLE PRECISION,
    ended DOUBLE PRECISION,
    status TEXT,
    reason TEXT
);
CREATE INDEX queue_by_state ON queue (state, id);
CREATE UNIQUE INDEX queue_one_waiting ON queue (schedule) WHERE state = 'waiting' AND schedule IS NOT NULL;
