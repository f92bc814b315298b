-- The KYC ledger: people and their keys, the vault of personal data, the append-only chain of events, and its projection.
-- Every tenant table's primary key starts with the business unit.

-- A person as one business unit knows them. The data key encrypts all of the person's values in the vault;
-- destroying it (wrapped_key = NULL) makes them unreadable here for good. What is true of backups: docs/guides/prove-and-forget.md.
CREATE TABLE person (
  business_unit    text           NOT NULL,
  id               uuid           NOT NULL,
  key_id           text,
  wrapped_key      bytea,
  created_at       timestamptz(3) NOT NULL,
  restricted_until timestamptz(3),
  erased_at        timestamptz(3),
  PRIMARY KEY (business_unit, id),
  CONSTRAINT person_key_or_erased CHECK ((wrapped_key IS NULL) = (erased_at IS NOT NULL)),
  CONSTRAINT person_key_named CHECK ((wrapped_key IS NULL) = (key_id IS NULL))
);

-- Keyed digests (blind index) that lead to a person. Personal data themselves: deleted on erasure.
CREATE TABLE person_index (
  business_unit text  NOT NULL,
  kind          text  NOT NULL CHECK (kind IN ('subject', 'phone', 'nik')),
  digest        bytea NOT NULL,
  person_id     uuid  NOT NULL,
  PRIMARY KEY (business_unit, kind, digest, person_id),
  FOREIGN KEY (business_unit, person_id) REFERENCES person (business_unit, id)
);
-- One token subject is one person; phone numbers change hands.
CREATE UNIQUE INDEX person_index_one_subject ON person_index (business_unit, digest) WHERE kind = 'subject';
CREATE INDEX person_index_of_person ON person_index (business_unit, person_id);

-- Personal data, AES-256-GCM under the person's data key, bound to its row (see person-vault.ts).
CREATE TABLE vault_entry (
  business_unit text           NOT NULL,
  id            uuid           NOT NULL,
  person_id     uuid           NOT NULL,
  name          text           NOT NULL,
  sealed        bytea          NOT NULL,
  created_at    timestamptz(3) NOT NULL,
  PRIMARY KEY (business_unit, id),
  FOREIGN KEY (business_unit, person_id) REFERENCES person (business_unit, id)
);
CREATE INDEX vault_entry_of_person ON vault_entry (business_unit, person_id);

-- The end of each unit's chain; locked while an event is appended.
CREATE TABLE ledger_head (
  business_unit text   NOT NULL PRIMARY KEY,
  seq           bigint NOT NULL,
  hash          bytea  NOT NULL CHECK (length(hash) = 32)
);

-- What happened. `vault` names the personal data an event brought, by digest and commitment, never in clear.
CREATE TABLE kyc_event (
  business_unit text           NOT NULL,
  seq           bigint         NOT NULL,
  submission_id uuid,
  person_id     uuid           NOT NULL,
  type          text           NOT NULL,
  at            timestamptz(3) NOT NULL,
  source_key    text           NOT NULL,
  data          jsonb          NOT NULL,
  vault         jsonb          NOT NULL,
  body_digest   bytea          NOT NULL CHECK (length(body_digest) = 32),
  previous_hash bytea          NOT NULL CHECK (length(previous_hash) = 32),
  hash          bytea          NOT NULL CHECK (length(hash) = 32),
  PRIMARY KEY (business_unit, seq),
  CONSTRAINT kyc_event_once UNIQUE (business_unit, source_key)
);
CREATE INDEX kyc_event_of_submission ON kyc_event (business_unit, submission_id, seq);

CREATE FUNCTION kyc_event_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'kyc_event is append-only: % is refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER kyc_event_no_change BEFORE UPDATE OR DELETE ON kyc_event
  FOR EACH ROW EXECUTE FUNCTION kyc_event_is_append_only();
CREATE TRIGGER kyc_event_no_truncate BEFORE TRUNCATE ON kyc_event
  FOR EACH STATEMENT EXECUTE FUNCTION kyc_event_is_append_only();

-- The state of every submission, folded from its events; can be dropped and rebuilt.
CREATE TABLE kyc_submission (
  business_unit         text           NOT NULL,
  id                    uuid           NOT NULL,
  person_id             uuid           NOT NULL,
  kind                  text           NOT NULL CHECK (kind IN ('gtf-siv', 'gtf-coe', 'satusehat', 'common-kyc')),
  opened_by             text           NOT NULL CHECK (opened_by IN ('user', 'back-office')),
  status                text           NOT NULL,
  partner_submission_id text,
  reason_code           text,
  verification          jsonb,
  phone_entry           uuid,
  identity_entry        uuid,
  created_at            timestamptz(3) NOT NULL,
  updated_at            timestamptz(3) NOT NULL,
  last_seq              bigint         NOT NULL,
  PRIMARY KEY (business_unit, id)
);
CREATE INDEX kyc_submission_newest ON kyc_submission (business_unit, created_at DESC, id DESC);
CREATE INDEX kyc_submission_of_person ON kyc_submission (business_unit, person_id, created_at DESC, id DESC);
CREATE INDEX kyc_submission_by_status ON kyc_submission (business_unit, status, created_at DESC, id DESC);
CREATE INDEX kyc_submission_by_kind ON kyc_submission (business_unit, kind, created_at DESC, id DESC);
CREATE INDEX kyc_submission_at_partner ON kyc_submission (business_unit, partner_submission_id)
  WHERE partner_submission_id IS NOT NULL;

-- Appends one event to a unit's chain: the only part of an append that holds the chain's lock, in one round trip.
-- hash = SHA-256(0x01 | previous hash | seq as 8 bytes big-endian | SHA-256 of the event's canonical body).
-- An event already there by its source key is returned as it is.
CREATE FUNCTION ledger_append(
  p_business_unit text, p_submission_id uuid, p_person_id uuid, p_type text, p_at timestamptz, p_source_key text,
  p_data jsonb, p_vault jsonb, p_body_digest bytea
) RETURNS TABLE (seq bigint, hash bytea, appended boolean) LANGUAGE plpgsql AS $$
DECLARE
  head ledger_head%ROWTYPE;
  next_hash bytea;
BEGIN
  INSERT INTO ledger_head VALUES (p_business_unit, 0, decode(repeat('00', 32), 'hex')) ON CONFLICT DO NOTHING;
  SELECT * INTO STRICT head FROM ledger_head l WHERE l.business_unit = p_business_unit FOR UPDATE;
  RETURN QUERY SELECT e.seq, e.hash, false FROM kyc_event e
    WHERE e.business_unit = p_business_unit AND e.source_key = p_source_key;
  IF FOUND THEN RETURN; END IF;
  next_hash := sha256('\x01'::bytea || head.hash || int8send(head.seq + 1) || p_body_digest);
  INSERT INTO kyc_event VALUES (p_business_unit, head.seq + 1, p_submission_id, p_person_id, p_type, p_at, p_source_key,
    p_data, p_vault, p_body_digest, head.hash, next_hash);
  UPDATE ledger_head l SET seq = head.seq + 1, hash = next_hash WHERE l.business_unit = p_business_unit;
  RETURN QUERY SELECT head.seq + 1, next_hash, true;
END $$;
