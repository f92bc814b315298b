-- A round of polls counts from `polls_from`; `polls` of them are made.
ALTER TABLE gtf_session RENAME COLUMN looks_from TO polls_from;
ALTER TABLE gtf_session RENAME COLUMN looks TO polls;
