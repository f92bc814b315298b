-- Appending in two round trips: one locks the submission and looks what is known, one writes everything.
-- The chain's lock is taken last and held for as little as possible: all appends of a unit wait for it.

DROP FUNCTION ledger_append(text, uuid, uuid, text, timestamptz, text, jsonb, jsonb, bytea);

-- Locks a submission until the transaction ends. `seen`: an event from this source is in the chain already, looked up after
-- the lock was given, so that of two appends from one source the second always knows of the first.
CREATE FUNCTION ledger_lock(p_business_unit text, p_submission_id uuid, p_source_key text)
RETURNS TABLE (submission kyc_submission, key_id text, wrapped_key bytea, seen boolean) LANGUAGE plpgsql AS $$
BEGIN
  SELECT s.* INTO submission FROM kyc_submission s
    WHERE s.business_unit = p_business_unit AND s.id = p_submission_id FOR UPDATE;
  IF NOT FOUND THEN RETURN; END IF;
  SELECT p.key_id, p.wrapped_key INTO key_id, wrapped_key FROM person p
    WHERE p.business_unit = p_business_unit AND p.id = (submission).person_id;
  seen := EXISTS (SELECT FROM kyc_event e WHERE e.business_unit = p_business_unit AND e.source_key = p_source_key);
  RETURN NEXT;
END $$;

-- Writes an event with the personal data it brings and what the submission becomes; returns its place in the unit's chain.
-- hash = SHA-256(0x01 | previous hash | seq as 8 bytes big-endian | SHA-256 of the event's canonical body).
-- `p_submission` holds the projection's columns; NULL leaves it as it is. A source key that is there already is an error.
CREATE FUNCTION ledger_append(
  p_business_unit text, p_submission_id uuid, p_person_id uuid, p_type text, p_at timestamptz, p_source_key text,
  p_data jsonb, p_vault jsonb, p_body_digest bytea,
  p_entry_ids uuid[], p_entry_people uuid[], p_entry_names text[], p_entries_sealed bytea[],
  p_submission jsonb
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  head ledger_head%ROWTYPE;
  next_hash bytea;
  state kyc_submission%ROWTYPE;
BEGIN
  IF cardinality(p_entry_ids) > 0 THEN
    INSERT INTO vault_entry (business_unit, id, person_id, name, sealed, created_at)
      SELECT p_business_unit, u.id, u.person_id, u.name, u.sealed, p_at
        FROM unnest(p_entry_ids, p_entry_people, p_entry_names, p_entries_sealed) u (id, person_id, name, sealed);
  END IF;
  IF p_submission IS NOT NULL THEN
    state := jsonb_populate_record(NULL::kyc_submission, p_submission);
  END IF;

  SELECT * INTO head FROM ledger_head l WHERE l.business_unit = p_business_unit FOR UPDATE;
  IF NOT FOUND THEN
    INSERT INTO ledger_head VALUES (p_business_unit, 0, decode(repeat('00', 32), 'hex')) ON CONFLICT DO NOTHING;
    SELECT * INTO STRICT head FROM ledger_head l WHERE l.business_unit = p_business_unit FOR UPDATE;
  END IF;
  next_hash := sha256('\x01'::bytea || head.hash || int8send(head.seq + 1) || p_body_digest);
  INSERT INTO kyc_event VALUES (p_business_unit, head.seq + 1, p_submission_id, p_person_id, p_type, p_at, p_source_key,
    p_data, p_vault, p_body_digest, head.hash, next_hash);
  UPDATE ledger_head l SET seq = head.seq + 1, hash = next_hash WHERE l.business_unit = p_business_unit;
  IF p_submission IS NOT NULL THEN
    INSERT INTO kyc_submission VALUES (p_business_unit, p_submission_id, p_person_id, state.kind, state.opened_by,
      state.status, state.partner_submission_id, state.reason_code, state.verification, state.phone_entry,
      state.identity_entry, state.created_at, state.updated_at, head.seq + 1)
    ON CONFLICT (business_unit, id) DO UPDATE SET status = state.status,
      partner_submission_id = state.partner_submission_id, reason_code = state.reason_code,
      verification = state.verification, phone_entry = state.phone_entry, identity_entry = state.identity_entry,
      updated_at = state.updated_at, last_seq = head.seq + 1;
  END IF;
  RETURN head.seq + 1;
END $$;
