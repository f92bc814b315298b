import { Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { body } from '../../api/refusal';
import { useGateway } from '../../api/session';
import { Section } from '../../parts/facts';
import { Failure, Loading } from '../../parts/feedback';
import { cursor, paging } from '../../parts/paged-table';
import { useSpeech } from '../../texts/language';
import { POLL_MS } from './polling';

/** What happened, oldest first. */
export function Timeline({ id }: { readonly id: string }): ReactElement {
  const { texts, moment } = useSpeech();
  const gateway = useGateway();
  const list = useInfiniteQuery({
    queryKey: ['events', id],
    queryFn: ({ pageParam }) =>
      body(
        gateway.GET('/v1/submissions/{id}/events', {
          params: { path: { id }, query: { limit: 100, ...cursor(pageParam) } },
        }),
      ),
    ...paging,
    refetchInterval: POLL_MS,
  });
  return (
    <Section title={texts.submission.timeline}>
      {list.isPending && <Loading />}
      {list.isError && <Failure error={list.error} onRetry={() => void list.refetch()} />}
      <ol className="timeline">
        {list.data?.pages
          .flatMap(({ data }) => data)
          .map(({ seq, type, at, data }) => (
            <li key={seq}>
              <strong>{texts.events.types[type]}</strong>
              <time dateTime={at}>{moment(at)}</time>
              <Details data={data} />
              <span className="hint">#{seq}</span>
            </li>
          ))}
      </ol>
      {list.hasNextPage && (
        <Button variant="default" size="xs" onClick={() => void list.fetchNextPage()}>
          {texts.common.more}
        </Button>
      )}
    </Section>
  );
}

/** Codes, ids and flags of an event; what is empty says nothing. */
function Details({ data }: { readonly data: Readonly<Record<string, unknown>> }): ReactElement | null {
  const told = Object.entries(data).flatMap(([name, value]) => {
    const words = inWords(value);
    return words === '' ? [] : [`${name}: ${words}`];
  });
  if (told.length === 0) return null;
  return (
    <ul>
      {told.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  );
}

function inWords(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(inWords).join('; ');
  if (typeof value === 'object')
    return Object.entries(value)
      .map(([name, part]) => `${name} ${inWords(part)}`)
      .join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}
