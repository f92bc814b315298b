import { Invalid, type ReadingContext, Secret, strong } from '../platform/config';

/** One pair that may be used for Basic authentication (RFC 7617). */
export interface BasicCredential {
  /** Safe to log: the user name, which says which of several pairs was used. */
  readonly user: string;
  readonly password: Secret;
}

/** `user:password[,user:password…]`, or one pair a line: then passwords may hold commas. At least one, user names unique. */
export function credentialList(
  raw: string,
  context: ReadingContext,
): readonly [BasicCredential, ...BasicCredential[]] {
  const lines = (raw.includes('\n') ? raw.split('\n') : raw.split(','))
    .map((item) => item.trim())
    .filter(Boolean);
  const pairs = lines.map((line) => {
    const colon = line.indexOf(':');
    if (colon < 1 || colon === line.length - 1) throw new Invalid('must be `user:password`, comma separated');
    return { user: line.slice(0, colon), password: new Secret(strong(line.slice(colon + 1), context)) };
  });
  // The user name is all that the log tells of which pair was used.
  if (new Set(pairs.map(({ user }) => user)).size < pairs.length)
    throw new Invalid('must not name a user twice');
  const [first, ...rest] = pairs;
  if (first === undefined) throw new Invalid('must hold at least one `user:password`');
  return [first, ...rest];
}
