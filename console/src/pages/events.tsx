import { Button, NumberInput, Stack } from '@mantine/core';
import type { components } from '@kyc-gateway/client';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactElement, useState } from 'react';
import { body } from '../api/refusal';
import { useGateway } from '../api/session';
import { Choice } from '../parts/choice';
import { Section } from '../parts/facts';
import { Done, Failure } from '../parts/feedback';
import { cursor, PagedTable, paging } from '../parts/paged-table';
import { Heading } from '../parts/shell';
import { Tag, type Tone } from '../parts/tag';
import { useSpeech } from '../texts/language';

type Delivery = components['schemas']['EventDelivery'];
type Status = Delivery['status'];

const TONES: Readonly<Record<Status, Tone>> = {
  pending: 'info',
  delivered: 'good',
  failed: 'bad',
  stopped: 'warn',
};

/** Events on their way to the unit's own back end. */
export function Events(): ReactElement {
  const { texts, moment } = useSpeech();
  const { events: words, common } = texts;
  const gateway = useGateway();
  const queries = useQueryClient();
  const [status, setStatus] = useState<Status | ''>('');
  const list = useInfiniteQuery({
    queryKey: ['event-deliveries', status],
    queryFn: ({ pageParam }) => {
      const query = { limit: 25, ...(status === '' ? {} : { status }), ...cursor(pageParam) };
      return body(gateway.GET('/v1/event-deliveries', { params: { query } }));
    },
    ...paging,
  });
  const retrying = useMutation({
    mutationFn: (id: string) =>
      body(gateway.POST('/v1/event-deliveries/{id}/retry', { params: { path: { id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['event-deliveries'] }),
  });
  return (
    <Stack gap="md">
      <Heading hint={words.hint}>{words.title}</Heading>
      <div className="card filters">
        <Choice<Status> label={common.status} words={words.status} value={status} onChoose={setStatus} />
      </div>
      {retrying.isSuccess && <Done>{words.retried}</Done>}
      {retrying.isError && <Failure error={retrying.error} />}
      <div className="card">
        <PagedTable
          list={list}
          label={words.title}
          keyOf={({ id }) => id}
          empty={words.empty}
          columns={[
            { name: words.seq, cell: ({ seq }) => String(seq) },
            { name: words.type, cell: ({ type }) => words.types[type] },
            {
              name: common.status,
              cell: ({ status: of }) => <Tag tone={TONES[of]}>{words.status[of]}</Tag>,
            },
            { name: words.attempts, cell: ({ attempts }) => String(attempts.length) },
            { name: words.last, cell: ({ attempts }) => lastAnswer(attempts, words.noAnswer) },
            {
              name: words.next,
              cell: ({ nextAttemptAt }) => (nextAttemptAt === null ? '—' : moment(nextAttemptAt)),
            },
            {
              name: common.action,
              cell: ({ id }) => (
                <Button
                  size="xs"
                  variant="light"
                  disabled={retrying.isPending}
                  onClick={() => retrying.mutate(id)}
                >
                  {words.retry}
                </Button>
              ),
            },
          ]}
        />
      </div>
      <Replay />
    </Stack>
  );
}

function lastAnswer(attempts: Delivery['attempts'], noAnswer: string): string {
  const last = attempts.at(-1);
  return last === undefined ? '—' : String(last.status ?? noAnswer);
}

/** Everything after an event again: for an endpoint that lost some. */
function Replay(): ReactElement {
  const { events: words } = useSpeech().texts;
  const gateway = useGateway();
  const queries = useQueryClient();
  const [afterSeq, setAfterSeq] = useState<number | ''>('');
  const replaying = useMutation({
    mutationFn: (seq: number) =>
      body(gateway.POST('/v1/event-deliveries/replay', { body: { afterSeq: seq } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['event-deliveries'] }),
  });
  return (
    <Section title={words.replay} hint={words.replayHint}>
      <form
        className="one-field"
        onSubmit={(event) => {
          event.preventDefault();
          if (afterSeq !== '') replaying.mutate(afterSeq);
        }}
      >
        <NumberInput
          label={words.replay}
          min={0}
          allowDecimal={false}
          allowNegative={false}
          hideControls
          required
          value={afterSeq}
          onChange={(value) => setAfterSeq(typeof value === 'number' ? value : '')}
        />
        <Button type="submit" variant="light" loading={replaying.isPending}>
          {words.replaySubmit}
        </Button>
      </form>
      {replaying.isSuccess && <Done>{words.replayed}</Done>}
      {replaying.isError && <Failure error={replaying.error} />}
    </Section>
  );
}
