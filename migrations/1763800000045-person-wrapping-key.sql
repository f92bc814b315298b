-- Which people's keys are still wrapped by a key that is being retired.
CREATE INDEX person_wrapping_key ON person (key_id) WHERE key_id IS NOT NULL;
