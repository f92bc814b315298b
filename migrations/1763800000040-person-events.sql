-- Events of a person as a whole (erasure, restriction), shown with each of the person's submissions.
CREATE INDEX kyc_event_of_person ON kyc_event (business_unit, person_id, seq) WHERE submission_id IS NULL;
