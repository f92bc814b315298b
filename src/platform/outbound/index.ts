export { allows, type HostPattern, hostOf } from './host-allow-list';
export { OutboundModule } from './outbound.module';
export { PartnerDoor, type PartnerPolicy, type PartnerRequest, type PartnerResponse } from './partner-door';
export { PartnerDoors } from './partner-doors';
export { PartnerError, type PartnerFault, type Reached } from './partner-error';
export { retryAfterSeconds } from './retry-after';
