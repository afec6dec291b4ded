// @peculiar/x509 needs it to be there before it is loaded.
import 'reflect-metadata';
import {
  createPrivateKey,
  createPublicKey,
  randomBytes,
  webcrypto,
  X509Certificate as NodeCertificate,
} from 'node:crypto';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto as never);

/** A certificate and its private key, PEM. */
export interface KeyPair {
  certificate: string;
  key: string;
}

export interface LeafOptions {
  commonName?: string;
  organizations?: string[];
  dnsNames?: string[];
  addresses?: string[];
  usage: 'server' | 'client';
  validForMs?: number;
}

const dayMs = 86_400_000;
const keyAlgorithms = {
  ed25519: { name: 'Ed25519' },
  ec: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
} as const;
type KeyKind = keyof typeof keyAlgorithms;

/** A certificate authority that can sign: made up anew, or out of a machine configuration. */
export class CertificateAuthority {
  readonly certificate: string;
  readonly #parsed: x509.X509Certificate;
  readonly #key: webcrypto.CryptoKey;
  readonly #kind: KeyKind;

  private constructor(certificate: string, key: webcrypto.CryptoKey, kind: KeyKind) {
    this.certificate = certificate;
    this.#parsed = new x509.X509Certificate(certificate);
    this.#key = key;
    this.#kind = kind;
  }

  /** One that nobody knows and that has no name, as Talos makes for each boot into maintenance mode. */
  static async anonymous(): Promise<CertificateAuthority> {
    const keys = (await webcrypto.subtle.generateKey(keyAlgorithms.ed25519, true, [
      'sign',
      'verify',
    ])) as webcrypto.CryptoKeyPair;
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      serialNumber: serialNumber(),
      name: '',
      notBefore: new Date(Date.now() - 10_000),
      notAfter: new Date(Date.now() + 365 * dayMs),
      signingAlgorithm: keyAlgorithms.ed25519,
      keys,
      extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
    });
    return new CertificateAuthority(certificate.toString('pem'), keys.privateKey, 'ed25519');
  }

  /** Out of a machine configuration: certificate and key, PEM. */
  static async from(pair: KeyPair): Promise<CertificateAuthority> {
    const privateKey = createPrivateKey(pair.key.replaceAll('ED25519 PRIVATE KEY', 'PRIVATE KEY'));
    const kind: KeyKind = privateKey.asymmetricKeyType === 'ed25519' ? 'ed25519' : 'ec';
    const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
    const key = await webcrypto.subtle.importKey('pkcs8', pkcs8, keyAlgorithms[kind], false, ['sign']);
    return new CertificateAuthority(pair.certificate, key, kind);
  }

  async issue(options: LeafOptions): Promise<KeyPair> {
    const algorithm = keyAlgorithms[this.#kind];
    const keys = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
    const names = [
      ...(options.dnsNames ?? []).map((value) => ({ type: 'dns' as const, value })),
      ...(options.addresses ?? []).map((value) => ({ type: 'ip' as const, value })),
    ];
    const usage = options.usage === 'server' ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth;
    const extensions: x509.Extension[] = [
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([usage]),
    ];
    if (names.length > 0) extensions.push(new x509.SubjectAlternativeNameExtension(names));
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: serialNumber(),
      subject: subjectName(options),
      issuer: this.#parsed.subjectName,
      notBefore: new Date(Date.now() - 10_000),
      notAfter: new Date(Date.now() + (options.validForMs ?? dayMs)),
      publicKey: keys.publicKey,
      signingKey: this.#key,
      signingAlgorithm: algorithm,
      extensions,
    });
    const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
    return { certificate: certificate.toString('pem'), key: x509.PemConverter.encode(key, 'PRIVATE KEY') };
  }
}

/** The authority's public key, to check client certificates with. */
export function publicKeyOf(certificate: string): ReturnType<typeof createPublicKey> {
  return new NodeCertificate(certificate).publicKey;
}

function subjectName(options: LeafOptions): x509.JsonName {
  return [
    ...(options.organizations ?? []).map((organization) => ({ O: [organization] })),
    ...(options.commonName === undefined ? [] : [{ CN: [options.commonName] }]),
  ];
}

function serialNumber(): string {
  return `0${(randomBytes(1)[0] ?? 0) % 8}${randomBytes(15).toString('hex')}`;
}
