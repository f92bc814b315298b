import { useSyncExternalStore } from 'react';

export const PAGES = ['overview', 'submissions', 'people', 'codes', 'shares', 'events', 'ledger'] as const;
export type PageName = (typeof PAGES)[number];

/**
 * Where the reader is: `#/submissions/<id>?status=verified`. Behind `#`, so that no address that a proxy logs tells what was looked at;
 * numbers and names stand in none at all, for the browser remembers addresses.
 */
export interface Route {
  readonly page: PageName;
  readonly id: string | undefined;
  readonly query: URLSearchParams;
}

function routeOf(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  const [name = '', id] = path.split('/');
  const page = PAGES.find((known) => known === name) ?? PAGES[0];
  return { page, id: id === '' ? undefined : id, query: new URLSearchParams(query) };
}

export function useRoute(): Route {
  return routeOf(useSyncExternalStore(subscribe, () => location.hash));
}

function subscribe(changed: () => void): () => void {
  addEventListener('hashchange', changed);
  return () => removeEventListener('hashchange', changed);
}

/** The address of a page; what is empty stands not in it. */
export function linkTo(page: PageName, id?: string, query: Readonly<Record<string, string>> = {}): string {
  const filled = Object.entries(query).filter(([, value]) => value !== '');
  const search = filled.length === 0 ? '' : `?${new URLSearchParams(filled).toString()}`;
  return `#/${page}${id === undefined ? '' : `/${id}`}${search}`;
}

/** Changes what a page is narrowed to, without a step in the browser's history. */
export function replaceQuery(route: Route, changes: Readonly<Record<string, string>>): void {
  const query = { ...Object.fromEntries(route.query), ...changes };
  history.replaceState(null, '', linkTo(route.page, route.id, query));
  dispatchEvent(new HashChangeEvent('hashchange'));
}
