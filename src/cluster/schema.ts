import { z } from 'zod';
import { durationPattern, parseDuration } from './duration.ts';
import { versionPattern, withoutV, withV } from './versions.ts';

// Every description completes "what to write": it is shown in editors and as the remedy in error messages.
// Messages of checks are "what is wrong → what to write instead".

const duration = (description: string) =>
  z
    .string()
    .regex(durationPattern, {
      error: ({ input }) => `${quoted(input)} is not a duration → write days, hours, minutes, seconds: 24h, 1h30m, 60s`,
    })
    .refine((text) => parseDuration(text) !== 0, 'a duration of zero never suffices → write for example 60s')
    .transform((text) => parseDuration(text) ?? 0)
    .describe(description);

const address = (description: string) =>
  z
    .ipv4({ error: ({ input }) => `${quoted(input)} is not an IPv4 address → write one such as 192.168.1.10` })
    .describe(description);

const hostname = (description: string) =>
  z
    .string()
    .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, {
      error: ({ input }) =>
        `${quoted(input)} is not a host name (RFC 1123) → use lower-case letters, digits and hyphens, at most 63, for example pi-11`,
    })
    .describe(description);

const text = (description: string) =>
  z.string().regex(/\S/, { error: 'the text is empty → fill it in or remove the key' }).describe(description);

const version = (description: string) =>
  z
    .string()
    .regex(versionPattern, {
      error: ({ input }) => `${quoted(input)} is not a version → write all three numbers, for example v1.13.9`,
    })
    .describe(description);

const link = () =>
  text('the network link by its kernel name, alias or altName, for example end0 (`talosctl get links` shows them)');
const installDisk = () => text('the disk that Talos is installed on, for example /dev/mmcblk0');
const installImage = () =>
  text('the installer image with its tag, for example factory.talos.dev/installer/<schematic>:v1.13.9').refine(
    (image) => !/[<>\s]/.test(image),
    'the image still holds a placeholder → put the schematic id from factory.talos.dev in its place',
  );
const patches = (of: string) =>
  z
    .array(text('the path of a patch file, relative to this file or beginning with ~/'))
    .describe(`strategic-merge patches for ${of}, in the order in which they are applied`);

const environmentVariable = (description: string) =>
  z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, {
      error: 'this is not the name of an environment variable → write for example NTFY_URL, not its value',
    })
    .describe(description);

const timeouts = z
  .strictObject({
    reset: duration('how long a machine may take from the reset to maintenance mode; default 15m').optional(),
    apply: duration(
      'how long a machine may take from its configuration to the Talos API with the new certificate; default 10m',
    ).optional(),
    bootstrap: duration('how long etcd may take from the bootstrap to its first member; default 10m').optional(),
    verify: duration('how long the whole cluster may take to become healthy; default 20m').optional(),
  })
  .describe('how long each thing may take before a person is asked');

const node = z
  .strictObject({
    name: hostname('the host name, which is also the name of the Kubernetes node, for example pi-11'),
    role: z.enum(['controlplane', 'worker']).describe('controlplane or worker'),
    address: address("the machine's own address, for example 192.168.1.11"),
    maintenanceAddress: address(
      'the address at which the machine answers in maintenance mode, where it is another than `address`',
    ).optional(),
    link: link().optional(),
    installDisk: installDisk().optional(),
    installImage: installImage().optional(),
    macs: z
      .array(
        z
          .string()
          .regex(/^[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){5}$/, {
            error: ({ input }) => `${quoted(input)} is not a hardware address → write one such as d8:3a:dd:00:11:22`,
          })
          .transform((mac) => mac.toLowerCase())
          .describe('a hardware address, for example d8:3a:dd:00:11:22'),
      )
      .default([])
      .describe('permanent hardware addresses that the machine must have; another machine is refused'),
    patches: patches('this machine').default([]),
    timeouts: timeouts.optional(),
    eraseDisk: text(
      'the serial of the install disk, or its path where it has none, that may be erased although something is on it: only for a machine without Talos on its disk',
    ).optional(),
    unreadableVolumes: z
      .array(text('the name of an encrypted volume, as the plan shows it'))
      .default([])
      .describe(
        'encrypted volumes that nobody needs to read after the rebuild; others that would be lost so are refused',
      ),
  })
  .describe('a machine: name, role and address');

// A web address may hold a token, so no message shows it.
const notifier = z
  .strictObject({
    command: z
      .array(text('a word of the command'))
      .min(1, 'the command is empty → write program and arguments as a list')
      .optional()
      .describe('program and arguments, a word each; {title} and {text} stand for the message, which is on stdin too'),
    url: z
      .string()
      .refine((url) => /^https?:\/\/[^\s/]+/.test(url) && URL.canParse(url), {
        error: 'this is not a web address → write one that begins with https://',
      })
      .optional()
      .describe('the web address that messages are posted to, for example https://ntfy.sh/my-topic'),
    urlEnv: environmentVariable('the environment variable of the worker that holds the web address').optional(),
    tokenEnv: environmentVariable('the environment variable of the worker that holds a token to send along').optional(),
    format: z
      .enum(['json', 'ntfy', 'slack'])
      .optional()
      .describe('json, ntfy or slack: how a message is posted to the web address; default json'),
  })
  .describe('a command, or a web address (url or urlEnv)');

/** What a user writes in cluster.yaml. Checks across keys are in check-cluster.ts. */
export const clusterFileSchema = z
  .strictObject({
    name: hostname("the cluster's name, for example talos-k8s-cluster"),
    endpoint: z
      .string()
      .regex(/^https:\/\/[^/:@\s]+:\d{1,5}\/?$/, {
        error: ({ input }) =>
          `${quoted(input)} is not an endpoint of the form https://host:port → write for example https://192.168.1.10:6443`,
      })
      .transform((endpoint) => endpoint.replace(/\/$/, ''))
      .describe(
        'where kubectl reaches the API server: https, host and port, for example https://192.168.1.10:6443; talosctl always goes to a machine',
      ),
    vip: z
      .strictObject({ address: address('the virtual IP, an unused address of the subnet of `link`'), link: link() })
      .describe('the virtual IP that the control planes share: address and link'),
    talos: z
      .strictObject({
        version: version('the Talos version that the machines run, for example v1.13.9').transform(withV),
        installDisk: installDisk().optional(),
        installImage: installImage().optional(),
      })
      .describe('version, installDisk and installImage of all machines that do not say otherwise'),
    kubernetes: z
      .strictObject({ version: version('the Kubernetes version, for example 1.36.0').transform(withoutV) })
      .describe('the version of Kubernetes'),
    folder: text('the folder for secrets, backups and reports of this cluster, for example ~/.talos-secrets'),
    talosconfig: text(
      'a talosconfig with role os:admin for the running cluster, where it is not in the folder',
    ).optional(),
    secrets: z.enum(['new', 'keep']).describe('new (draw new secrets) or keep (take those of the current set)'),
    nodes: z.array(node).min(1, 'the list is empty → list every machine of the cluster').describe('the machines'),
    bootstrapNode: text(
      'the name of the control plane that is bootstrapped; default: the first that is ready',
    ).optional(),
    patches: z
      .strictObject({
        all: patches('all machines').default([]),
        controlplane: patches('the control planes').default([]),
        worker: patches('the workers').default([]),
      })
      .prefault({})
      .describe("patches for all machines and for each role; a machine's own patches come last"),
    dropped: z
      .array(
        text('the path of a setting, as the plan shows it, for example machine.sysctls; what is below it goes, too'),
      )
      .default([])
      .describe(
        'settings of the running machines that are given up on purpose, so that the plan does not warn of them',
      ),
    afterBootstrap: z
      .strictObject({
        manifests: z
          .array(text('the path of a file with Kubernetes manifests'))
          .default([])
          .describe('files that are applied server-side, in this order'),
        commands: z
          .array(
            z
              .array(text('a word of the command'))
              .min(1, 'the command is empty → write program and arguments as a list')
              .describe('program and arguments, a word each: [cilium, install]'),
          )
          .default([])
          .describe('commands that run after the manifests, with KUBECONFIG set, in the folder of this file'),
      })
      .prefault({})
      .describe('what installs the pod network where the CNI is `none`; must be safe to run twice'),
    approval: z
      .strictObject({
        before: z
          .array(z.enum(['reset', 'failoverDrill', 'finalize']).describe('reset, failoverDrill or finalize'))
          .refine((steps) => steps.includes('reset'), {
            error: 'the approval before the reset cannot be switched off → add reset, or remove the key',
          })
          .default(['reset'])
          .describe(
            'the steps before which a person is asked: reset always, failoverDrill and finalize if they stand here',
          ),
        expires: duration('how long the approval is waited for; default 24h').prefault('24h'),
        remindEvery: duration('how often the open question is repeated; default 1h').prefault('1h'),
      })
      .prefault({})
      .describe('when a person is asked, and for how long'),
    notify: z
      .array(notifier)
      .default([])
      .describe('who is told when the run wants an answer, passes the point of no return or ends'),
    failover: z
      .strictObject({
        budget: duration(
          'how long the API may be unreachable through the virtual IP in the drill; default 60s',
        ).prefault('60s'),
      })
      .prefault({})
      .describe('the drill that moves the virtual IP to another control plane'),
    timeouts: timeouts.prefault({}),
    merge: z
      .strictObject({
        kubeconfig: text(
          'the kubeconfig that the new credentials are merged into, for example ~/.kube/config',
        ).optional(),
        talosconfig: text(
          'the talosconfig that the new credentials are merged into, for example ~/.talos/config',
        ).optional(),
      })
      .prefault({})
      .describe('your own files that the new credentials are merged into at the end; default: none'),
  })
  .describe('A Talos cluster as talos-rebuild builds it.');

/** cluster.yaml, parsed: defaults filled in, durations in milliseconds, paths as written. */
export type ClusterFile = z.output<typeof clusterFileSchema>;

/** The JSON Schema for editors, draft 7: what the YAML language server understands. */
export function clusterJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(clusterFileSchema, { io: 'input', target: 'draft-7' });
  return { ...schema, title: 'cluster.yaml of talos-rebuild' };
}

function quoted(input: unknown): string {
  return JSON.stringify(input);
}
