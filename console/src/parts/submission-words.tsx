import type { components } from '@kyc-gateway/client';
import type { ReactElement } from 'react';
import { useSpeech, useTexts } from '../texts/language';
import type { Column } from './data-table';
import { linkTo } from './route';
import { Tag, type Tone } from './tag';

export type Submission = components['schemas']['Submission'];
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

/** What a table of submissions shows. */
export function useSubmissionColumns(): Column<Submission>[] {
  const { texts, moment } = useSpeech();
  const { common } = texts;
  return [
    {
      name: common.number,
      cell: ({ phoneNumber }) => phoneNumber ?? <span title={common.erased}>—</span>,
    },
    { name: common.status, cell: ({ status }) => <StatusTag status={status} /> },
    { name: common.kind, cell: ({ kind }) => texts.kind[kind] },
    { name: common.created, cell: ({ createdAt }) => moment(createdAt) },
    { name: common.updated, cell: ({ updatedAt }) => moment(updatedAt) },
    {
      name: common.details,
      cell: ({ id }) => <a href={linkTo('submissions', id)}>{id.slice(0, 8)}</a>,
    },
  ];
}
