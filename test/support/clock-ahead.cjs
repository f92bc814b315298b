// Preloaded into a process under test: its clock is as many milliseconds ahead as the file CLOCK_AHEAD says at the moment.
const { readFileSync } = require('node:fs');
const process = require('node:process');
const { setInterval } = require('node:timers');

const TrueDate = Date;
let aheadMs = 0;
const read = () => (aheadMs = Number(readFileSync(process.env.CLOCK_AHEAD, 'utf8')));
read();
setInterval(read, 50).unref();

class MovedDate extends TrueDate {
  constructor(...parts) {
    if (parts.length === 0) super(TrueDate.now() + aheadMs);
    else super(...parts);
  }

  static now() {
    return TrueDate.now() + aheadMs;
  }
}
globalThis.Date = MovedDate;
