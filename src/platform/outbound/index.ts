export { type CallOrigin, FairShares } from './fair-shares';
export { allows, hostOf } from './host-allow-list';
export { OutboundModule } from './outbound.module';
export { PartnerHttpClient, type PartnerRequest, type PartnerResponse } from './partner-http.client';
export { PartnerHttpClients } from './partner-http-clients';
export { PartnerError } from './partner-error';
export { jsonIn, jsonOf, textOf } from './partner-json';
export { retryAfterSeconds } from './retry-after';
export { type IssuedToken, TokenCache } from './token-cache';
