-- When a person's data may be destroyed. `retained_from`: the newest approval, from which identity records must be kept
-- (UU 8/2010 Art 21). `restricted_until`: nobody may use the data any more, and then it is destroyed.
ALTER TABLE person ADD COLUMN retained_from timestamptz(3);
CREATE INDEX person_due ON person (restricted_until) WHERE restricted_until IS NOT NULL;

DROP FUNCTION ledger_lock(text, uuid);

-- Locks a submission until the transaction ends, and brings what it takes to seal something for its person.
CREATE FUNCTION ledger_lock(p_business_unit text, p_submission_id uuid)
RETURNS TABLE (submission kyc_submission, key_id text, wrapped_key bytea, restricted_until timestamptz) LANGUAGE plpgsql AS $$
BEGIN
  SELECT s.* INTO submission FROM kyc_submission s
    WHERE s.business_unit = p_business_unit AND s.id = p_submission_id FOR UPDATE;
  IF NOT FOUND THEN RETURN; END IF;
  SELECT p.key_id, p.wrapped_key, p.restricted_until INTO key_id, wrapped_key, restricted_until FROM person p
    WHERE p.business_unit = p_business_unit AND p.id = (submission).person_id;
  RETURN NEXT;
END $$;
