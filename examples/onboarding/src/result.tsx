import { type KycClient, statusTexts, type SubmissionStatus } from '@kyc-gateway/client';
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { type Submission, watched } from './kyc.ts';
import { useLanguage } from './language.ts';
import { type Refusal, refusalOf } from './refusal.ts';
import { RefusalNote } from './refusal-note.tsx';

/** Nobody waits any more; the person may begin anew. */
const ENDED: ReadonlySet<SubmissionStatus> = new Set([
  'verified',
  'declined',
  'error',
  'approved',
  'rejected',
  'shared',
]);
const GOOD: ReadonlySet<SubmissionStatus> = new Set(['verified', 'approved', 'shared', 'share_failed']);
const BAD: ReadonlySet<SubmissionStatus> = new Set(['declined', 'error', 'rejected']);

interface Props {
  readonly client: KycClient;
  readonly handedIn: Submission;
  readonly anew: () => void;
  readonly signIn: () => void;
}

/** What has become of the submission, as it happens. */
export function Result({ client, handedIn, anew, signIn }: Props): JSX.Element {
  const { language, t } = useLanguage();
  const [submission, setSubmission] = useState(handedIn);
  const [refusal, setRefusal] = useState<Refusal>();
  const [watches, setWatches] = useState(0);
  const heading = useRef<HTMLHeadingElement>(null);
  const { id } = handedIn;

  useEffect(() => heading.current?.focus(), []);
  useEffect(() => {
    const stop = new AbortController();
    const watch = async (): Promise<void> => {
      for await (const next of watched(client, id, stop.signal)) setSubmission(next);
    };
    watch().catch((error: unknown) => {
      if (!stop.signal.aborted) setRefusal(refusalOf(error));
    });
    return () => stop.abort();
  }, [client, id, watches]);

  const { status, reasonCode } = submission;
  const { title, detail } = statusTexts[language][status];
  const reason = status === 'declined' && reasonCode !== null ? t.reasons[reasonCode] : undefined;
  const look = GOOD.has(status) ? 'good' : BAD.has(status) ? 'bad' : 'waiting';
  return (
    <section>
      <h1 ref={heading} tabIndex={-1}>
        {t.title}
      </h1>
      <div role="status" class={`result ${look}`}>
        <strong>{title}</strong>
        <p>{detail}</p>
        {reason !== undefined && <p>{reason}</p>}
      </div>
      {status === 'processing' && <p>{t.mayLeave}</p>}
      {refusal !== undefined && (
        <RefusalNote
          refusal={refusal}
          signIn={signIn}
          again={() => {
            setRefusal(undefined);
            setWatches(watches + 1);
          }}
        />
      )}
      {ENDED.has(status) && (
        <button type="button" class="second" onClick={anew}>
          {t.anew}
        </button>
      )}
    </section>
  );
}
