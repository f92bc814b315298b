-- What Common KYC has not got yet is counted for operators, now and then, beside millions of rows that it has.
CREATE INDEX common_kyc_share_unsent ON common_kyc_share (state, give_up_at) WHERE state <> 'accepted';
