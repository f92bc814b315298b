-- One row a submission whose approved data goes to Common KYC. The data itself stays in the vault.
-- `lane` is the keyed digest of the phone number: of one lane one push is under way at a time, newest approval wins.
-- `content` is a keyed digest of what is sent, so that equal data is not sent twice. Both lead to a person: deleted on erasure.
CREATE TABLE common_kyc_push (
  business_unit text           NOT NULL,
  submission_id uuid           NOT NULL,
  person_id     uuid           NOT NULL,
  lane          bytea          NOT NULL,
  content       bytea          NOT NULL,
  version       bigint         NOT NULL, -- `seq` of the approval in the unit's chain
  state         text           NOT NULL CHECK (state IN ('waiting', 'sending', 'accepted', 'failed')),
  tries         integer        NOT NULL,
  due_at        timestamptz(3) NOT NULL, -- not tried before
  give_up_at    timestamptz(3) NOT NULL,
  lease_until   timestamptz(3), -- a `sending` beyond this died
  accepted_at   timestamptz(3),
  PRIMARY KEY (business_unit, submission_id)
);
CREATE INDEX common_kyc_push_lane ON common_kyc_push (business_unit, lane, version);
CREATE INDEX common_kyc_push_of_person ON common_kyc_push (business_unit, person_id);
