-- Which tests a job has, and under which ids they run; holds no secret.
ALTER TABLE queue ADD COLUMN plan TEXT NOT NULL DEFAULT '[]';
-- What a job came to, in the words of each report.
CREATE TABLE job_reports (
    job INTEGER NOT NULL REFERENCES queue (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (job, kind)
);
