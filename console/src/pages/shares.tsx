import { Button, Stack, TextInput } from '@mantine/core';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactElement, useState } from 'react';
import { body, Refusal } from '../api/refusal';
import { useGateway } from '../api/session';
import { Facts, Section } from '../parts/facts';
import { Done, Empty, Failure } from '../parts/feedback';
import { cursor, PagedTable, paging } from '../parts/paged-table';
import { PurposeForm } from '../parts/purpose-form';
import { Heading } from '../parts/shell';
import { useSubmissionColumns } from '../parts/submission-words';
import { useTexts } from '../texts/language';

/** Approved data on its way to Common KYC. */
export function Shares(): ReactElement {
  const { shares: words } = useTexts();
  return (
    <Stack gap="md">
      <Heading hint={words.hint}>{words.title}</Heading>
      <Shared status="share_failed" title={words.failed} />
      <Shared status="approved" title={words.waiting} />
      <Lookup />
    </Stack>
  );
}

function Shared({
  status,
  title,
}: {
  readonly status: 'approved' | 'share_failed';
  readonly title: string;
}): ReactElement {
  const { shares: words, decision, common } = useTexts();
  const gateway = useGateway();
  const queries = useQueryClient();
  const columns = useSubmissionColumns();
  const list = useInfiniteQuery({
    queryKey: ['submissions', status],
    queryFn: ({ pageParam }) =>
      body(
        gateway.GET('/v1/submissions', { params: { query: { limit: 10, status, ...cursor(pageParam) } } }),
      ),
    ...paging,
  });
  const sharing = useMutation({
    mutationFn: (id: string) =>
      body(gateway.POST('/v1/submissions/{id}/share', { params: { path: { id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['submissions'] }),
  });
  const again = {
    name: common.action,
    cell: ({ id }: { readonly id: string }) => (
      <Button size="xs" variant="light" disabled={sharing.isPending} onClick={() => sharing.mutate(id)}>
        {decision.share}
      </Button>
    ),
  };
  return (
    <Section title={title}>
      {sharing.isSuccess && <Done>{decision.sharing}</Done>}
      {sharing.isError && <Failure error={sharing.error} />}
      <PagedTable
        list={list}
        label={title}
        columns={[...columns, again]}
        keyOf={({ id }) => id}
        empty={words.empty}
      />
    </Section>
  );
}

const FIELDS = ['fullName', 'nik', 'dateOfBirth', 'email', 'phoneNumber'] as const;

/** What Common KYC holds of a number, by whomever it was stored. */
function Lookup(): ReactElement {
  const { shares: words, common, identity } = useTexts();
  const gateway = useGateway();
  const [phoneNumber, setPhoneNumber] = useState('');
  const reading = useMutation({
    gcTime: 0,
    mutationFn: (purpose: string) =>
      body(
        gateway.GET('/v1/common-kyc', { params: { query: { phoneNumber: phoneNumber.trim(), purpose } } }),
      ),
  });
  const { data, error } = reading;
  const isUnknown = error instanceof Refusal && error.status === 404;
  return (
    <Section title={words.lookup} hint={words.lookupHint}>
      <TextInput
        label={common.phone}
        inputMode="tel"
        autoComplete="off"
        value={phoneNumber}
        onChange={({ currentTarget }) => setPhoneNumber(currentTarget.value)}
      />
      <PurposeForm
        action={common.search}
        busy={reading.isPending}
        onRead={(purpose) => reading.mutate(purpose)}
      />
      {isUnknown && <Empty>{words.lookupNone}</Empty>}
      {reading.isError && !isUnknown && <Failure error={error} />}
      {data !== undefined && (
        <Facts facts={FIELDS.map((field) => [identity.fields[field], data[field]] as const)} />
      )}
    </Section>
  );
}
