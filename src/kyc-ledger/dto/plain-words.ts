/**
 * Words that stay in the ledger in clear and for ever: a purpose, a reason. What could be a NIK, a phone number or an e-mail
 * address is refused; that they name nobody is the writer's duty.
 */
export const PLAIN_WORDS = /^(?!.*\d[\d\s.-]{4,}\d)[\p{L}\d][\p{L}\d ,.:;/()'_-]{1,199}$/u;
export const PLAIN_WORDS_WANTED =
  '$property must be 2 to 200 characters of plain words, without long numbers or addresses';
