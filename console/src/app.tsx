import type { ReactElement } from 'react';
import { useSession } from './api/session';
import { SignIn } from './pages/sign-in';
import { Submissions } from './pages/submissions';
import { Shell } from './parts/shell';

export function App(): ReactElement {
  const { signedIn } = useSession();
  if (signedIn === null) return <SignIn />;
  return (
    <Shell>
      <Submissions />
    </Shell>
  );
}
