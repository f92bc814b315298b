-- What the back office decided about a submission, folded from its events like the rest of the row.
ALTER TABLE kyc_submission ADD COLUMN decision jsonb;

-- As before, with the decision. A decision is always appended with the submission locked, so `ledger_append_all` never writes one.
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
    INSERT INTO kyc_submission (business_unit, id, person_id, kind, opened_by, status, partner_submission_id, reason_code,
      verification, decision, phone_entry, identity_entry, created_at, updated_at, last_seq)
    VALUES (p_business_unit, p_submission_id, p_person_id, state.kind, state.opened_by, state.status,
      state.partner_submission_id, state.reason_code, state.verification, state.decision, state.phone_entry,
      state.identity_entry, state.created_at, state.updated_at, next_seq)
    ON CONFLICT (business_unit, id) DO UPDATE SET status = state.status,
      partner_submission_id = state.partner_submission_id, reason_code = state.reason_code,
      verification = state.verification, decision = state.decision, phone_entry = state.phone_entry,
      identity_entry = state.identity_entry, updated_at = state.updated_at, last_seq = next_seq;
  END IF;
  RETURN next_seq;
END $$;
