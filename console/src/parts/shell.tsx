import { Button, SegmentedControl, Text } from '@mantine/core';
import { type ReactElement, type ReactNode, useEffect } from 'react';
import { useSession } from '../api/session';
import icon from '../favicon.svg';
import { useSpeech } from '../texts/language';
import { linkTo, type PageName, PAGES, useRoute } from './route';

export function LanguageSwitch(): ReactElement {
  const { language, speak, texts } = useSpeech();
  return (
    <SegmentedControl
      size="xs"
      aria-label={texts.language}
      value={language}
      onChange={speak}
      data={[
        { value: 'id', label: 'Indonesia' },
        { value: 'en', label: 'English' },
      ]}
    />
  );
}

/** What stands around every page: who is signed in, the language, the way to the others. */
export function Shell({
  page,
  children,
}: {
  readonly page: PageName;
  readonly children: ReactNode;
}): ReactElement {
  const { texts } = useSpeech();
  const { signedIn, signOut } = useSession();
  return (
    <div className="frame">
      <header>
        <a className="skip" href="#content" onClick={skip}>
          {texts.skip}
        </a>
        <span className="brand">
          <img src={icon} width={28} height={28} alt="" />
          {texts.title}
        </span>
        <LanguageSwitch />
        <Text size="sm" className="breakable">
          <span className="visually-hidden">{texts.signIn.as} </span>
          {signedIn?.user}
        </Text>
        <Button size="xs" variant="white" onClick={signOut}>
          {texts.signIn.signOut}
        </Button>
      </header>
      <nav aria-label={texts.menu}>
        <ul className="menu">
          {PAGES.map((name) => (
            <li key={name}>
              <a href={linkTo(name)} aria-current={name === page ? 'page' : undefined}>
                {texts.nav[name]}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <main id="content" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

/** The address keeps saying which page it is. */
function skip(event: { preventDefault: () => void }): void {
  event.preventDefault();
  document.getElementById('content')?.focus();
}

/** A page's heading, where the reader's keyboard starts after a change of page. */
export function Heading({
  children,
  hint,
}: {
  readonly children: string;
  readonly hint?: string;
}): ReactElement {
  const { page, id } = useRoute();
  useEffect(() => {
    document.querySelector<HTMLElement>('h1')?.focus();
    scrollTo(0, 0);
  }, [page, id]);
  return (
    <div>
      <h1 className="heading" tabIndex={-1}>
        {children}
      </h1>
      {hint !== undefined && (
        <Text size="sm" c="dimmed">
          {hint}
        </Text>
      )}
    </div>
  );
}
