import { z } from 'zod';
import { inProduction, Secret, strongText, type Variable } from '../platform/config';

/** One pair that may be used for Basic authentication (RFC 7617). */
export interface BasicCredential {
  /** Safe to log: the user name, which says which of several pairs was used. */
  readonly user: string;
  readonly password: Secret;
}

type CredentialList = readonly [BasicCredential, ...BasicCredential[]];

/** `user:password[,user:password…]`, or one pair a line: then passwords may hold commas. At least one, user names unique. */
export function credentialList(): Variable<CredentialList> {
  return inProduction(pairs(z.string()), pairs(strongText));
}

function pairs(password: z.ZodString): Variable<CredentialList> {
  const pair = z
    .string()
    .regex(/^[^:]+:./, { error: 'must be `user:password`, comma separated', abort: true })
    .transform((line) => {
      const colon = line.indexOf(':');
      return { user: line.slice(0, colon), password: line.slice(colon + 1) };
    })
    .pipe(z.object({ user: z.string(), password: password.transform((text) => new Secret(text)) }));
  return (
    z
      .string()
      .meta({ writeOnly: true })
      .transform((raw) => (raw.includes('\n') ? raw.split('\n') : raw.split(',')))
      .transform((lines) => lines.map((line) => line.trim()).filter(Boolean))
      .pipe(z.tuple([pair], pair, 'must hold at least one `user:password`'))
      // The user name is all that the log tells of which pair was used.
      .refine(
        (list) => new Set(list.map(({ user }) => user)).size === list.length,
        'must not name a user twice',
      )
  );
}
