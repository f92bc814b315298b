-- Appending in two round trips: one locks the submission, one writes everything. The chain's lock is taken last and held for as
-- little as possible, because all appends of a unit wait for it.

DROP FUNCTION IF EXISTS ledger_append(text, uuid, uuid, text, timestamptz, text, jsonb, jsonb, bytea);
DROP FUNCTION IF EXISTS ledger_append(text, uuid, uuid, text, timestamptz, text, jsonb, jsonb, bytea, uuid[], uuid[], text[],
  bytea[], jsonb);

-- Entries are written with an event whose person is known; checking that again would cost a tenth of an append.
ALTER TABLE vault_entry DROP CONSTRAINT IF EXISTS vault_entry_business_unit_person_id_fkey;

-- Rows that change in place stay in their page.
ALTER TABLE ledger_head SET (fillfactor = 10);
ALTER TABLE kyc_submission SET (fillfactor = 80);

-- Locks a submission until the transaction ends, and brings what it takes to seal something for its person.
CREATE FUNCTION ledger_lock(p_business_unit text, p_submission_id uuid)
RETURNS TABLE (submission kyc_submission, key_id text, wrapped_key bytea) LANGUAGE plpgsql AS $$
BEGIN
  SELECT s.* INTO submission FROM kyc_submission s
    WHERE s.business_unit = p_business_unit AND s.id = p_submission_id FOR UPDATE;
  IF NOT FOUND THEN RETURN; END IF;
  SELECT p.key_id, p.wrapped_key INTO key_id, wrapped_key FROM person p
    WHERE p.business_unit = p_business_unit AND p.id = (submission).person_id;
  RETURN NEXT;
END $$;

-- Writes an event with the personal data it brings and what the submission becomes; returns its place in the unit's chain, or
-- NULL when an event from this source is there already. Call it with the submission's row locked: then of two appends from one
-- source the second always sees the first.
-- hash = SHA-256(0x01 | previous hash | seq as 8 bytes big-endian | SHA-256 of the event's canonical body).
-- `p_submission` holds the projection's columns; NULL leaves it as it is.
-- Rows are found through the arbiter indexes of ON CONFLICT, never by a planned search: a function's plans are made once, on an
-- empty database perhaps, and may then walk an index that only begins with the right column.
CREATE FUNCTION ledger_append(
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
  IF p_submission IS NOT NULL THEN
    state := jsonb_populate_record(NULL::kyc_submission, p_submission);
  END IF;
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
  IF NOT FOUND THEN RETURN NULL; END IF;
  UPDATE ledger_head l SET seq = next_seq, hash = next_hash WHERE l.business_unit = p_business_unit;
  FOR i IN 1 .. cardinality(p_entry_ids) LOOP
    INSERT INTO vault_entry VALUES (p_business_unit, p_entry_ids[i], p_entry_people[i], p_entry_names[i],
      p_entries_sealed[i], p_at);
  END LOOP;
  IF p_submission IS NOT NULL THEN
    INSERT INTO kyc_submission VALUES (p_business_unit, p_submission_id, p_person_id, state.kind, state.opened_by,
      state.status, state.partner_submission_id, state.reason_code, state.verification, state.phone_entry,
      state.identity_entry, state.created_at, state.updated_at, next_seq)
    ON CONFLICT (business_unit, id) DO UPDATE SET status = state.status,
      partner_submission_id = state.partner_submission_id, reason_code = state.reason_code,
      verification = state.verification, phone_entry = state.phone_entry, identity_entry = state.identity_entry,
      updated_at = state.updated_at, last_seq = next_seq;
  END IF;
  RETURN next_seq;
END $$;
