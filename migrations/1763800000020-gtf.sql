-- GTF OneKYC: what the ledger does not hold, because GTF needs it of us at every call of a journey.
-- Every tenant table's primary key starts with the business unit.

-- One journey of one person. Whom GTF knows them as stands in the person's vault (person_entry), so that erasing the
-- person ends every further question about them.
CREATE TABLE gtf_session (
  business_unit         text           NOT NULL,
  submission_id         uuid           NOT NULL,
  family                text           NOT NULL CHECK (family IN ('coe', 'siv')),
  partner_session_id    text           NOT NULL,
  sdk_session_id        text           NOT NULL,
  partner_submission_id text,
  person_entry          uuid           NOT NULL,
  created_at            timestamptz(3) NOT NULL,
  -- Polling (GTF_POLL_SCHEDULE): counted from here; null while there is nothing to ask about.
  looks_from            timestamptz(3),
  -- How many looks were made in this round; the row moves on exactly once a look.
  looks                 integer        NOT NULL DEFAULT 0,
  PRIMARY KEY (business_unit, submission_id)
);
CREATE UNIQUE INDEX gtf_session_of_journey ON gtf_session (business_unit, partner_session_id);
CREATE INDEX gtf_session_at_partner ON gtf_session (business_unit, partner_submission_id)
  WHERE partner_submission_id IS NOT NULL;

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

-- Callbacks as they arrived, byte for byte, each once a unit. Parked (submission_id null) until their submission is known;
-- then the bytes move into the person's vault (vault_entry) and the row keeps the digest.
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
CREATE INDEX gtf_callback_parked_by_id ON gtf_callback (business_unit, partner_submission_id)
  WHERE submission_id IS NULL;
CREATE INDEX gtf_callback_parked_by_session ON gtf_callback (business_unit, partner_session_id)
  WHERE submission_id IS NULL;
