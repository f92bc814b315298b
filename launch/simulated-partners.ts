import { isConfigured } from './given-environment';
import type { Environment } from './given-environment';

interface Partner {
  /** Configuring any of these means the real partner: the lab then supplies nothing for it, so that the two never mix. */
  addresses: readonly string[];
  /** All of the partner's variables. */
  variables: RegExp;
}

const partners: readonly Partner[] = [
  {
    addresses: ['SIMAS_ID_BASE_URL', 'SIMAS_ID_ISSUER', 'SIMAS_ID_JWKS_URI', 'SIMAS_ID_USERINFO_URI'],
    variables: /^SIMAS_ID_/,
  },
  { addresses: ['COMMON_KYC_BASE_URL'], variables: /^(BU_[A-Z0-9_]+_)?COMMON_KYC_/ },
  {
    addresses: [
      'GTF_COE_TOKEN_BASE_URL',
      'GTF_COE_BASE_URL',
      'GTF_ESIGN_TOKEN_BASE_URL',
      'GTF_ESIGN_BASE_URL',
    ],
    variables: /^(BU_[A-Z0-9_]+_)?GTF_/,
  },
  { addresses: ['SATUSEHAT_BASE_URL'], variables: /^(BU_[A-Z0-9_]+_)?SATUSEHAT_/ },
  { addresses: ['WHATSAPP_BASE_URL'], variables: /^(BU_[A-Z0-9_]+_)?WHATSAPP_/ },
  {
    addresses: ['TWILIO_BASE_URL', 'VERIHUBS_BASE_URL'],
    variables: /^(BU_[A-Z0-9_]+_)?(TWILIO|VERIHUBS|SMS)_/,
  },
];

function isReal(partner: Partner, given: Environment): boolean {
  return partner.addresses.some((name) => isConfigured(given, name));
}

/** Whether the lab has to play any partner: `LAB` is not `off`, and not every partner's address is configured. */
export function needsLab(given: Environment): boolean {
  return given.LAB !== 'off' && !partners.every((partner) => isReal(partner, given));
}

/** Those variables of the lab that belong to partners which it plays. */
export function ofSimulatedPartners(
  lab: Readonly<Record<string, string>>,
  given: Environment,
): Record<string, string> {
  const real = partners.filter((partner) => isReal(partner, given));
  return Object.fromEntries(
    Object.entries(lab).filter(([name]) => !real.some((partner) => partner.variables.test(name))),
  );
}
