import { Alert, Button, Group, Modal, Stack, Text, Textarea, TextInput } from '@mantine/core';
import type { components } from '@kyc-gateway/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactElement, type ReactNode, useState } from 'react';
import { body } from '../../api/refusal';
import { useGateway, useSession } from '../../api/session';
import { Done, Failure } from '../../parts/feedback';
import type { Submission, SubmissionKind, SubmissionStatus } from '../../parts/submission-words';
import { useTexts } from '../../texts/language';

type Approval = components['schemas']['Approval'];

/** Against the partner's word, or ahead of it. */
const OVERRIDDEN: readonly SubmissionStatus[] = ['declined', 'error', 'unrecognised', 'stale'];
/** Of these a partner verifies the person, whose number therefore stays. */
const VERIFIED: readonly SubmissionKind[] = ['gtf-coe', 'gtf-siv'];
const SHAREABLE: readonly SubmissionStatus[] = ['approved', 'share_failed'];
const FIELDS = ['fullName', 'nik', 'dateOfBirth', 'email', 'phoneNumber'] as const;
type Field = (typeof FIELDS)[number];

/** What the API would take; it decides. */
function choicesFor({ kind, status }: Submission): { decide: boolean; override: boolean; share: boolean } {
  const override = OVERRIDDEN.includes(status);
  const decide = override || status === 'verified' || (kind === 'satusehat' && status === 'open');
  return { decide, override, share: SHAREABLE.includes(status) };
}

/** The officer's part: approve, also against the partner, reject, or share again. */
export function Decide({
  submission,
  etag,
}: {
  readonly submission: Submission;
  readonly etag: string;
}): ReactElement {
  const { decision: words } = useTexts();
  const [asked, setAsked] = useState<'approve' | 'reject' | null>(null);
  const [done, setDone] = useState<string | null>(null);
  const queries = useQueryClient();
  const gateway = useGateway();
  const { decide, override, share } = choicesFor(submission);
  const changed = async (message: string): Promise<void> => {
    setAsked(null);
    setDone(message);
    await Promise.all(
      [['submission', submission.id], ['events', submission.id], ['submissions']].map((queryKey) =>
        queries.invalidateQueries({ queryKey }),
      ),
    );
  };
  const sharing = useMutation({
    mutationFn: () =>
      body(gateway.POST('/v1/submissions/{id}/share', { params: { path: { id: submission.id } } })),
    onSuccess: () => changed(words.sharing),
  });
  return (
    <Stack gap="sm">
      {done !== null && <Done>{done}</Done>}
      {sharing.isError && <Failure error={sharing.error} />}
      <Group gap="sm">
        {decide && <Button onClick={() => setAsked('approve')}>{words.approve}</Button>}
        {decide && (
          <Button variant="default" onClick={() => setAsked('reject')}>
            {words.reject}
          </Button>
        )}
        {share && (
          <Button variant="light" loading={sharing.isPending} onClick={() => sharing.mutate()}>
            {words.share}
          </Button>
        )}
      </Group>
      {asked === 'approve' && (
        <Approve
          submission={submission}
          etag={etag}
          override={override}
          onClose={() => setAsked(null)}
          onDone={() => changed(words.approved)}
        />
      )}
      {asked === 'reject' && (
        <Reject
          submission={submission}
          etag={etag}
          onClose={() => setAsked(null)}
          onDone={() => changed(words.rejected)}
        />
      )}
    </Stack>
  );
}

interface DialogProps {
  readonly submission: Submission;
  /** What the officer looked at: if it is not so any more, the gateway refuses. */
  readonly etag: string;
  readonly onClose: () => void;
  readonly onDone: () => Promise<void>;
}

function Approve({
  submission,
  etag,
  override,
  onClose,
  onDone,
}: DialogProps & { readonly override: boolean }): ReactElement {
  const { decision: words, identity } = useTexts();
  const gateway = useGateway();
  const isVerified = VERIFIED.includes(submission.kind);
  const fields = FIELDS.filter((field) => !(isVerified && field === 'phoneNumber'));
  const [corrections, setCorrections] = useState<Partial<Record<Field, string>>>({});
  const filled = Object.fromEntries(Object.entries(corrections).filter(([, value]) => value.trim() !== ''));
  // Of whom no partner knows anything, that there is no e-mail address has to be said as well.
  const given = isVerified ? filled : { email: '', ...filled };
  const needsReason = override || (isVerified && Object.keys(given).some((field) => field !== 'email'));
  return (
    <DecisionDialog
      title={override ? words.overrideTitle : words.approveTitle}
      warning={override ? words.overrideHint : undefined}
      needsReason={needsReason}
      onClose={onClose}
      onDone={onDone}
      send={(note) => {
        const approval: Approval = { ...given, ...note, ...(override ? { override } : {}) };
        const params = { path: { id: submission.id }, header: { 'If-Match': etag } };
        return body(gateway.POST('/v1/submissions/{id}/approve', { params, body: approval }));
      }}
    >
      <details open={!isVerified}>
        <summary>{words.corrections}</summary>
        <Stack gap="xs" mt="xs">
          <Text size="sm" c="dimmed">
            {isVerified ? words.correctionsHint : words.allNeeded}
          </Text>
          {fields.map((field) => (
            <TextInput
              key={field}
              type={field === 'dateOfBirth' ? 'date' : 'text'}
              label={identity.fields[field]}
              autoComplete="off"
              required={!isVerified && field !== 'email'}
              value={corrections[field] ?? ''}
              onChange={({ currentTarget: { value } }) =>
                setCorrections((before) => ({ ...before, [field]: value }))
              }
            />
          ))}
        </Stack>
      </details>
    </DecisionDialog>
  );
}

function Reject({ submission, etag, onClose, onDone }: DialogProps): ReactElement {
  const { decision: words } = useTexts();
  const gateway = useGateway();
  return (
    <DecisionDialog
      title={words.rejectTitle}
      needsReason
      onClose={onClose}
      onDone={onDone}
      send={({ officer, reason = '' }) => {
        const params = { path: { id: submission.id }, header: { 'If-Match': etag } };
        const rejection = officer === undefined ? { reason } : { reason, officer };
        return body(gateway.POST('/v1/submissions/{id}/reject', { params, body: rejection }));
      }}
    />
  );
}

interface Note {
  readonly officer?: string;
  readonly reason?: string;
}

/** Who decides and why, and the last chance not to. */
function DecisionDialog({
  title,
  warning,
  needsReason,
  children,
  send,
  onClose,
  onDone,
}: {
  readonly title: string;
  readonly warning?: string | undefined;
  readonly needsReason: boolean;
  readonly children?: ReactNode;
  readonly send: (note: Note) => Promise<unknown>;
  readonly onClose: () => void;
  readonly onDone: () => Promise<void>;
}): ReactElement {
  const { common, decision: words } = useTexts();
  const { officer, setOfficer } = useSession();
  const [reason, setReason] = useState('');
  const sending = useMutation({ mutationFn: send, onSuccess: onDone });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const [who, why] = [officer.trim(), reason.trim()];
    sending.mutate({ ...(who === '' ? {} : { officer: who }), ...(why === '' ? {} : { reason: why }) });
  };
  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ 'aria-label': common.close }} centered>
      <form onSubmit={submit}>
        <Stack gap="md">
          {warning !== undefined && (
            <Alert color="yellow" role="note">
              {warning}
            </Alert>
          )}
          <TextInput
            label={words.officer}
            description={words.officerHint}
            autoComplete="off"
            maxLength={100}
            data-autofocus
            value={officer}
            onChange={({ currentTarget }) => setOfficer(currentTarget.value)}
          />
          <Textarea
            label={words.reason}
            autosize
            minRows={2}
            maxLength={500}
            required={needsReason}
            value={reason}
            onChange={({ currentTarget }) => setReason(currentTarget.value)}
          />
          {children}
          {sending.isError && (
            <div ref={(alert) => alert?.scrollIntoView({ block: 'nearest' })}>
              <Failure error={sending.error} />
            </div>
          )}
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={onClose}>
              {common.cancel}
            </Button>
            <Button type="submit" loading={sending.isPending}>
              {common.confirm}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
