import type { JSX } from 'preact';
import { useLanguage } from './language.ts';

export function SignedOut({ signIn }: { readonly signIn: () => void }): JSX.Element {
  const { t } = useLanguage();
  return (
    <section>
      <h1>{t.title}</h1>
      <p>{t.intro}</p>
      <p>{t.signInWith}</p>
      <button type="button" onClick={signIn}>
        {t.signIn}
      </button>
    </section>
  );
}

export function Loading(): JSX.Element {
  const { t } = useLanguage();
  return (
    <section>
      <h1>{t.title}</h1>
      <p role="status">{t.loading}</p>
    </section>
  );
}
