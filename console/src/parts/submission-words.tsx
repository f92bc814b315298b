import type { components } from '@kyc-gateway/client';
import type { ReactElement } from 'react';
import { useTexts } from '../texts/language';
import { Tag, type Tone } from './tag';

export type Submission = components['schemas']['SubmissionDto'];
export type SubmissionStatus = Submission['status'];
export type SubmissionKind = Submission['kind'];

const TONES: Readonly<Record<SubmissionStatus, Tone>> = {
  open: 'neutral',
  processing: 'info',
  verified: 'info',
  declined: 'warn',
  error: 'warn',
  unrecognised: 'warn',
  stale: 'warn',
  approved: 'good',
  rejected: 'bad',
  shared: 'good',
  share_failed: 'bad',
};

export function StatusTag({ status }: { readonly status: SubmissionStatus }): ReactElement {
  return <Tag tone={TONES[status]}>{useTexts().status[status]}</Tag>;
}
