import { needsLab, ofSimulatedPartners } from './simulated-partners';

const everyPartnerReal = {
  SIMAS_ID_BASE_URL: 'https://api-stg.simas-id.com',
  COMMON_KYC_BASE_URL: 'https://common-kyc.example',
  GTF_COE_BASE_URL: 'https://gtf.example',
  SATUSEHAT_BASE_URL: 'https://satusehat.example',
  WHATSAPP_BASE_URL: 'https://graph.facebook.com/v26.0',
  TWILIO_BASE_URL: 'https://api.twilio.com',
};

describe('The partner lab', () => {
  it('runs when at least one partner is not configured', () => {
    expect(needsLab({})).toBe(true);
    expect(needsLab({ ...everyPartnerReal, SATUSEHAT_BASE_URL: undefined })).toBe(true);
  });

  it('does not run when every partner is configured, or when it is switched off', () => {
    expect(needsLab(everyPartnerReal)).toBe(false);
    expect(needsLab({ LAB: 'off' })).toBe(false);
  });

  it('supplies nothing for a partner whose real address is configured, so that the two never mix', () => {
    const lab = {
      SIMAS_ID_BASE_URL: 'http://localhost:4401',
      SIMAS_ID_ISSUER: 'http://localhost:4401/realms/simas-id',
      GTF_COE_BASE_URL: 'http://localhost:4403',
      GTF_UPLOAD_HOSTS: 'localhost',
      BU_NANO_VEST_GTF_PASS_KEY: 'lab',
      BU_NANO_VEST_COMMON_KYC_CLIENT_SECRET: 'lab',
      BU_NANO_VEST_SMTP_URL: 'smtp://localhost:4406',
    };
    expect(Object.keys(ofSimulatedPartners(lab, { GTF_ESIGN_BASE_URL: 'https://gtf.example' }))).toEqual([
      'SIMAS_ID_BASE_URL',
      'SIMAS_ID_ISSUER',
      'BU_NANO_VEST_COMMON_KYC_CLIENT_SECRET',
      'BU_NANO_VEST_SMTP_URL',
    ]);
    expect(Object.keys(ofSimulatedPartners(lab, { SIMAS_ID_ISSUER: 'https://api.simas-id.com' }))).toEqual([
      'GTF_COE_BASE_URL',
      'GTF_UPLOAD_HOSTS',
      'BU_NANO_VEST_GTF_PASS_KEY',
      'BU_NANO_VEST_COMMON_KYC_CLIENT_SECRET',
      'BU_NANO_VEST_SMTP_URL',
    ]);
  });
});
