import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { type Language, LANGUAGES, type Texts } from './texts.ts';

export const LanguageContext = createContext<Language>('id');

export function useLanguage(): { readonly language: Language; readonly t: Texts } {
  const language = useContext(LanguageContext);
  return { language, t: LANGUAGES[language] };
}
