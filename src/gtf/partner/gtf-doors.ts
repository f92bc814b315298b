import { Inject, Injectable } from '@nestjs/common';
import { type PlatformSettings, platformSettings } from '../../platform/config';
import { hostOf, type PartnerDoor, PartnerDoors } from '../../platform/outbound';
import { GtfAccounts } from '../gtf-accounts.service';
import { type GtfSettings, gtfSettings } from '../gtf.settings';

const UPLOADS_AT_ONCE = 200;

/** One door for each of GTF's services: an outage of one does not close the others. */
@Injectable()
export class GtfDoors {
  readonly coeToken: PartnerDoor;
  readonly coe: PartnerDoor;
  readonly sivToken: PartnerDoor;
  readonly siv: PartnerDoor;
  readonly storage: PartnerDoor;

  constructor(
    doors: PartnerDoors,
    accounts: GtfAccounts,
    @Inject(platformSettings.token) platform: PlatformSettings,
    @Inject(gtfSettings.token) gtf: GtfSettings,
  ) {
    const timeoutMs = platform.values.PARTNER_TIMEOUT_MS;
    const { coeAccounts, sivAccounts } = accounts;
    const open = (partner: string, urls: readonly string[]): PartnerDoor =>
      doors.open({ partner, hosts: [...new Set(urls.map(hostOf))], timeoutMs });
    this.coeToken = open(
      'GTF COE token',
      coeAccounts.map(({ tokenBaseUrl }) => tokenBaseUrl),
    );
    this.coe = open(
      'GTF COE',
      coeAccounts.map(({ baseUrl }) => baseUrl),
    );
    this.sivToken = open(
      'GTF SIV token',
      sivAccounts.map(({ tokenBaseUrl }) => tokenBaseUrl),
    );
    this.siv = open(
      'GTF SIV',
      sivAccounts.map(({ baseUrl }) => baseUrl),
    );
    this.storage = doors.open({
      partner: 'GTF storage',
      hosts: [...new Set(coeAccounts.flatMap(({ uploadHosts }) => uploadHosts))],
      timeoutMs: gtf.values.GTF_UPLOAD_TIMEOUT_MS,
      maxConcurrent: UPLOADS_AT_ONCE,
    });
  }
}
