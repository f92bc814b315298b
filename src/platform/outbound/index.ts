export { type CallOrigin, FairShares } from './fair-shares';
export { allows, hostOf } from './host-allow-list';
export { type CallCause, PartnerError } from './partner-error';
export {
  OutboundModule,
  type PartnerHttpClient,
  PartnerHttpClients,
  type PartnerRequest,
} from './partner-http.client';
export {
  formOf,
  isForeignPage,
  jsonIn,
  jsonOf,
  type PartnerResponse,
  retryAfterSeconds,
  textOf,
} from './partner-response';
export { type IssuedToken, TokenCache } from './token-cache';
