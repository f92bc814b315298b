-- First answers to creating requests, for 24 hours. Nothing here opens without the caller's own key: `digest` finds the row, and the
-- answer is sealed with a key derived from the caller's. So neither a dump nor our own keys bring an answer back.
CREATE TABLE idempotency_key (
  business_unit  text           NOT NULL,
  digest         bytea          NOT NULL, -- keyed digest of caller, route and key
  request_digest bytea          NOT NULL, -- keyed digest of the validated body
  claim          uuid           NOT NULL, -- which try it is
  claimed_at     timestamptz(3) NOT NULL,
  expires_at     timestamptz(3) NOT NULL,
  answer         bytea,                   -- NULL while the first try runs, and once erased
  about          uuid,                    -- the submission the answer is about
  erased         boolean        NOT NULL DEFAULT false, -- the person was forgotten, and the answer with them
  PRIMARY KEY (business_unit, digest)
);
CREATE INDEX idempotency_key_expired ON idempotency_key (expires_at);
CREATE INDEX idempotency_key_about ON idempotency_key (business_unit, about);
