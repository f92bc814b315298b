import { createLog } from '../logging';
import { Metrics } from '../metrics';
import { HttpTraffic } from './http-traffic';

describe('a flood of connections from everywhere', () => {
  it('is logged once in ten seconds, however many addresses wait for answers meanwhile', () => {
    const lines: string[] = [];
    const log = createLog('warn', { write: (line: string) => void lines.push(line) });
    const traffic = new HttpTraffic(log, new Metrics());
    traffic.connectionRefused('total', '192.0.2.1');
    for (let address = 0; address < 5_000; address += 1)
      traffic.answerHeld(`2001:db8:0:${address.toString(16)}::/64`);
    traffic.connectionRefused('total', '192.0.2.1');
    const told = (message: string): number => lines.filter((line) => line.includes(message)).length;
    expect([told('connections refused'), told('answers held back')]).toEqual([1, 5_000]);
  });
});
