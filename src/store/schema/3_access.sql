-- No password, key or token is kept, only what it hashes to.
CREATE TABLE users (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    key TEXT NOT NULL UNIQUE,
    -- argon2id, in the PHC string format
    hash TEXT NOT NULL,
    created DOUBLE PRECISION NOT NULL
);
CREATE TABLE sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- SHA-256 of the token
    hash TEXT NOT NULL UNIQUE,
    -- what the browser calls itself
    browser TEXT NOT NULL,
    created DOUBLE PRECISION NOT NULL,
    seen DOUBLE PRECISION NOT NULL,
    expires DOUBLE PRECISION NOT NULL
);
CREATE TABLE api_keys (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    -- how the key begins, to tell it by
    prefix TEXT NOT NULL,
    -- SHA-256 of the key
    hash TEXT NOT NULL UNIQUE,
    -- read, run, write; separated by commas
    scopes TEXT NOT NULL,
    created DOUBLE PRECISION NOT NULL,
    used DOUBLE PRECISION
);
