import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';
import { Inject, Injectable } from '@nestjs/common';
import { BusinessUnits } from '../business-units';
import { Checkup, type Trial } from '../platform/checkup';
import type { Deadline } from '../platform/time';
import { type UnitEventsSettings, unitEventsSettings } from './unit-events.settings';

/** Whether each unit's own back end can be reached. A connection is made and nothing is sent: an event would be taken for true. */
@Injectable()
class UnitEventsCheckup extends Checkup {
  constructor(
    private readonly units: BusinessUnits,
    @Inject(unitEventsSettings.token) private readonly settings: UnitEventsSettings,
  ) {
    super();
  }

  trials(): readonly Trial[] {
    return this.units.all.flatMap(({ id: businessUnit }) => {
      const url = this.settings.forUnit(businessUnit)?.EVENTS_URL;
      if (url === undefined) return [];
      return { businessUnit, subject: 'events', run: (deadline) => reach(new URL(url), deadline) };
    });
  }
}

async function reach({ protocol, hostname, port, host }: URL, deadline: Deadline): Promise<string> {
  const server = hostname.replace(/^\[|\]$/g, '');
  const socket =
    protocol === 'https:'
      ? connectTls({ host: server, port: Number(port || 443), servername: server })
      : connectTcp({ host: server, port: Number(port || 80) });
  try {
    const signal = AbortSignal.timeout(deadline.remaining());
    await once(socket, socket instanceof TLSSocket ? 'secureConnect' : 'connect', { signal });
    if (!(socket instanceof TLSSocket)) return `${host} takes connections`;
    return `${host} takes connections, its certificate is valid to ${socket.getPeerCertificate().valid_to}`;
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    throw new Error(`no connection to ${host} (${code === 'ABORT_ERR' ? 'ETIMEDOUT' : code})`, {
      cause: error,
    });
  } finally {
    socket.destroy();
  }
}

/** What `npm run doctor` needs of this module, without the rest of it. */
export const UNIT_EVENTS_CHECKUP = [UnitEventsCheckup];
