import { randomUUID } from 'node:crypto';
import { md, pki } from 'node-forge';

/** An authority that signs certificates of servers; the key is the same for all of them. */
export class TestAuthority {
  readonly #subject = [{ name: 'commonName', value: `Authority of the tests ${randomUUID()}` }];
  readonly #keys = pki.rsa.generateKeyPair(2048);
  readonly #serverKeys = pki.rsa.generateKeyPair(2048);
  readonly key = pki.privateKeyToPem(this.#serverKeys.privateKey);
  readonly certificate = this.#sign(
    this.#subject,
    this.#keys.publicKey,
    [{ name: 'basicConstraints', cA: true }],
    1,
  );

  /** @param hours how long it holds; below 0: since when it does not any more */
  serverCertificate(host: string, hours = 1, ...others: readonly string[]): string {
    const altNames = [host, ...others].map((value) => ({ type: 2, value }));
    return this.#sign(
      [{ name: 'commonName', value: host }],
      this.#serverKeys.publicKey,
      [{ name: 'subjectAltName', altNames }],
      hours,
    );
  }

  #sign(
    subject: pki.CertificateField[],
    publicKey: pki.PublicKey,
    extensions: object[],
    hours: number,
  ): string {
    const made = pki.createCertificate();
    made.publicKey = publicKey;
    made.serialNumber = '01';
    made.validity.notBefore = new Date(Date.now() - 48 * 3_600_000);
    made.validity.notAfter = new Date(Date.now() + hours * 3_600_000);
    made.setSubject(subject);
    made.setIssuer(this.#subject);
    made.setExtensions(extensions);
    made.sign(this.#keys.privateKey, md.sha256.create());
    return pki.certificateToPem(made);
  }
}
