-- A unit's back office can have the limits of one identifier start anew; who did so, for whom and when is kept as long as deliveries are.
CREATE TABLE otp_limit_reset (
  business_unit     text           NOT NULL,
  id                uuid           NOT NULL,
  masked_identifier text           NOT NULL,
  recipient         bytea          NOT NULL,
  credential        text           NOT NULL,
  reset_at          timestamptz(3) NOT NULL,
  PRIMARY KEY (business_unit, id)
);
CREATE INDEX otp_limit_reset_age ON otp_limit_reset USING brin (reset_at);
