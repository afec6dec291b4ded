import { randomBytes, webcrypto } from 'node:crypto';
import 'reflect-metadata'; // @peculiar/x509 needs it loaded first
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
  type X509Certificate,
} from '@peculiar/x509';

const { subtle } = webcrypto;
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** PEM. */
export interface Pair {
  certificate: string;
  key: string;
}

/** A certificate authority as Talos makes one for Kubernetes: ECDSA P-256. */
export interface Authority {
  certificate: string;
  /** A serving certificate for addresses. */
  serving(addresses: string[], validity?: Validity): Promise<Pair>;
  /** A client certificate; administrators are of group `system:masters`. */
  client(name: string, group: string, validity?: Validity): Promise<Pair>;
}

export interface Validity {
  notBefore: Date;
  notAfter: Date;
}

const HOUR = 3_600_000;

function aboutNow(): Validity {
  return { notBefore: new Date(Date.now() - HOUR), notAfter: new Date(Date.now() + HOUR) };
}

export async function createAuthority(): Promise<Authority> {
  const keys = await subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const ca = await X509CertificateGenerator.createSelfSigned({
    serialNumber: randomBytes(8).toString('hex'),
    name: 'O=kubernetes',
    ...aboutNow(),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.digitalSignature, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const leaf = (subject: string, usage: ExtendedKeyUsage, addresses: string[], validity = aboutNow()) =>
    createLeaf({ ca, caKey: keys.privateKey, subject, usage, addresses, validity });
  return {
    certificate: ca.toString('pem'),
    serving: (addresses, validity) => leaf('CN=kube-apiserver', ExtendedKeyUsage.serverAuth, addresses, validity),
    client: (name, group, validity) => leaf(`CN=${name}, O=${group}`, ExtendedKeyUsage.clientAuth, [], validity),
  };
}

async function createLeaf(wanted: {
  ca: X509Certificate;
  caKey: webcrypto.CryptoKey;
  subject: string;
  usage: ExtendedKeyUsage;
  addresses: string[];
  validity: Validity;
}): Promise<Pair> {
  const keys = await subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const names = wanted.addresses.map((value) => ({ type: 'ip' as const, value }));
  const certificate = await X509CertificateGenerator.create({
    serialNumber: randomBytes(8).toString('hex'),
    subject: wanted.subject,
    issuer: wanted.ca.subject,
    ...wanted.validity,
    publicKey: keys.publicKey,
    signingKey: wanted.caKey,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(false),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([wanted.usage]),
      await AuthorityKeyIdentifierExtension.create(wanted.ca),
      ...(names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names)]),
    ],
  });
  const der = Buffer.from(await subtle.exportKey('pkcs8', keys.privateKey));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  const key = `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`;
  return { certificate: certificate.toString('pem'), key };
}
