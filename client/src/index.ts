export { createKycClient, type KycClient, type KycClientOptions, type Token } from './client.ts';
export { type ErrorCode, KycError, orThrow, type Problem } from './errors.ts';
export { type StatusText, statusTexts, type SubmissionStatus } from './status-texts.ts';
export { type Upload, uploadDocument, type UploadedDocument } from './upload.ts';
export { type UnitEvent, verifyEvent } from './verify-event.ts';
export { type SubmissionEvent, watchSubmission, type WatchOptions } from './watch.ts';
export type { components, operations, paths } from '../generated/api.ts';
