import { lazy, type ReactElement, Suspense, useEffect } from 'react';
import { useSession } from './api/session';
import { CodePage, Codes } from './pages/codes';
import { Events } from './pages/events';
import { Ledger } from './pages/ledger';
import { People } from './pages/people';
import { PersonPage } from './pages/person';
import { Shares } from './pages/shares';
import { SignIn } from './pages/sign-in';
import { SubmissionPage } from './pages/submission/submission';
import { Submissions } from './pages/submissions';
import { Loading } from './parts/feedback';
import { type PageName, useRoute } from './parts/route';
import { Shell } from './parts/shell';

/** With its charts it is as large as everything else together: it comes while the officer types. */
const overview = (): Promise<typeof import('./pages/overview')> => import('./pages/overview');
const Overview = lazy(overview);

export function App(): ReactElement {
  const { signedIn } = useSession();
  const { page, id } = useRoute();
  useEffect(() => void overview(), []);
  if (signedIn === null) return <SignIn />;
  return (
    <Shell page={page}>
      {id === undefined ? <Page name={page} /> : <Detail key={id} page={page} id={id} />}
    </Shell>
  );
}

function Page({ name }: { readonly name: PageName }): ReactElement {
  switch (name) {
    case 'overview':
      return (
        <Suspense fallback={<Loading />}>
          <Overview />
        </Suspense>
      );
    case 'submissions':
      return <Submissions />;
    case 'people':
      return <People />;
    case 'codes':
      return <Codes />;
    case 'shares':
      return <Shares />;
    case 'events':
      return <Events />;
    case 'ledger':
      return <Ledger />;
  }
}

function Detail({ page, id }: { readonly page: PageName; readonly id: string }): ReactElement {
  switch (page) {
    case 'submissions':
      return <SubmissionPage id={id} />;
    case 'people':
      return <PersonPage id={id} />;
    case 'codes':
      return <CodePage id={id} />;
    default:
      return <Page name={page} />;
  }
}
