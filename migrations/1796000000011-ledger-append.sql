-- ledger_append (1796000000003) writes whole rows of kyc_submission: a call during which that table gets a column fails. This one names its
-- columns, takes the same and answers the same. The old one goes when no released version calls it (docs/adr/0027).
CREATE FUNCTION ledger_append_2(p_business_unit text, p_events jsonb) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
  e record;
  digest bytea;
  head ledger_head%ROWTYPE;
  next_hash bytea;
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
      read_seq bigint, unwithdrawn boolean, owner_id uuid, entries jsonb, leads jsonb, submission jsonb)
  LOOP
    IF e.read_seq IS NOT NULL THEN
      PERFORM FROM kyc_submission s
        WHERE s.business_unit = p_business_unit AND s.id = e.submission_id AND s.last_seq = e.read_seq FOR UPDATE SKIP LOCKED;
      IF NOT FOUND THEN places := places || NULL::bigint; CONTINUE; END IF;
    END IF;
    IF e.unwithdrawn OR e.entries IS NOT NULL THEN
      PERFORM FROM person p
        WHERE p.business_unit = p_business_unit AND p.id = e.owner_id AND p.erased_at IS NULL AND p.restricted_until IS NULL
        FOR KEY SHARE SKIP LOCKED;
      IF NOT FOUND THEN places := places || NULL::bigint; CONTINUE; END IF;
    END IF;
    digest := decode(e.body_digest, 'base64');
    next_hash := sha256('\x01'::bytea || head.hash || int8send(head.seq + 1) || digest);
    INSERT INTO kyc_event VALUES (p_business_unit, head.seq + 1, e.submission_id, e.person_id, e.type, e.at, e.source_key,
      e.data, e.vault, digest, head.hash, next_hash)
      ON CONFLICT (business_unit, source_key) DO NOTHING;
    IF NOT FOUND THEN places := places || 0::bigint; CONTINUE; END IF;
    head.seq := head.seq + 1;
    head.hash := next_hash;
    IF e.entries IS NOT NULL THEN
      INSERT INTO vault_entry
        SELECT p_business_unit, n.id, e.owner_id, n.name, decode(n.sealed, 'base64'), e.at
        FROM jsonb_to_recordset(e.entries) AS n (id uuid, name text, sealed text);
    END IF;
    IF e.leads IS NOT NULL THEN
      INSERT INTO person_index
        SELECT p_business_unit, n.kind, decode(n.digest, 'base64'), e.owner_id, decode(n.sealed, 'base64')
        FROM jsonb_to_recordset(e.leads) AS n (kind text, digest text, sealed text) ON CONFLICT DO NOTHING;
    END IF;
    IF e.submission IS NOT NULL THEN
      INSERT INTO kyc_submission (business_unit, id, person_id, kind, submission_type, opened_by, status, reason_code, verification,
          decision, phone_entry, identity_entry, partner_entry, created_at, updated_at, last_seq)
        SELECT s.business_unit, s.id, s.person_id, s.kind, s.submission_type, s.opened_by, s.status, s.reason_code, s.verification,
          s.decision, s.phone_entry, s.identity_entry, s.partner_entry, s.created_at, s.updated_at, head.seq
        FROM jsonb_to_record(e.submission) AS s (business_unit text, id uuid, person_id uuid, kind submission_kind,
          submission_type text, opened_by submission_opener, status text, reason_code text, verification jsonb, decision jsonb,
          phone_entry uuid, identity_entry uuid, partner_entry uuid, created_at timestamptz, updated_at timestamptz)
        ON CONFLICT (business_unit, id) DO UPDATE SET status = excluded.status, reason_code = excluded.reason_code,
          verification = excluded.verification, decision = excluded.decision, phone_entry = excluded.phone_entry,
          identity_entry = excluded.identity_entry, partner_entry = excluded.partner_entry, updated_at = excluded.updated_at,
          last_seq = excluded.last_seq;
    END IF;
    places := places || head.seq;
  END LOOP;
  UPDATE ledger_head l SET seq = head.seq, hash = head.hash WHERE l.business_unit = p_business_unit;
  RETURN places;
END $$;
