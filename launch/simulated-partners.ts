import type { Environment } from './given-environment';

interface Partner {
  /** Configuring any of these means the real partner: the lab then supplies nothing for it, so that the two never mix. */
  addresses: RegExp;
  /** All of the partner's variables. */
  variables: RegExp;
}

const partners: readonly Partner[] = [
  { addresses: /^SIMAS_ID_(BASE_URL|ISSUER|JWKS_URI|USERINFO_URI)$/, variables: /^SIMAS_ID_/ },
  { addresses: /^COMMON_KYC_BASE_URL$/, variables: /^(BU_[A-Z0-9_]+_)?COMMON_KYC_/ },
  { addresses: /^GTF_(COE|ESIGN)(_TOKEN)?_BASE_URL$/, variables: /^(BU_[A-Z0-9_]+_)?GTF_/ },
  { addresses: /^SATUSEHAT_BASE_URL$/, variables: /^(BU_[A-Z0-9_]+_)?SATUSEHAT_/ },
  { addresses: /^WHATSAPP_BASE_URL$/, variables: /^(BU_[A-Z0-9_]+_)?WHATSAPP_/ },
  { addresses: /^(TWILIO|VERIHUBS)_BASE_URL$/, variables: /^(BU_[A-Z0-9_]+_)?(TWILIO|VERIHUBS|SMS)_/ },
];

/** The units' own back end, which no lab is needed for. */
const backEnd: Partner = {
  addresses: /^BU_[A-Z0-9_]+_EVENTS_URL$/,
  variables: /^BU_[A-Z0-9_]+_EVENTS_/,
};

function isReal({ addresses }: Partner, given: Environment): boolean {
  return Object.keys(given).some((name) => addresses.test(name.replace(/_FILE$/, '')) && given[name]);
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
  const real = [...partners, backEnd].filter((partner) => isReal(partner, given));
  return Object.fromEntries(
    Object.entries(lab).filter(([name]) => !real.some((partner) => partner.variables.test(name))),
  );
}
