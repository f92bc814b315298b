import type { KycClient } from '@kyc-gateway/client';
import { useEffect, useRef, useState } from 'preact/hooks';
import { handIn, type Handover, newestSubmission, type Submission } from './kyc.ts';
import { type Refusal, refusalOf } from './refusal.ts';

/** Which text the person agrees to: another text, another version. */
const CONSENT_VERSION = 'onboarding-2026-11';

interface Sending {
  /** Opened, and not handed in yet. */
  readonly submission: Submission | undefined;
  /** 0 to 1 while pictures are on their way. */
  readonly progress: number | undefined;
  readonly refusal: Refusal | undefined;
  readonly send: (pictures: ReadonlyMap<string, File>) => Promise<void>;
  readonly cancel: () => void;
}

type Attempt = Pick<Handover, 'idempotencyKey' | 'consent'>;

function newAttempt(): Attempt {
  const consent = { textVersion: CONSENT_VERSION, givenAt: new Date().toISOString() };
  return { idempotencyKey: crypto.randomUUID(), consent };
}

/** Sends the pictures, as often as the person tries; whatever arrived is not asked for again. */
export function useSending(
  client: KycClient,
  begun: Submission | undefined,
  onHandedIn: (submission: Submission) => void,
): Sending {
  const [submission, setSubmission] = useState(begun);
  const [progress, setProgress] = useState<number>();
  const [refusal, setRefusal] = useState<Refusal>();
  const id = useRef(begun?.id);
  const stop = useRef<AbortController>(null);
  /** Kept from try to try: what was asked before is answered as before. */
  const attempt = useRef<Attempt | undefined>(undefined);
  useEffect(() => () => stop.current?.abort(), []);

  const send = async (pictures: ReadonlyMap<string, File>): Promise<void> => {
    const { signal } = (stop.current = new AbortController());
    const sent = new Map([...pictures.keys()].map((document) => [document, 0]));
    const { idempotencyKey, consent } = (attempt.current ??= newAttempt());
    setRefusal(undefined);
    setProgress(0);
    try {
      const handedIn = await handIn(client, {
        ...{ submission, consent, idempotencyKey, pictures, signal },
        onOpened: (opened) => (id.current = opened),
        onProgress: (document, fraction) => {
          sent.set(document, fraction);
          setProgress([...sent.values()].reduce((sum, one) => sum + one, 0) / sent.size);
        },
      });
      onHandedIn(handedIn);
    } catch (error) {
      await learn(signal.aborted ? { words: 'cancelled', way: 'again' } : refusalOf(error));
    }
  };

  /** How far it came, the gateway knows. */
  const learn = async (reason: Refusal): Promise<void> => {
    const present = await newestSubmission(client).catch(() => submission);
    setRefusal(reason);
    setProgress(undefined);
    const isOurs = present !== undefined && present.id === id.current;
    if (isOurs && present.status !== 'open') return onHandedIn(present);
    if (reason.way === 'anew') id.current = attempt.current = undefined;
    setSubmission(isOurs && reason.way !== 'anew' ? present : undefined);
  };

  return {
    ...{ submission, progress, refusal, send },
    cancel: () => stop.current?.abort(),
  };
}
