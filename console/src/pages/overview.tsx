import '@mantine/charts/styles.css';
import { BarChart } from '@mantine/charts';
import { Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { body } from '../api/refusal';
import { useGateway } from '../api/session';
import { Section } from '../parts/facts';
import { Empty, Failure, Loading } from '../parts/feedback';
import { linkTo } from '../parts/route';
import { Heading } from '../parts/shell';
import type { SubmissionStatus } from '../parts/submission-words';
import { useSpeech } from '../texts/language';

const POLL_MS = 30_000;
const TO_DECIDE: readonly SubmissionStatus[] = ['verified', 'declined', 'error', 'unrecognised', 'stale'];

/** How the unit's month goes: what waits for somebody, and how long things take. */
export default function Overview(): ReactElement {
  const { texts, day, number } = useSpeech();
  const { overview: words } = texts;
  const gateway = useGateway();
  const submissions = useQuery({
    queryKey: ['summary'],
    queryFn: () => body(gateway.GET('/v1/submissions/summary')),
    refetchInterval: POLL_MS,
  });
  const codes = useQuery({
    queryKey: ['codes-summary'],
    queryFn: () => body(gateway.GET('/v1/otp-deliveries/summary')),
    refetchInterval: POLL_MS,
  });
  const events = useQuery({
    queryKey: ['events-waiting'],
    queryFn: () =>
      body(gateway.GET('/v1/event-deliveries', { params: { query: { status: 'pending', limit: 100 } } })),
    refetchInterval: POLL_MS,
  });
  if (submissions.isPending || codes.isPending || events.isPending) return <Loading />;
  const failed = [submissions, codes, events].find(({ isError }) => isError);
  if (submissions.data === undefined || codes.data === undefined || events.data === undefined)
    return <Failure error={failed?.error} onRetry={() => void failed?.refetch()} />;
  const { byStatus, timeToResult, createdFrom } = submissions.data;
  const countOf = (...statuses: readonly SubmissionStatus[]): number =>
    byStatus.reduce((sum, { status, count }) => (statuses.includes(status) ? sum + count : sum), 0);
  return (
    <Stack gap="md">
      <Heading hint={words.hint(day(createdFrom))}>{words.title}</Heading>
      <ul className="figures">
        <Figure
          name={words.toDecide}
          value={number(countOf(...TO_DECIDE))}
          href={linkTo('submissions', undefined, { status: 'verified' })}
        />
        <Figure name={words.waitingShares} value={number(countOf('approved'))} href={linkTo('shares')} />
        <Figure
          name={words.waitingEvents}
          value={`${number(events.data.data.length)}${events.data.nextCursor === null ? '' : '+'}`}
          href={linkTo('events')}
        />
        <Figure name={words.failedShares} value={number(countOf('share_failed'))} href={linkTo('shares')} />
      </ul>
      <div className="charts">
        <Bars
          title={words.byStatus}
          bars={byStatus.map(({ status, count }) => ({ name: texts.status[status], count }))}
        />
        <Bars
          title={words.timeToResult}
          bars={timeToResult.map(({ within, count }) => ({
            name: within === null ? words.longer : words.within(within),
            count,
          }))}
        />
        <Bars
          title={words.codes}
          bars={codes.data.byStatus.map(({ status, count }) => ({ name: texts.codes.status[status], count }))}
        />
      </div>
    </Stack>
  );
}

function Figure(props: {
  readonly name: string;
  readonly value: string;
  readonly href: string;
}): ReactElement {
  return (
    <li className="card">
      <a href={props.href}>
        <strong>{props.value}</strong>
        <span>{props.name}</span>
      </a>
    </li>
  );
}

interface Bar {
  readonly name: string;
  readonly count: number;
}

/** Bars to look at, and the same in words for those who listen. */
function Bars({ title, bars }: { readonly title: string; readonly bars: readonly Bar[] }): ReactElement {
  const { texts, number } = useSpeech();
  const { overview: words } = texts;
  const isEmpty = bars.every(({ count }) => count === 0);
  const spoken = bars.map(({ name, count }) => `${name}: ${count}`).join(', ');
  return (
    <Section title={title}>
      {isEmpty ? (
        <Empty>{words.nothing}</Empty>
      ) : (
        <div role="img" aria-label={`${title}. ${spoken}`}>
          <BarChart
            h={36 + bars.length * 30}
            data={bars.map(({ name, count }) => ({ name: `${name} · ${number(count)}`, count }))}
            dataKey="name"
            orientation="vertical"
            series={[{ name: 'count', label: words.count, color: 'brand.6' }]}
            gridAxis="none"
            tickLine="none"
            withXAxis={false}
            yAxisProps={{ width: 150, interval: 0 }}
            barProps={{ radius: 4, isAnimationActive: false }}
            barChartProps={{ accessibilityLayer: false }}
          />
        </div>
      )}
    </Section>
  );
}
