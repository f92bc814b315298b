-- One row a submission whose approved data is shared with Common KYC, grouped by a keyed digest of the phone number.
ALTER TABLE common_kyc_push RENAME TO common_kyc_share;
ALTER TABLE common_kyc_share RENAME COLUMN lane TO number_digest;
ALTER TABLE common_kyc_share RENAME CONSTRAINT common_kyc_push_pkey TO common_kyc_share_pkey;
ALTER TABLE common_kyc_share RENAME CONSTRAINT common_kyc_push_state_check TO common_kyc_share_state_check;
ALTER INDEX common_kyc_push_lane RENAME TO common_kyc_share_of_number;
ALTER INDEX common_kyc_push_of_person RENAME TO common_kyc_share_of_person;
