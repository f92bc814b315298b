// Preloaded into a process under test: its clock is a day ahead of everybody else's.
const AHEAD_MS = 86_400_000;
const TrueDate = Date;

class AheadDate extends TrueDate {
  constructor(...parts) {
    if (parts.length === 0) super(TrueDate.now() + AHEAD_MS);
    else super(...parts);
  }

  static now() {
    return TrueDate.now() + AHEAD_MS;
  }
}
globalThis.Date = AheadDate;
