-- What never changes of a submission stands apart, with the indexes that lists are read by: on `kyc_submission` each of them got
-- another entry with every change of status, which was a sixth of the time of an append.
CREATE TABLE kyc_submission_opening (
  business_unit text              NOT NULL,
  id            uuid              NOT NULL,
  person_id     uuid              NOT NULL,
  kind          submission_kind   NOT NULL,
  opened_by     submission_opener NOT NULL,
  created_at    timestamptz(3)    NOT NULL,
  PRIMARY KEY (business_unit, id)
);

-- The database itself repeats each submission here, whoever opens it.
CREATE FUNCTION kyc_submission_opens() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO kyc_submission_opening VALUES (NEW.business_unit, NEW.id, NEW.person_id, NEW.kind, NEW.opened_by, NEW.created_at)
    ON CONFLICT (business_unit, id) DO UPDATE SET person_id = NEW.person_id, kind = NEW.kind, opened_by = NEW.opened_by,
      created_at = NEW.created_at;
  RETURN NULL;
END $$;
CREATE TRIGGER kyc_submission_opens AFTER INSERT ON kyc_submission FOR EACH ROW EXECUTE FUNCTION kyc_submission_opens();

-- After the trigger, whose creation waits for those who are writing: no submission is missed.
INSERT INTO kyc_submission_opening SELECT business_unit, id, person_id, kind, opened_by, created_at FROM kyc_submission;
CREATE INDEX kyc_submission_opening_newest ON kyc_submission_opening (business_unit, created_at DESC, id DESC);
CREATE INDEX kyc_submission_opening_of_person ON kyc_submission_opening (business_unit, person_id, created_at DESC, id DESC);
CREATE INDEX kyc_submission_opening_by_kind ON kyc_submission_opening (business_unit, kind, created_at DESC, id DESC);

-- Nobody looks for submissions by the partner's id: callbacks come to `gtf_session`.
DROP INDEX kyc_submission_newest, kyc_submission_of_person, kyc_submission_by_kind, kyc_submission_at_partner;
