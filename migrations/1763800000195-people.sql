-- Who is known by what, in a form that the person's own key opens: what features keep by phone number or e-mail address is erased with
-- the person, and the person can be told. `email` and `nik` lead to people as well.
ALTER TABLE person_index ADD COLUMN sealed bytea;
ALTER TABLE person_index DROP CONSTRAINT person_index_kind_check,
  ADD CONSTRAINT person_index_kind_check CHECK (kind IN ('subject', 'phone', 'nik', 'email'));
-- A restricted person is still found by everything they were known by; a token's subject then leads to a new person beside them.
DROP INDEX person_index_one_subject;

-- When the erasure or restriction was written to ERASURES_FILE; NULL: it is still to be written, or there is none.
ALTER TABLE person ADD COLUMN noted_at timestamptz(3);
CREATE INDEX person_to_note ON person (business_unit, id)
  WHERE noted_at IS NULL AND (erased_at IS NOT NULL OR restricted_until IS NOT NULL);

-- GTF's id of a submission leads back to the person's card: it is personal data, and lies in the vault.
ALTER TABLE kyc_submission DROP COLUMN partner_submission_id, ADD COLUMN partner_entry uuid;
-- See 1763800000070: the primary key has to be the newest index.
ALTER TABLE kyc_submission DROP CONSTRAINT kyc_submission_pkey, ADD PRIMARY KEY (business_unit, id);

CREATE OR REPLACE FUNCTION ledger_append(
  p_business_unit text, p_submission_id uuid, p_person_id uuid, p_type text, p_at timestamptz, p_source_key text,
  p_data jsonb, p_vault jsonb, p_body_digest bytea,
  p_entry_ids uuid[], p_entry_people uuid[], p_entry_names text[], p_entries_sealed bytea[],
  p_submission jsonb
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  head ledger_head%ROWTYPE;
  state kyc_submission%ROWTYPE;
  next_seq bigint;
  next_hash bytea;
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true);
  IF p_submission IS NOT NULL THEN
    state := jsonb_populate_record(NULL::kyc_submission, p_submission);
  END IF;
  FOR i IN 1 .. cardinality(p_entry_ids) LOOP
    INSERT INTO vault_entry VALUES (p_business_unit, p_entry_ids[i], p_entry_people[i], p_entry_names[i],
      p_entries_sealed[i], p_at);
  END LOOP;
  SELECT * INTO head FROM ledger_head l WHERE l.business_unit = p_business_unit FOR UPDATE;
  IF NOT FOUND THEN
    INSERT INTO ledger_head VALUES (p_business_unit, 0, decode(repeat('00', 32), 'hex')) ON CONFLICT DO NOTHING;
    SELECT * INTO STRICT head FROM ledger_head l WHERE l.business_unit = p_business_unit FOR UPDATE;
  END IF;
  next_seq := head.seq + 1;
  next_hash := sha256('\x01'::bytea || head.hash || int8send(next_seq) || p_body_digest);
  INSERT INTO kyc_event VALUES (p_business_unit, next_seq, p_submission_id, p_person_id, p_type, p_at, p_source_key,
    p_data, p_vault, p_body_digest, head.hash, next_hash)
    ON CONFLICT (business_unit, source_key) DO NOTHING;
  IF NOT FOUND THEN
    DELETE FROM vault_entry v WHERE v.business_unit = p_business_unit AND v.id = ANY (p_entry_ids);
    RETURN NULL;
  END IF;
  UPDATE ledger_head l SET seq = next_seq, hash = next_hash WHERE l.business_unit = p_business_unit;
  IF p_submission IS NOT NULL THEN
    INSERT INTO kyc_submission (business_unit, id, person_id, kind, opened_by, status, reason_code, verification, decision,
      phone_entry, identity_entry, partner_entry, created_at, updated_at, last_seq)
    VALUES (p_business_unit, p_submission_id, p_person_id, state.kind, state.opened_by, state.status, state.reason_code,
      state.verification, state.decision, state.phone_entry, state.identity_entry, state.partner_entry, state.created_at,
      state.updated_at, next_seq)
    ON CONFLICT (business_unit, id) DO UPDATE SET status = state.status, reason_code = state.reason_code,
      verification = state.verification, decision = state.decision, phone_entry = state.phone_entry,
      identity_entry = state.identity_entry, partner_entry = state.partner_entry, updated_at = state.updated_at,
      last_seq = next_seq;
  END IF;
  RETURN next_seq;
END $$;

-- As in 1763800000080, and: an event that only happens to people who are neither forgotten nor restricted (`unwithdrawn`), or that
-- brings data of theirs, is written only while they are so. That is decided with the chain locked and the person held, so that nothing
-- of the kind comes after the event that says they are forgotten. Whoever is forgetting them at the moment holds them and is about to
-- wait for the chain: passed over, not waited for. `leads`: by what the data lets them be found.
DROP FUNCTION ledger_append_all;
CREATE FUNCTION ledger_append_all(p_business_unit text, p_events jsonb) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
  e record;
  digest bytea;
  head ledger_head%ROWTYPE;
  next_hash bytea;
  held tid;
  places bigint[] := '{}';
BEGIN
  SELECT * INTO head FROM ledger_head l WHERE l.business_unit = p_business_unit FOR UPDATE;
  IF NOT FOUND THEN
    INSERT INTO ledger_head VALUES (p_business_unit, 0, decode(repeat('00', 32), 'hex')) ON CONFLICT DO NOTHING;
    SELECT * INTO STRICT head FROM ledger_head l WHERE l.business_unit = p_business_unit FOR UPDATE;
  END IF;
  FOR e IN
    SELECT * FROM jsonb_to_recordset(p_events) AS q (
      submission_id uuid, person_id uuid, type text, at timestamptz, source_key text, data jsonb, vault jsonb, body_digest text,
      unwithdrawn boolean, entries jsonb, leads jsonb, read_seq bigint, status text, reason_code text, verification jsonb,
      phone_entry uuid, identity_entry uuid, partner_entry uuid, updated_at timestamptz)
  LOOP
    IF e.read_seq IS NOT NULL THEN
      SELECT s.ctid INTO held FROM kyc_submission s
        WHERE s.business_unit = p_business_unit AND s.id = e.submission_id AND s.last_seq = e.read_seq
        FOR UPDATE SKIP LOCKED;
      IF NOT FOUND THEN
        places := places || NULL::bigint;
        CONTINUE;
      END IF;
    END IF;
    IF e.unwithdrawn OR e.entries IS NOT NULL THEN
      PERFORM FROM person p
        WHERE p.business_unit = p_business_unit AND p.id = e.person_id AND p.erased_at IS NULL AND p.restricted_until IS NULL
        FOR KEY SHARE SKIP LOCKED;
      IF NOT FOUND THEN
        places := places || NULL::bigint;
        CONTINUE;
      END IF;
    END IF;
    digest := decode(e.body_digest, 'base64');
    next_hash := sha256('\x01'::bytea || head.hash || int8send(head.seq + 1) || digest);
    INSERT INTO kyc_event VALUES (p_business_unit, head.seq + 1, e.submission_id, e.person_id, e.type, e.at, e.source_key,
      e.data, e.vault, digest, head.hash, next_hash)
      ON CONFLICT (business_unit, source_key) DO NOTHING;
    IF NOT FOUND THEN
      places := places || 0::bigint;
      CONTINUE;
    END IF;
    head.seq := head.seq + 1;
    head.hash := next_hash;
    IF e.entries IS NOT NULL THEN
      INSERT INTO vault_entry
        SELECT p_business_unit, n.id, e.person_id, n.name, decode(n.sealed, 'base64'), e.at
        FROM jsonb_to_recordset(e.entries) AS n (id uuid, name text, sealed text);
    END IF;
    IF e.leads IS NOT NULL THEN
      INSERT INTO person_index
        SELECT p_business_unit, n.kind, decode(n.digest, 'base64'), e.person_id, decode(n.sealed, 'base64')
        FROM jsonb_to_recordset(e.leads) AS n (kind text, digest text, sealed text)
        ON CONFLICT DO NOTHING;
    END IF;
    IF e.read_seq IS NOT NULL THEN
      UPDATE kyc_submission SET status = e.status, reason_code = e.reason_code, verification = e.verification,
        phone_entry = e.phone_entry, identity_entry = e.identity_entry, partner_entry = e.partner_entry,
        updated_at = e.updated_at, last_seq = head.seq
        WHERE ctid = held;
    END IF;
    places := places || head.seq;
  END LOOP;
  UPDATE ledger_head l SET seq = head.seq, hash = head.hash WHERE l.business_unit = p_business_unit;
  RETURN places;
END $$;

-- Of a forgotten person's delivery only that there was one stays: NULL says that nobody can tell to whom.
ALTER TABLE otp_delivery ALTER COLUMN masked_identifier DROP NOT NULL;

-- GTF may call about somebody after they were erased. Keyed digests of the ids it would name, for as long as callbacks about strangers
-- are kept: such a callback is dropped at once.
CREATE TABLE gtf_forgotten (
  business_unit text           NOT NULL,
  digest        bytea          NOT NULL,
  forgotten_at  timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (business_unit, digest)
);
