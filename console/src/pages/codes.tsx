import { Button, Stack, TextInput } from '@mantine/core';
import type { components } from '@kyc-gateway/client';
import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';
import { type ReactElement, useState } from 'react';
import { body } from '../api/refusal';
import { useGateway } from '../api/session';
import { Choice } from '../parts/choice';
import { DataTable } from '../parts/data-table';
import { Facts, Section } from '../parts/facts';
import { Done, Empty, Failure, Loading } from '../parts/feedback';
import { cursor, PagedTable, paging } from '../parts/paged-table';
import { linkTo } from '../parts/route';
import { Heading } from '../parts/shell';
import { Tag, type Tone } from '../parts/tag';
import { type Texts, useSpeech } from '../texts/language';

type Delivery = components['schemas']['OtpDelivery'];
type Status = keyof Texts['codes']['status'];
type Channel = keyof Texts['codes']['channels'];

const TONES: Readonly<Record<Status, Tone>> = {
  queued: 'neutral',
  sending: 'info',
  accepted: 'info',
  delivered: 'good',
  read: 'good',
  failed: 'bad',
  expired: 'warn',
  superseded: 'neutral',
};

function DeliveryStatus({ status }: Delivery): ReactElement {
  return <Tag tone={TONES[status]}>{useSpeech().texts.codes.status[status]}</Tag>;
}

/** What became of the unit's one-time codes. */
export function Codes(): ReactElement {
  const { texts, moment } = useSpeech();
  const { codes: words, common } = texts;
  const gateway = useGateway();
  const [filter, setFilter] = useState<Filter>({});
  const list = useInfiniteQuery({
    queryKey: ['codes', filter],
    queryFn: ({ pageParam }) =>
      body(
        gateway.GET('/v1/otp-deliveries', {
          params: { query: { limit: 25, ...filter, ...cursor(pageParam) } },
        }),
      ),
    ...paging,
  });
  return (
    <Stack gap="md">
      <Heading hint={words.hint}>{words.title}</Heading>
      <Filters filter={filter} onFilter={setFilter} />
      <div className="card">
        <PagedTable
          list={list}
          label={words.title}
          keyOf={({ id }) => id}
          empty={words.empty}
          columns={[
            { name: words.recipient, cell: ({ identifier }) => identifier ?? '—' },
            { name: common.status, cell: (delivery) => <DeliveryStatus {...delivery} /> },
            { name: words.channel, cell: ({ channel }) => words.channels[channel] },
            { name: words.attempts, cell: ({ attempts }) => String(attempts.length) },
            { name: common.created, cell: ({ createdAt }) => moment(createdAt) },
            {
              name: common.details,
              cell: ({ id }) => <a href={linkTo('codes', id)}>{id.slice(0, 8)}</a>,
            },
          ]}
        />
      </div>
    </Stack>
  );
}

interface Filter {
  readonly status?: Status;
  readonly channel?: Channel;
  readonly identifier?: string;
}

function Filters({
  filter,
  onFilter,
}: {
  readonly filter: Filter;
  readonly onFilter: (filter: Filter) => void;
}): ReactElement {
  const { texts } = useSpeech();
  const { codes: words, common } = texts;
  const gateway = useGateway();
  const [typed, setTyped] = useState('');
  const reset = useMutation({
    mutationFn: (identifier: string) => body(gateway.POST('/v1/otp-limits/reset', { body: { identifier } })),
  });
  const narrowed = (name: 'status' | 'channel', value: string): Filter => {
    const { [name]: _, ...others } = filter;
    return value === '' ? others : { ...others, [name]: value };
  };
  const { identifier: _, ...withoutIdentifier } = filter;
  return (
    <Stack gap="sm">
      <form
        className="card filters"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          const identifier = typed.trim();
          onFilter(identifier === '' ? withoutIdentifier : { ...filter, identifier });
        }}
      >
        <Choice
          label={common.status}
          words={words.status}
          value={filter.status ?? ''}
          onChoose={(status) => onFilter(narrowed('status', status))}
        />
        <Choice
          label={words.channel}
          words={words.channels}
          value={filter.channel ?? ''}
          onChoose={(channel) => onFilter(narrowed('channel', channel))}
        />
        <TextInput
          className="wide"
          label={words.identifier}
          autoComplete="off"
          maxLength={254}
          value={typed}
          onChange={({ currentTarget }) => setTyped(currentTarget.value)}
        />
        <Button type="submit">{common.search}</Button>
        <Button
          variant="default"
          title={words.resetHint}
          disabled={typed.trim() === ''}
          loading={reset.isPending}
          onClick={() => reset.mutate(typed.trim())}
        >
          {words.reset}
        </Button>
      </form>
      {reset.isSuccess && <Done>{words.resetDone}</Done>}
      {reset.isError && <Failure error={reset.error} />}
    </Stack>
  );
}

/** One code, try by try. */
export function CodePage({ id }: { readonly id: string }): ReactElement {
  const { texts, moment } = useSpeech();
  const { codes: words, common } = texts;
  const gateway = useGateway();
  const query = useQuery({
    queryKey: ['code', id],
    queryFn: () => body(gateway.GET('/v1/otp-deliveries/{id}', { params: { path: { id } } })),
    refetchInterval: 10_000,
  });
  const { data } = query;
  return (
    <Stack gap="md">
      <a className="back" href={linkTo('codes')}>
        ← {common.back}
      </a>
      <Heading>{data?.identifier ?? words.title}</Heading>
      {query.isPending && <Loading />}
      {query.isError && <Failure error={query.error} onRetry={() => void query.refetch()} />}
      {data !== undefined && (
        <>
          <Section title={common.details}>
            <Facts
              facts={[
                [common.status, <DeliveryStatus {...data} />],
                [words.reason, data.reason],
                [words.channel, words.channels[data.channel]],
                [common.created, moment(data.createdAt)],
                [common.updated, moment(data.updatedAt)],
                [words.expires, moment(data.expiresAt)],
              ]}
            />
          </Section>
          <div className="card">
            {data.attempts.length === 0 ? (
              <Empty>{words.noAttempts}</Empty>
            ) : (
              <DataTable
                label={words.attempts}
                rows={data.attempts}
                keyOf={({ startedAt }) => startedAt}
                columns={[
                  { name: common.created, cell: ({ startedAt }) => moment(startedAt) },
                  { name: words.channel, cell: ({ channel }) => words.channels[channel] },
                  { name: words.provider, cell: ({ provider }) => provider },
                  { name: words.outcome, cell: ({ outcome }) => outcome ?? '—' },
                  { name: words.errorCode, cell: ({ errorCode }) => errorCode ?? '—' },
                  { name: words.receipt, cell: ({ receipt }) => receipt ?? '—' },
                  { name: words.duration, cell: ({ durationMs }) => String(durationMs ?? '—') },
                ]}
              />
            )}
          </div>
        </>
      )}
    </Stack>
  );
}
