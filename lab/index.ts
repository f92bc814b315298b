import { startCommonKycLab, type CommonKycLab } from './common-kyc';
import { gatewayEnvironment, type LabUrls } from './gateway-environment';
import type { GatewayAddress } from './gateway-link';
import { startGtfLab, type GtfLab } from './gtf';
import type { PageLink } from './html';
import { startInboxLab } from './inbox';
import { labServers, LabServers } from './lab-servers';
import { startOnboardingLab } from './onboarding';
import { startSatusehatLab, type SatusehatLab } from './satusehat';
import { startSimasIdLab, type SimasIdLab } from './simas-id';
import { startSmsHttpLab, type SmsHttpLab } from './sms-http';
import { startSmtpLab, type SmtpLab } from './smtp';
import { startTwilioLab, type TwilioLab } from './twilio';
import { startUnitBackEndLab, type UnitBackEndLab } from './unit-back-end';
import { startVerihubsLab, type VerihubsLab } from './verihubs';
import { startWhatsappLab, type WhatsappLab } from './whatsapp';

export { labCredentials } from './credentials';
export { labServers, PortTaken } from './lab-servers';

export interface LabOptions {
  /** Default localhost: partners are called by name, never by address. `0.0.0.0` listens everywhere under that name. */
  readonly host?: string;
  /** The servers listen on basePort, basePort + 1, …; absent = any free ports. */
  readonly basePort?: number;
  /** Default nanovest and siminvest. */
  readonly units?: readonly string[];
  /** Folder of the snapshots, so that a restart keeps keys, records, submissions and messages; absent = memory only. */
  readonly stateDir?: string;
  readonly now?: () => Date;
  /** How long GTF takes for a step of processing; default 1500. */
  readonly gtfProcessingMs?: number;
}

/** Every partner of the gateway, on real ports. */
export interface Lab {
  readonly urls: LabUrls;
  readonly simasId: SimasIdLab;
  readonly commonKyc: CommonKycLab;
  readonly gtf: GtfLab;
  readonly satusehat: SatusehatLab;
  readonly whatsapp: WhatsappLab;
  readonly twilio: TwilioLab;
  readonly smtp: SmtpLab;
  readonly sms: SmsHttpLab;
  readonly verihubs: VerihubsLab;
  readonly unitBackEnd: UnitBackEndLab;
  /** Every variable that points a gateway at this lab. */
  environment(): Record<string, string>;
  /** Where callbacks, receipts and OTP webhooks go from now on. */
  connectGateway(gateway: GatewayAddress): void;
  close(): Promise<void>;
}

const GTF_PROCESSING_MS = 1500;

/** Starts all servers, or none. Rejects with `PortTaken`. */
export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const servers = new LabServers(options);
  try {
    return await assemble(servers, options);
  } catch (error) {
    await servers.close();
    throw error;
  }
}

async function assemble(servers: LabServers, options: LabOptions): Promise<Lab> {
  const pages = (): readonly PageLink[] => [
    { name: 'Inbox', url: urls.inbox },
    { name: 'SIMAS-ID', url: urls.simasId },
    { name: "The unit's own back end", url: urls.unitBackEnd },
    { name: 'Onboarding', url: urls.onboarding },
  ];
  const simasId = await servers.open('simasId', (place) => startSimasIdLab({ ...place, links: pages }));
  const commonKyc = await servers.open('commonKyc', startCommonKycLab);
  const gtf = await servers.open('gtf', (place) =>
    startGtfLab({
      ...place,
      storagePort: servers.portOf('gtfStorage'),
      processingMs: options.gtfProcessingMs ?? GTF_PROCESSING_MS,
    }),
  );
  const satusehat = await servers.open('satusehat', startSatusehatLab);
  const whatsapp = await servers.open('whatsapp', startWhatsappLab);
  const twilio = await servers.open('twilio', startTwilioLab);
  const smtp = await servers.open('smtp', startSmtpLab);
  const sms = await servers.open('sms', startSmsHttpLab);
  const verihubs = await servers.open('verihubs', startVerihubsLab);
  const unitBackEnd = await servers.open('unitBackEnd', (place) => startUnitBackEndLab(place, pages));
  const onboarding = await servers.open('onboarding', (place) =>
    startOnboardingLab({ ...place, issuer: () => simasId.issuer }),
  );
  const inbox = await servers.open('inbox', ({ host, port }) =>
    startInboxLab({
      host,
      port,
      sources: {
        mails: () => smtp.mails(),
        whatsapp: () => whatsapp.messages(),
        twilio: () => twilio.messages(),
        smsHttp: () => sms.messages(),
        verihubs: () => verihubs.messages(),
        submissions: () => gtf.submissions(),
        records: () => commonKyc.records(),
      },
      links: pages,
      partners: () => labServers(urls),
      faults: {
        'simas-id': simasId.faults,
        'common-kyc': commonKyc.faults,
        gtf: gtf.faults,
        'gtf-storage': gtf.storageFaults,
        ...{ satusehat: satusehat.faults, whatsapp: whatsapp.faults, twilio: twilio.faults },
        ...{ smtp: smtp.faults, sms: sms.faults, verihubs: verihubs.faults },
        'unit-back-end': unitBackEnd.faults,
      },
    }),
  );
  const urls: LabUrls = {
    inbox: inbox.url,
    simasId: simasId.url,
    commonKyc: commonKyc.url,
    gtf: gtf.url,
    gtfStorage: gtf.storageUrl,
    satusehat: satusehat.url,
    whatsapp: whatsapp.url,
    twilio: twilio.url,
    smtp: smtp.url,
    sms: sms.url,
    verihubs: verihubs.url,
    unitBackEnd: unitBackEnd.url,
    onboarding: onboarding.url,
  };
  return {
    ...{ urls, simasId, commonKyc, gtf, satusehat, whatsapp, twilio, smtp, sms, verihubs, unitBackEnd },
    environment: () =>
      gatewayEnvironment({
        urls,
        units: servers.units,
        issuer: simasId.issuer,
        satusehatPublicKeyPem: satusehat.publicKeyPem,
      }),
    connectGateway: (gateway) => {
      simasId.connectGateway(gateway);
      whatsapp.connectGateway(gateway);
      gtf.connectGateway(gateway.url);
      onboarding.connectGateway(gateway.url);
    },
    close: () => servers.close(),
  };
}
