-- What became of each message about a run.
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run TEXT NOT NULL,
    -- none: a `_webhook` of the test. It may be gone by now; what was sent to it stays known.
    webhook INTEGER,
    kind TEXT NOT NULL,
    -- scheme, host and port: what follows them may be a secret
    address TEXT NOT NULL,
    -- what is to be sent; empty for a `_webhook`, whose URL is not kept, and when it is over
    body TEXT NOT NULL,
    -- pending, sent, failed
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    -- why the last attempt failed
    error TEXT,
    -- the host that sends it
    host TEXT NOT NULL,
    queued DOUBLE PRECISION NOT NULL,
    tried DOUBLE PRECISION,
    -- when it is tried next, while it is pending
    due DOUBLE PRECISION,
    ended DOUBLE PRECISION
);
CREATE INDEX deliveries_by_run ON deliveries (run, id);
CREATE INDEX deliveries_by_webhook ON deliveries (webhook, id);
CREATE INDEX deliveries_by_state ON deliveries (state, id);
