export { type CallOrigin, FairShares } from './fair-shares';
export { allows, hostOf } from './host-allow-list';
export { OutboundModule } from './outbound.module';
export { PartnerDoor, type PartnerRequest, type PartnerResponse } from './partner-door';
export { PartnerDoors } from './partner-doors';
export { PartnerError } from './partner-error';
export { jsonIn, jsonOf, textOf } from './partner-json';
export { retryAfterSeconds } from './retry-after';
export { type IssuedToken, TokenCache } from './token-cache';
