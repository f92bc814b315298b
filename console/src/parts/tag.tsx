import type { ReactElement } from 'react';

export type Tone = 'neutral' | 'info' | 'good' | 'warn' | 'bad';

/** A short word in a colour that says how good it is; the colours have the contrast that WCAG 2.2 AA wants. */
export function Tag({ tone, children }: { readonly tone: Tone; readonly children: string }): ReactElement {
  return <span className={`tag tag-${tone}`}>{children}</span>;
}
