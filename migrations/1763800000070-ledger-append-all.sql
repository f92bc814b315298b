-- A table's CHECK is read from the catalogue and prepared again by every statement: these took a quarter of an append. A domain's is
-- prepared once a session, and refuses the same.
CREATE DOMAIN sha256_hash AS bytea CHECK (length(VALUE) = 32);
CREATE DOMAIN submission_kind AS text CHECK (VALUE IN ('gtf-siv', 'gtf-coe', 'satusehat', 'common-kyc'));
CREATE DOMAIN submission_opener AS text CHECK (VALUE IN ('user', 'back-office'));
ALTER TABLE kyc_event DROP CONSTRAINT kyc_event_body_digest_check, DROP CONSTRAINT kyc_event_previous_hash_check,
  DROP CONSTRAINT kyc_event_hash_check, ALTER COLUMN body_digest TYPE sha256_hash,
  ALTER COLUMN previous_hash TYPE sha256_hash, ALTER COLUMN hash TYPE sha256_hash;
ALTER TABLE ledger_head DROP CONSTRAINT ledger_head_hash_check, ALTER COLUMN hash TYPE sha256_hash;
ALTER TABLE kyc_submission DROP CONSTRAINT kyc_submission_kind_check, DROP CONSTRAINT kyc_submission_opened_by_check,
  ALTER COLUMN kind TYPE submission_kind, ALTER COLUMN opened_by TYPE submission_opener;

-- On an empty database PostgreSQL cannot tell the primary key from the other indexes that begin with the unit and end with the id, and
-- takes the newest; plans of that time, which connections keep, read all of a unit's submissions to find one. Now the newest is this:
-- whatever builds another index of the table later has to build this one again after it.
ALTER TABLE kyc_submission DROP CONSTRAINT kyc_submission_pkey, ADD PRIMARY KEY (business_unit, id);

-- Many events of one unit in one statement, which is a transaction of its own: they share the chain's lock, the round trip and the
-- flush to disk. `p_events` is a JSON array in the order of the chain; bytes are base64. Each event's outcome, in that order:
--   appended   it has its place in the chain
--   repeated   an event from this source is there already
--   overtaken  its submission is not, or will not be, as it was when the event was prepared (`read_seq`, its `last_seq` then);
--              nothing was written, and whoever prepared it has to look again
-- `read_seq` NULL: the event leaves the submission as it is, whatever that is. Hash as in `ledger_append`.
-- A submission that somebody else holds is passed over, not waited for: whoever holds one may be about to wait for the chain.
CREATE FUNCTION ledger_append_all(p_business_unit text, p_events jsonb) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
  e record;
  digest bytea;
  head ledger_head%ROWTYPE;
  next_hash bytea;
  held tid;
  outcomes text[] := '{}';
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
        outcomes := outcomes || 'overtaken'::text;
        CONTINUE;
      END IF;
    END IF;
    digest := decode(e.body_digest, 'base64');
    next_hash := sha256('\x01'::bytea || head.hash || int8send(head.seq + 1) || digest);
    INSERT INTO kyc_event VALUES (p_business_unit, head.seq + 1, e.submission_id, e.person_id, e.type, e.at, e.source_key,
      e.data, e.vault, digest, head.hash, next_hash)
      ON CONFLICT (business_unit, source_key) DO NOTHING;
    IF NOT FOUND THEN
      outcomes := outcomes || 'repeated'::text;
      CONTINUE;
    END IF;
    head.seq := head.seq + 1;
    head.hash := next_hash;
    FOR i IN 0 .. jsonb_array_length(e.entries) - 1 LOOP
      INSERT INTO vault_entry VALUES (p_business_unit, (e.entries->i->>'id')::uuid, (e.entries->i->>'person_id')::uuid,
        e.entries->i->>'name', decode(e.entries->i->>'sealed', 'base64'), e.at);
    END LOOP;
    IF e.read_seq IS NOT NULL THEN
      UPDATE kyc_submission SET status = e.status, partner_submission_id = e.partner_submission_id,
        reason_code = e.reason_code, verification = e.verification, phone_entry = e.phone_entry,
        identity_entry = e.identity_entry, updated_at = e.updated_at, last_seq = head.seq
        WHERE ctid = held;
    END IF;
    outcomes := outcomes || 'appended'::text;
  END LOOP;
  UPDATE ledger_head l SET seq = head.seq, hash = head.hash WHERE l.business_unit = p_business_unit;
  RETURN outcomes;
END $$;
