import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import path from 'node:path';
import { describe, test } from 'node:test';
import { parse, stringify } from 'yaml';
import { describeFinding } from '../../../src/run/findings.ts';
import type { Finding } from '../../../src/run/findings.ts';
import { CertificateAuthority } from '../../../simulator/src/certificates.ts';
import { startActivityLab } from '../activity-lab.ts';
import type { ActivityLab } from '../activity-lab.ts';
import { secretsOf } from '../../drawn-secrets.ts';

const mac = 'dc:a6:32:00:00:01';

describe('checkPreconditions', () => {
  test('finds nothing where nothing is wrong, and tells who the machines are', async (t) => {
    const lab = await startActivityLab(t, { nodes: ['cp-1', 'w-1'] });
    const { findings, nodes } = await lab.carryOut('checkPreconditions', { run: lab.run });

    assert.deepEqual(findings, lab.folder.warnings); // the old set's files could be read by everybody
    assert.deepEqual(
      nodes.map(({ name, runsUnder }) => ({ name, runsUnder })),
      [
        { name: 'cp-1', runsUnder: '2025-01-01' },
        { name: 'w-1', runsUnder: '2025-01-01' },
      ],
    );
  });

  test('finds all that is wrong with the machines at once, each with its remedy', async (t) => {
    const specs: Record<string, object> = {
      'cp-1': { talosVersion: 'v1.12.9' },
      'cp-2': { link: 'eth7' },
      'cp-3': { prefixLength: 30 },
      'w-4': { mac },
      'w-5': { mac },
    };
    const lab = await startActivityLab(t, {
      nodes: ['cp-1', 'cp-2', 'cp-3', 'w-1', 'w-2', 'w-3', 'w-4', 'w-5'],
      isPlanned: false,
      machine: (spec) => ({ ...spec, ...specs[spec.name] }),
      node: (name) => (name === 'w-3' ? 'macs: [dc:a6:32:00:00:09]' : ''),
    });
    lab.machine('w-1').powerOff();
    await lab.takeOver('w-2');

    await assertFinds(lab, [
      /^cp-1: runs Talos v1\.12\.9, planned is v1\.13\.9; a rebuild never upgrades → talosctl -n \S+ upgrade --image/,
      /^cp-2: has no link end0 for the VIP; it has eth7 → correct `vip\.link`, or `link` of this node/,
      /^cp-3: the VIP \S+ is outside the subnets of end0 \(\S+\/30\) → choose a free address in that subnet/,
      /^w-1: .*unreachable.* → Look at the machine: power/,
      /^w-2: .*belongs to a cluster that this folder does not know.* → Find out whose machine this is/,
      /^w-3: the machine at \S+ has the hardware address \S+, not dc:a6:32:00:00:09 → correct `address` or `macs`/,
      /^w-4 and w-5 are one machine \(dc:a6:32:00:00:01\) → correct the addresses/,
    ]);
  });

  test('finds what is wrong with the files and the network, each with its remedy', async (t) => {
    const lab = await startActivityLab(t, {
      secrets: 'keep',
      isPlanned: false,
      files: { 'no-cni.yaml': 'cluster: { network: { cni: { name: none } } }\n' },
      settings: 'patches: { all: [no-cni.yaml] }',
    });
    await rm(path.join(lab.folder.sets, '2025-01-01', 'secrets.yaml'));
    await makeReader(lab);
    const stranger = await listen(lab.vip, 6443);
    t.after(() => stranger.close());

    await assertFinds(lab, [
      /^a patch sets the CNI to `none`, and nothing installs a pod network.* → name its manifests or commands/,
      /^`secrets: keep`, but the current set has no secrets\.yaml → make it with `talosctl gen secrets/,
      /has the role os:reader; a reset needs os:admin → make one with `talosctl config new --roles os:admin`/,
      /^something that is none of these machines answers at the VIP \S+ → choose a free address/,
    ]);
  });

  test('warns where no machine can be reset on trial', async (t) => {
    const lab = await startActivityLab(t, { isPlanned: false });
    const { findings } = await lab.carryOut('checkPreconditions', { run: lab.run });

    assert.ok(findings.some(({ severity, seen }) => severity === 'warning' && /point of no return/.test(seen)));
  });

  test('takes the VIP of the running cluster for its own', async (t) => {
    const document = `apiVersion: v1alpha1\nkind: Layer2VIPConfig\nname: '%VIP%'\nlink: end0\n`;
    const lab = await startActivityLab(t, { isPlanned: false, oldPatch: document });
    await lab.until(() => lab.machine('cp-1').inspect().virtualIps.length > 0);

    await assertFinds(lab, []);
  });

  test('does not mind a CNI of `none` where something installs the pod network', async (t) => {
    for (const afterBootstrap of ['manifests: [cni.yaml]', 'commands: [[cilium, install]]']) {
      const lab = await startActivityLab(t, {
        isPlanned: false,
        files: { 'no-cni.yaml': 'cluster: { network: { cni: { name: none } } }\n', 'cni.yaml': 'kind: Namespace\n' },
        settings: `patches: { all: [no-cni.yaml] }\nafterBootstrap: { ${afterBootstrap} }`,
      });
      await assertFinds(lab, []);
    }
  });

  test('only warns of an old etcd that is broken, since it is wiped', async (t) => {
    const lab = await startActivityLab(t, { nodes: ['cp-1', 'cp-2', 'cp-3'], isPlanned: false });
    const refuse = { code: 14, message: 'etcdserver: no leader' };
    lab.lab.faults.inject({ machine: 'cp-2', method: 'EtcdMemberList', phase: 'before', action: { refuse } });

    await assertFinds(lab, []);
    const { findings, nodes } = await lab.carryOut('checkPreconditions', { run: lab.run });
    assert.ok(
      findings.some(({ severity, seen }) => severity === 'warning' && seen.endsWith('does not answer on cp-2')),
    );
    const unfit = nodes.filter(({ isUnfitForQuorum }) => isUnfitForQuorum).map(({ name }) => name);
    assert.deepEqual(unfit, ['cp-2']);
  });

  test('sends nothing that changes a machine', async (t) => {
    const lab = await startActivityLab(t, { isPlanned: false });
    await lab.carryOut('checkPreconditions', { run: lab.run });

    const methods = new Set(lab.requests('cp-1').map(({ method }) => method));
    assert.ok(methods.size > 0);
    for (const method of methods) assert.match(method, /^State\/|Etcd(MemberList|Status)$|Version$/);
  });
});

/** The findings that forbid the rebuild are exactly these, in any order. */
async function assertFinds(lab: ActivityLab, expected: readonly RegExp[]): Promise<void> {
  const { findings } = await lab.carryOut('checkPreconditions', { run: lab.run });
  const errors = findings.filter(({ severity }: Finding) => severity === 'error').map(describeFinding);
  for (const pattern of expected) {
    assert.ok(
      errors.some((error) => pattern.test(error)),
      `${pattern} is not among\n${errors.join('\n')}`,
    );
  }
  assert.equal(errors.length, expected.length, `these were found:\n${errors.join('\n')}`);
}

/** The set's talosconfig has the role os:reader from now on. */
async function makeReader(lab: ActivityLab): Promise<void> {
  const decoded = (text: string): string => Buffer.from(text, 'base64').toString('utf8');
  const { certs } = parse(await secretsOf('old')) as { certs: { os: { crt: string; key: string } } };
  const ca = await CertificateAuthority.from({ certificate: decoded(certs.os.crt), key: decoded(certs.os.key) });
  const client = await ca.issue({ usage: 'client', organizations: ['os:reader'] });
  const file = path.join(lab.folder.sets, '2025-01-01', 'talosconfig');
  const talosconfig = parse(await readFile(file, 'utf8')) as { contexts: { home: { crt: string; key: string } } };
  talosconfig.contexts.home.crt = Buffer.from(client.certificate).toString('base64');
  talosconfig.contexts.home.key = Buffer.from(client.key).toString('base64');
  await writeFile(file, stringify(talosconfig));
}

function listen(host: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}
