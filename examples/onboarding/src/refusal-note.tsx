import type { JSX } from 'preact';
import { useLanguage } from './language.ts';
import type { Refusal } from './refusal.ts';

interface Props {
  readonly refusal: Refusal;
  readonly signIn: () => void;
  /** Left out where the form's own button is the way on. */
  readonly again?: () => void;
}

/** What did not work, in words, and the way on. */
export function RefusalNote({ refusal: { words, way, afterSeconds }, signIn, again }: Props): JSX.Element {
  const { t } = useLanguage();
  return (
    <div class="refusal">
      <p role="alert">
        {t.refusals[words]}
        {afterSeconds !== undefined && afterSeconds > 0 && t.seconds(afterSeconds)}
      </p>
      {way === 'sign-in' && (
        <button type="button" onClick={signIn}>
          {t.signIn}
        </button>
      )}
      {(way === 'again' || way === 'anew') && again !== undefined && (
        <button type="button" onClick={again}>
          {t.again}
        </button>
      )}
    </div>
  );
}
