-- One row a submission whose approved data is shared with Common KYC. The data itself stays in the vault. Of the shares of one phone
-- number the newest approval wins. The digests lead to a person: deleted on erasure. What is to be done is in the jobs.
CREATE TABLE common_kyc_share (
  business_unit text           NOT NULL,
  submission_id uuid           NOT NULL,
  person_id     uuid           NOT NULL,
  number_digest bytea          NOT NULL, -- keyed digest of the phone number
  content       bytea          NOT NULL, -- keyed digest of what is sent, so that equal data is not sent twice
  version       bigint         NOT NULL, -- `seq` of the approval in the unit's chain
  state         text           NOT NULL CHECK (state IN ('waiting', 'accepted', 'failed')),
  tries         integer        NOT NULL,
  due_at        timestamptz(3) NOT NULL, -- not tried before
  give_up_at    timestamptz(3) NOT NULL,
  accepted_at   timestamptz(3),
  PRIMARY KEY (business_unit, submission_id)
);
CREATE INDEX common_kyc_share_of_number ON common_kyc_share (business_unit, number_digest, version);
CREATE INDEX common_kyc_share_of_person ON common_kyc_share (business_unit, person_id);
