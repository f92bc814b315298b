-- What a sealed challenge code refers to: the validation page's token and the private key its answers are sealed for, encrypted.
-- Written only with SATUSEHAT_CHALLENGE_MODE=sealed, and deleted after 30 minutes at most.
CREATE TABLE satusehat_frame (
  business_unit text           NOT NULL,
  submission_id uuid           NOT NULL,
  key_id        text           NOT NULL,
  sealed        bytea          NOT NULL,
  expires_at    timestamptz(3) NOT NULL,
  PRIMARY KEY (business_unit, submission_id)
);
