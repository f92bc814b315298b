-- GTF OneKYC: what the ledger does not hold, because every call to GTF needs it.
-- Every tenant table's primary key starts with the business unit.

-- A person's session at GTF. How GTF knows the person is in their vault (person_entry): erasing the person ends every further poll.
CREATE TABLE gtf_session (
  business_unit         text           NOT NULL,
  submission_id         uuid           NOT NULL,
  family                text           NOT NULL CHECK (family IN ('coe', 'siv')),
  partner_session_id    text           NOT NULL,
  sdk_session_id        text           NOT NULL,
  partner_submission_id text,
  person_entry          uuid           NOT NULL,
  created_at            timestamptz(3) NOT NULL,
  polls_from            timestamptz(3), -- a round of polls (GTF_POLL_SCHEDULE) counts from here; NULL while there is nothing to ask
  polls                 integer        NOT NULL DEFAULT 0, -- made in this round; each poll counts exactly once
  -- The way to GTF's page, with which anybody acts as the person: encrypted, and dropped when it expires.
  launch_key_id         text,
  launch_sealed         bytea,
  launch_expires_at     timestamptz(3),
  PRIMARY KEY (business_unit, submission_id),
  CONSTRAINT gtf_session_launch_named CHECK ((launch_sealed IS NULL) = (launch_key_id IS NULL))
);
CREATE UNIQUE INDEX gtf_session_once ON gtf_session (business_unit, partner_session_id);
CREATE INDEX gtf_session_at_partner ON gtf_session (business_unit, partner_submission_id) WHERE partner_submission_id IS NOT NULL;

-- The documents GTF wants for a COE submission. A signed URL is a credential: encrypted, and dropped when it expires.
CREATE TABLE gtf_document (
  business_unit text           NOT NULL,
  submission_id uuid           NOT NULL,
  type          text           NOT NULL,
  url_key_id    text,
  url_sealed    bytea,
  expires_at    timestamptz(3) NOT NULL,
  sha256        text CHECK (length(sha256) = 64),
  bytes         integer,
  uploaded_at   timestamptz(3),
  PRIMARY KEY (business_unit, submission_id, type),
  FOREIGN KEY (business_unit, submission_id) REFERENCES gtf_session (business_unit, submission_id),
  CONSTRAINT gtf_document_url_named CHECK ((url_sealed IS NULL) = (url_key_id IS NULL))
);
CREATE INDEX gtf_document_with_url ON gtf_document (expires_at) WHERE url_sealed IS NOT NULL;

-- Callbacks as they arrived, byte for byte, each once a unit. Parked (submission_id NULL) until their submission is known; then the
-- bytes move into the person's vault (vault_entry) and the row keeps the digest.
CREATE TABLE gtf_callback (
  business_unit         text           NOT NULL,
  digest                bytea          NOT NULL CHECK (length(digest) = 32),
  partner_submission_id text,
  partner_session_id    text,
  key_id                text,
  sealed                bytea,
  submission_id         uuid,
  vault_entry           uuid,
  received_at           timestamptz(3) NOT NULL,
  PRIMARY KEY (business_unit, digest),
  CONSTRAINT gtf_callback_sealed_named CHECK ((sealed IS NULL) = (key_id IS NULL))
);
CREATE INDEX gtf_callback_parked_by_id ON gtf_callback (business_unit, partner_submission_id) WHERE submission_id IS NULL;
CREATE INDEX gtf_callback_parked_by_session ON gtf_callback (business_unit, partner_session_id) WHERE submission_id IS NULL;

-- Keyed digests of the ids that a late callback about an erased person would name: it is dropped at once. Kept as long as callbacks
-- about strangers are.
CREATE TABLE gtf_forgotten (
  business_unit text           NOT NULL,
  digest        bytea          NOT NULL,
  forgotten_at  timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (business_unit, digest)
);
