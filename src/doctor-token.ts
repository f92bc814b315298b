import { readFileSync } from 'node:fs';
import { REASONS, type TokenExplanation } from './auth';

/** A token as it was given: itself, `-` for standard input, `@FILE` for a file, so that it stands in no shell's history. */
export function readToken(given: string): string {
  const text =
    given === '-'
      ? readFileSync(0, 'utf8')
      : given.startsWith('@')
        ? readFileSync(given.slice(1), 'utf8')
        : given;
  return text.trim().replace(/^(authorization: *)?bearer +/i, '');
}

/** What the gateway makes of a token, a rule a line, and what it answers. */
export function explanationLines({ results, refusal, businessUnit }: TokenExplanation): string[] {
  const lines = results.map(({ about, found, wanted, reason }) => {
    const mark = reason === null ? 'ok' : reason === undefined ? '--' : 'FAIL';
    const why = typeof reason === 'string' ? `: ${reason}` : '';
    return `${mark.padEnd(4)}  ${about.padEnd(18)}  ${found}\n${' '.repeat(26)}wanted: ${wanted}${why}`;
  });
  return [...lines, '', verdict(refusal, businessUnit)];
}

function verdict(refusal: TokenExplanation['refusal'], businessUnit = ''): string {
  if (refusal === null) return `TAKEN: the token is good, for people of ${businessUnit}`;
  if (refusal === undefined) return 'CANNOT TELL: the gateway answers 503 while SIMAS-ID is away';
  return `REFUSED: 401 invalid_token, error_description="${refusal}": ${REASONS[refusal]}`;
}
