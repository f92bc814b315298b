import { Button, Group, Stack } from '@mantine/core';
import type { components } from '@kyc-gateway/client';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { body, Refusal } from '../api/refusal';
import { useGateway } from '../api/session';
import { saveAsFile } from '../parts/file';
import { Facts, Section } from '../parts/facts';
import { Failure, Loading } from '../parts/feedback';
import { Heading } from '../parts/shell';
import { Tag, type Tone } from '../parts/tag';
import { useSpeech } from '../texts/language';

type State = components['schemas']['LedgerState'];
type Health = components['schemas']['Ready'];

const POLL_MS = 30_000;
const TONES: Readonly<Record<Health['status'], Tone>> = {
  ok: 'good',
  degraded: 'warn',
  down: 'bad',
  stopping: 'neutral',
};

/** Where the unit's chain ends, up to where it is signed, and how the gateway is. */
export function Ledger(): ReactElement {
  const { ledger: words } = useSpeech().texts;
  const gateway = useGateway();
  const state = useQuery({
    queryKey: ['ledger'],
    queryFn: () => body(gateway.GET('/v1/ledger')),
    refetchInterval: POLL_MS,
  });
  const health = useQuery({
    queryKey: ['health'],
    queryFn: async (): Promise<Health> => {
      // 503 says how it is as well.
      const { data, error } = await gateway.GET('/health/ready');
      const told = data ?? error;
      if (told === undefined || !('checks' in told)) throw new Refusal(0, { code: 'unreadable' });
      return told;
    },
    refetchInterval: POLL_MS,
  });
  return (
    <Stack gap="md">
      <Heading hint={words.hint}>{words.title}</Heading>
      {state.isPending && <Loading />}
      {state.isError && <Failure error={state.error} onRetry={() => void state.refetch()} />}
      {state.data !== undefined && <Chain state={state.data} />}
      {health.data !== undefined && <Checks health={health.data} />}
    </Stack>
  );
}

function Chain({ state: { seq, hash, at, checkpoint } }: { readonly state: State }): ReactElement {
  const { texts, moment, number } = useSpeech();
  const { ledger: words } = texts;
  return (
    <>
      <Section title={words.head}>
        <Facts
          facts={[
            [words.seq, number(seq)],
            [words.at, at === null ? null : moment(at)],
            [words.hash, hash === null ? null : <code>{hash}</code>],
            [words.unsigned, number(seq - (checkpoint?.seq ?? 0))],
          ]}
        />
      </Section>
      <Section title={words.checkpoint} hint={checkpoint === null ? words.noCheckpoint : words.downloadHint}>
        {checkpoint !== null && (
          <>
            <Facts
              facts={[
                [words.seq, number(checkpoint.seq)],
                [words.at, moment(checkpoint.at)],
                [words.hash, <code>{checkpoint.hash}</code>],
                [words.keyId, <code>{checkpoint.keyId}</code>],
                [words.signature, <code>{checkpoint.signature}</code>],
              ]}
            />
            <Group>
              <Button
                variant="light"
                onClick={() =>
                  saveAsFile(`checkpoint-${checkpoint.seq}.json`, `${JSON.stringify(checkpoint)}\n`)
                }
              >
                {words.download}
              </Button>
            </Group>
          </>
        )}
      </Section>
    </>
  );
}

function Checks({ health: { status, checks } }: { readonly health: Health }): ReactElement {
  const { ledger: words } = useSpeech().texts;
  const tag = (of: Health['status']): ReactElement => <Tag tone={TONES[of]}>{words.healthStatus[of]}</Tag>;
  return (
    <Section title={words.health}>
      <Facts
        facts={[
          ['gateway', tag(status)],
          ...Object.entries(checks).map(([name, state]) => [name, tag(state)] as const),
        ]}
      />
    </Section>
  );
}
