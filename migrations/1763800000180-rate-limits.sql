-- How often somebody did what may be done only so often: the columns are those that rate-limiter-flexible reads and writes.
CREATE TABLE rate_limit (
  key    varchar(255) PRIMARY KEY,          -- the limit's name and a keyed digest of whom it counts
  points integer      NOT NULL DEFAULT 0,
  expire bigint                             -- milliseconds since 1970; from then on the count starts anew
);
CREATE INDEX rate_limit_expired ON rate_limit (expire);
