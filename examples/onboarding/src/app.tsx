import { type KycClient, orThrow } from '@kyc-gateway/client';
import type { JSX } from 'preact';
import { useCallback, useEffect, useState } from 'preact/hooks';
import { Form } from './form.tsx';
import { newestSubmission, type Submission } from './kyc.ts';
import { LanguageContext } from './language.ts';
import { Loading, SignedOut } from './signed-out.tsx';
import { type Refusal, refusalOf } from './refusal.ts';
import { RefusalNote } from './refusal-note.tsx';
import { Result } from './result.tsx';
import type { Session } from './session.ts';
import { type Language, LANGUAGES } from './texts.ts';

/** What is on the screen below the header. */
type View =
  | { readonly at: 'loading' }
  | { readonly at: 'signed-out' }
  | { readonly at: 'form'; readonly submission: Submission | undefined }
  | { readonly at: 'result'; readonly submission: Submission }
  | { readonly at: 'refused'; readonly refusal: Refusal };

interface Props {
  readonly client: KycClient;
  readonly session: Session;
}

export function App({ client, session }: Props): JSX.Element {
  const [language, setLanguage] = useState<Language>(
    () => (sessionStorage.getItem('language') as Language | null) ?? 'id',
  );
  const [view, setView] = useState<View>({ at: 'loading' });
  const [person, setPerson] = useState('');
  const t = LANGUAGES[language];

  useEffect(() => {
    document.documentElement.lang = language;
    document.title = t.title;
    sessionStorage.setItem('language', language);
  }, [language, t]);

  /** Where the person stands is asked of the gateway: a reload, another device and a new session go on alike. */
  const load = useCallback(async () => {
    setView({ at: 'loading' });
    try {
      await session.finishSignIn();
    } catch {
      return setView({ at: 'refused', refusal: { words: 'signInFailed', way: 'sign-in' } });
    }
    if (!session.isSignedIn) return setView({ at: 'signed-out' });
    try {
      const [me, submission] = await Promise.all([orThrow(client.GET('/v1/me')), newestSubmission(client)]);
      setPerson([me.name, me.phoneNumber].filter(Boolean).join(' · '));
      setView(
        submission === undefined || submission.status === 'open'
          ? { at: 'form', submission }
          : { at: 'result', submission },
      );
    } catch (error) {
      setView({ at: 'refused', refusal: refusalOf(error) });
    }
  }, [client, session]);
  useEffect(() => void load(), [load]);

  const signIn = (): void => {
    session.signIn().catch((error: unknown) => setView({ at: 'refused', refusal: refusalOf(error) }));
  };
  const signOut = (): void => {
    setView({ at: 'signed-out' });
    // Here it is over; that SIMAS-ID cannot be told now changes nothing for whoever sits here next.
    session.signOut().catch(() => undefined);
  };

  return (
    <LanguageContext.Provider value={language}>
      <header>
        <strong>{t.brand}</strong>
        <button
          type="button"
          class="quiet"
          lang={language === 'id' ? 'en' : 'id'}
          onClick={() => setLanguage(language === 'id' ? 'en' : 'id')}
        >
          {t.otherLanguage}
        </button>
        {session.isSignedIn && (
          <button type="button" class="quiet" onClick={signOut}>
            {t.signOut}
          </button>
        )}
      </header>
      <main>
        {session.isSignedIn && person !== '' && (
          <p class="person">
            {t.signedInAs} <b>{person}</b>
          </p>
        )}
        <Screen
          view={view}
          client={client}
          again={() => void load()}
          signIn={signIn}
          show={(submission) => setView({ at: 'result', submission })}
          anew={() => setView({ at: 'form', submission: undefined })}
        />
      </main>
    </LanguageContext.Provider>
  );
}

interface ScreenProps {
  readonly view: View;
  readonly client: KycClient;
  readonly again: () => void;
  readonly signIn: () => void;
  readonly show: (submission: Submission) => void;
  readonly anew: () => void;
}

function Screen({ view, client, again, signIn, show, anew }: ScreenProps): JSX.Element {
  switch (view.at) {
    case 'loading':
      return <Loading />;
    case 'signed-out':
      return <SignedOut signIn={signIn} />;
    case 'refused':
      return <RefusalNote refusal={view.refusal} again={again} signIn={signIn} />;
    case 'form':
      return <Form client={client} begun={view.submission} onHandedIn={show} signIn={signIn} />;
    case 'result':
      return <Result client={client} handedIn={view.submission} anew={anew} signIn={signIn} />;
  }
}
