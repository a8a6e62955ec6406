-- Which test of its project a run is of: the test's key, which follows when the test is renamed.
ALTER TABLE runs ADD COLUMN test_key TEXT;
CREATE INDEX runs_by_test ON runs (project_key, test_key, started, id);
