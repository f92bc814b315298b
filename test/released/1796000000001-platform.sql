-- What every feature uses: limits and the first responses to requests that may be repeated.

-- How often something that is limited was done. The columns are those that rate-limiter-flexible reads and writes.
CREATE TABLE rate_limit (
  key    varchar(255) PRIMARY KEY,          -- the limit's name and a keyed digest of whom it counts
  points integer      NOT NULL DEFAULT 0,
  expire bigint                             -- milliseconds since 1970; from then on the count starts anew
);
CREATE INDEX rate_limit_expired ON rate_limit (expire);

-- First answers to creating requests with an `Idempotency-Key`, for 24 hours. The answer is sealed with a key derived from the caller's
-- own key, of which only a keyed digest is here: neither a dump nor the gateway's keys bring an answer back.
CREATE TABLE idempotency_key (
  business_unit  text           NOT NULL,
  digest         bytea          NOT NULL, -- keyed digest of caller, route and key
  request_digest bytea          NOT NULL, -- keyed digest of the validated body
  claim          uuid           NOT NULL, -- which try it is
  claimed_at     timestamptz(3) NOT NULL,
  expires_at     timestamptz(3) NOT NULL,
  answer         bytea,                   -- NULL while the first try runs, and once erased
  about          uuid,                    -- the submission the answer is about
  erased         boolean        NOT NULL DEFAULT false, -- with the person whom the answer was about
  PRIMARY KEY (business_unit, digest)
);
CREATE INDEX idempotency_key_expired ON idempotency_key (expires_at);
CREATE INDEX idempotency_key_about ON idempotency_key (business_unit, about);
