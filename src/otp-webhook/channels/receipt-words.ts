/** What the providers' receipts say, for whoever receives them; their spelling stays with the clients beside it. */
export { outcomeOfTwilioCode, readStatusCallback } from './twilio.wire';
export { type MetaStatus, outcomeOfMetaCode, readStatuses } from './whatsapp.wire';
