import {
  createContext,
  type ReactElement,
  type ReactNode,
  useContext,
  useEffect,
  useMemo,
  useState,
} from 'react';
import { en } from './en';
import { id, type Texts } from './id';

export type { Texts };

const LANGUAGES = { id, en } as const;
type Language = keyof typeof LANGUAGES;

interface Speech {
  readonly language: Language;
  readonly texts: Texts;
  readonly speak: (language: Language) => void;
  readonly moment: (at: string) => string;
  readonly day: (at: string) => string;
  readonly number: (value: number) => string;
}

const SpeechContext = createContext<Speech | null>(null);

/** `?lang=en` in the address chooses English; nothing is kept in the browser. */
function chosen(): Language {
  return new URLSearchParams(location.search).get('lang') === 'en' ? 'en' : 'id';
}

export function LanguageProvider({ children }: { readonly children: ReactNode }): ReactElement {
  const [language, setLanguage] = useState(chosen);
  const texts = LANGUAGES[language];
  useEffect(() => {
    document.documentElement.lang = language;
    document.title = texts.title;
  }, [language, texts]);
  const speech = useMemo((): Speech => {
    const locale = language === 'id' ? 'id-ID' : 'en-GB';
    const moments = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' });
    const days = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' });
    const numbers = new Intl.NumberFormat(locale);
    return {
      language,
      texts,
      speak: (next) => {
        const search = next === 'en' ? '?lang=en' : '';
        history.replaceState(null, '', `${location.pathname}${search}${location.hash}`);
        setLanguage(next);
      },
      moment: (at) => moments.format(new Date(at)),
      day: (at) => days.format(new Date(at)),
      number: (value) => numbers.format(value),
    };
  }, [language, texts]);
  return <SpeechContext value={speech}>{children}</SpeechContext>;
}

export function useSpeech(): Speech {
  const speech = useContext(SpeechContext);
  if (speech === null) throw new Error('outside of LanguageProvider');
  return speech;
}

export function useTexts(): Texts {
  return useSpeech().texts;
}
