/**
 * Words in which a purpose is given. What could be a NIK, a phone number or an e-mail address is refused: that they name nobody else
 * is the writer's duty.
 */
export const PLAIN_WORDS = /^(?=.*(?!\p{DI})[\p{L}\d])(?!.*\d[\d\s.-]{4,}\d)[^\p{C}\p{Zl}\p{Zp}@<>]{1,200}$/u;
export const PLAIN_WORDS_WANTED =
  '$property must be 1 to 200 characters of plain words, without long numbers or addresses';
