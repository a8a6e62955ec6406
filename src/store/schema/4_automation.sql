CREATE TABLE schedules (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    -- none: all tests of the project
    test INTEGER REFERENCES tests (id) ON DELETE CASCADE,
    cron TEXT NOT NULL,
    zone TEXT NOT NULL,
    paused INTEGER NOT NULL,
    created DOUBLE PRECISION NOT NULL,
    -- the last time that it was due and was seen to
    last_due DOUBLE PRECISION,
    -- how many times that it was due were missed since it last ran
    missed INTEGER NOT NULL
);
CREATE TABLE webhooks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- none: for all projects
    project INTEGER REFERENCES projects (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    url TEXT NOT NULL,
    -- what bodies are signed with; empty: they are not
    secret TEXT NOT NULL,
    only_failures INTEGER NOT NULL,
    created DOUBLE PRECISION NOT NULL
);
CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
