export { createKycClient, type KycClient, type KycClientOptions, type Token } from './client.ts';
export type { components, operations, paths } from '../generated/api.ts';
