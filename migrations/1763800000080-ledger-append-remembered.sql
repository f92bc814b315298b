-- What a process remembers of a submission saves reading it before its next event. Whoever appends hears the event's place in the
-- chain, to remember what it made of the submission; and personal data is written only while its person may still be kept, which
-- nobody has looked at meanwhile.
DROP FUNCTION ledger_append_all;

-- Many events of one unit in one statement, which is a transaction of its own: they share the chain's lock, the round trip and the
-- flush to disk. `p_events` is a JSON array in the order of the chain; bytes are base64. For each event, in that order:
--   its `seq`  it has its place in the chain
--   0          an event from this source is there already
--   NULL       its submission is not, or will not be, as it was when the event was prepared (`read_seq`, its `last_seq` then), or the
--              person whose data it brings was forgotten or restricted; nothing was written, and whoever prepared it has to look again
-- `read_seq` NULL: the event leaves the submission as it is, whatever that is. Hash as in `ledger_append`.
-- A submission that somebody else holds is passed over, not waited for: whoever holds one may be about to wait for the chain.
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
      entries jsonb, read_seq bigint, status text, partner_submission_id text, reason_code text, verification jsonb,
      phone_entry uuid, identity_entry uuid, updated_at timestamptz)
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
    IF e.entries IS NOT NULL THEN
      PERFORM FROM person p
        WHERE p.business_unit = p_business_unit AND p.id = e.person_id AND p.erased_at IS NULL AND p.restricted_until IS NULL;
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
    IF e.read_seq IS NOT NULL THEN
      UPDATE kyc_submission SET status = e.status, partner_submission_id = e.partner_submission_id,
        reason_code = e.reason_code, verification = e.verification, phone_entry = e.phone_entry,
        identity_entry = e.identity_entry, updated_at = e.updated_at, last_seq = head.seq
        WHERE ctid = held;
    END IF;
    places := places || head.seq;
  END LOOP;
  UPDATE ledger_head l SET seq = head.seq, hash = head.hash WHERE l.business_unit = p_business_unit;
  RETURN places;
END $$;
