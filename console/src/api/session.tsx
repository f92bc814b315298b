import { createKycClient, type KycClient } from '@kyc-gateway/client';
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import {
  createContext,
  type ReactElement,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useState,
} from 'react';
import { body, Refusal } from './refusal';

/** Nobody leaves other people's data on a screen for longer. */
const IDLE_MS = 15 * 60_000;
const SIGNS_OF_LIFE = ['pointerdown', 'keydown', 'wheel'] as const;

interface SignedIn {
  readonly user: string;
  readonly gateway: KycClient;
}

interface Session {
  readonly signedIn: SignedIn | null;
  /** Why the last session ended, when it was not the officer who ended it. */
  readonly ended: 'idle' | 'refused' | null;
  /** @throws Refusal when the credential is not accepted, or nothing answers */
  readonly signIn: (user: string, password: string) => Promise<void>;
  readonly signOut: () => void;
  /** Who decides, as they last said. */
  readonly officer: string;
  readonly setOfficer: (name: string) => void;
}

const SessionContext = createContext<Session | null>(null);

/** The gateway is where this script came from: `…/console/assets/x.js`. */
const here = import.meta.url;
const baseUrl = import.meta.env.DEV ? location.origin : new URL('../..', here).href.replace(/\/$/, '');

/** Credentials live in this memory alone; a reload forgets them. */
export function SessionProvider({ children }: { readonly children: ReactNode }): ReactElement {
  const [signedIn, setSignedIn] = useState<SignedIn | null>(null);
  const [ended, setEnded] = useState<Session['ended']>(null);
  const [officer, setOfficer] = useState('');
  const end = useCallback((why: Session['ended']) => {
    setSignedIn(null);
    setOfficer('');
    setEnded(why);
  }, []);
  const queries = useMemo(() => queryClient(() => end('refused')), [end]);
  useEffect(() => {
    if (signedIn === null) queries.clear();
  }, [signedIn, queries]);
  useIdleEnd(signedIn !== null, end);
  const session = useMemo(
    (): Session => ({
      signedIn,
      ended,
      officer,
      setOfficer,
      signOut: () => end(null),
      signIn: async (user, password) => {
        const gateway = createKycClient({ baseUrl, backOffice: { user, password } });
        await body(gateway.GET('/v1/submissions', { params: { query: { limit: 1 } } }));
        setEnded(null);
        setSignedIn({ user, gateway });
      },
    }),
    [signedIn, ended, officer, end],
  );
  return (
    <SessionContext value={session}>
      <QueryClientProvider client={queries}>{children}</QueryClientProvider>
    </SessionContext>
  );
}

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('outside of SessionProvider');
  return session;
}

/** The gateway, asked with the credentials of the sign-in. */
export function useGateway(): KycClient {
  const { signedIn } = useSession();
  if (signedIn === null) throw new Error('nobody is signed in');
  return signedIn.gateway;
}

function queryClient(onRefused: () => void): QueryClient {
  const onError = (error: unknown): void => {
    if (error instanceof Refusal && error.status === 401) onRefused();
  };
  return new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        gcTime: 60_000,
        retry: (failures, error) =>
          failures < 2 && error instanceof Refusal && (error.status === 0 || error.status >= 502),
      },
    },
  });
}

function useIdleEnd(isSignedIn: boolean, end: (why: 'idle') => void): void {
  useEffect(() => {
    if (!isSignedIn) return undefined;
    let timer = setTimeout(() => end('idle'), IDLE_MS);
    const alive = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => end('idle'), IDLE_MS);
    };
    for (const sign of SIGNS_OF_LIFE) addEventListener(sign, alive, { passive: true });
    return () => {
      clearTimeout(timer);
      for (const sign of SIGNS_OF_LIFE) removeEventListener(sign, alive);
    };
  }, [isSignedIn, end]);
}
