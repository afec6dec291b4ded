import type { Boot } from '../boot.ts';
import { isEnd } from '../ended.ts';
import { adminKubeconfig } from '../kubeconfig.ts';
import { tarGz } from '../tar.ts';
import { assertControlPlane } from './control-plane.ts';
import { encode, timestampOf } from './messages.ts';
import { serverStream, unary, type CallContext, type Method } from './methods.ts';
import { RpcError } from './rpc-error.ts';

type Empty = Record<string, never>;
const service = '/machine.MachineService';

/** What tells about a machine and changes nothing: version, services, files, logs, events; and the kubeconfig. */
export const machineMethods: [string, Method][] = [
  unary<Empty>({ path: `${service}/Version`, request: 'Empty', response: 'VersionResponse' }, ({ boot }) => ({
    messages: [
      {
        version: {
          tag: boot.machine.talosVersion,
          sha: 'undefined',
          built: '',
          goVersion: 'go1.26.6',
          os: 'linux',
          arch: 'arm64',
        },
        platform: { name: 'metal', mode: 'metal' },
        ...(boot.isInMaintenance ? {} : { features: { rbac: true } }),
      },
    ],
  })),
  unary<Empty>({ path: `${service}/Hostname`, request: 'Empty', response: 'HostnameResponse' }, ({ boot }) => ({
    messages: [{ hostname: boot.hostname }],
  })),
  unary<Empty>({ path: `${service}/Memory`, request: 'Empty', response: 'MemoryResponse' }, () => ({
    messages: [
      {
        meminfo: {
          memtotal: 8_000_000,
          memfree: 5_000_000,
          memavailable: 6_500_000,
          buffers: 10_000,
          cached: 1_200_000,
        },
      },
    ],
  })),
  unary<Empty>({ path: `${service}/ServiceList`, request: 'Empty', response: 'ServiceListResponse' }, ({ boot }) => ({
    messages: [{ services: serviceList(boot) }],
  })),
  ...(['Start', 'Stop', 'Restart'] as const).map((action) =>
    unary<{ id: string }>(
      { path: `${service}/Service${action}`, request: 'ServiceRequest', response: 'ServiceReplyResponse' },
      ({ boot }, { id }) => changeService(boot, action, id),
    ),
  ),
  serverStream<{ path: string }>({ path: `${service}/Read`, request: 'ReadRequest', response: 'Data' }, read),
  serverStream<{ root: string }>({ path: `${service}/List`, request: 'ListRequest', response: 'FileInfo' }, list),
  serverStream<{ id: string; follow: boolean; tailLines: number }>(
    { path: `${service}/Logs`, request: 'LogsRequest', response: 'Data' },
    logs,
  ),
  unary<Empty>(
    { path: `${service}/LogsContainers`, request: 'Empty', response: 'LogsContainersResponse' },
    ({ boot }) => ({
      messages: [{ ids: boot.services.list().map(({ id }) => id) }],
    }),
  ),
  serverStream<{ follow: boolean; tail: boolean }>(
    { path: `${service}/Dmesg`, request: 'DmesgRequest', response: 'Data' },
    dmesg,
  ),
  serverStream<EventsRequest>({ path: `${service}/Events`, request: 'EventsRequest', response: 'Event' }, events),
  serverStream<Empty>(
    { path: `${service}/Kubeconfig`, request: 'Empty', response: 'Data' },
    async function* ({ boot }) {
      assertControlPlane(boot, 'kubeconfig');
      if (boot.configuration !== undefined)
        yield { bytes: tarGz('kubeconfig', Buffer.from(await adminKubeconfig(boot.configuration))) };
    },
  ),
];

function serviceList(boot: Boot): object[] {
  return boot.services.list().map(({ id, state, healthy, healthMessage, healthChangedAt, events: history }) => ({
    id,
    state,
    events: {
      events: history.map(({ message, state: was, at }) => ({ msg: message, state: was, ts: timestampOf(at) })),
    },
    health: {
      unknown: healthy === undefined,
      healthy: healthy === true,
      lastMessage: healthMessage,
      lastChange: timestampOf(healthChangedAt),
    },
  }));
}

/** machined lets nobody start or stop the services that it needs itself. */
function changeService(boot: Boot, action: 'Start' | 'Stop' | 'Restart', id: string): object {
  if (boot.services.get(id) === undefined) throw new RpcError('Unknown', `service "${id}" not defined`);
  throw new RpcError('Unknown', `service "${id}" doesn't support ${action.toLowerCase()} operation via API`);
}

async function* read({ boot }: CallContext, { path }: { path: string }): AsyncGenerator<object> {
  const content = fileContent(boot, path);
  if (content === undefined) throw new RpcError('NotFound', `stat ${path}: no such file or directory`);
  yield { bytes: Buffer.from(content) };
}

function fileContent(boot: Boot, path: string): string | undefined {
  switch (path) {
    case '/proc/sys/kernel/random/boot_id':
      return `${boot.bootId}\n`;
    case '/proc/uptime': {
      const seconds = (boot.machine.world.clock.wallNow() - boot.startedAt) / 1000;
      return `${seconds.toFixed(2)} ${(seconds * 3).toFixed(2)}\n`;
    }
    case '/etc/hostname':
    case '/proc/sys/kernel/hostname':
      return `${boot.hostname}\n`;
    case '/etc/os-release':
      return `NAME="Talos"\nID=talos\nVERSION_ID=${boot.machine.talosVersion}\n`;
    default:
      return filesOf(boot).get(path);
  }
}

/** Files of the volumes that are mounted below /var/mnt. */
function filesOf({ machine, configuration }: Boot): Map<string, string> {
  const files = new Map<string, string>();
  for (const { name, id, kind, match } of configuration?.volumes ?? []) {
    const partition = machine.disks
      .flatMap((disk) => disk.partitions)
      .find(({ label }) => (kind === 'user' ? label === id : match.includes(JSON.stringify(label))));
    for (const [path, content] of Object.entries(partition?.files ?? {}))
      files.set(`/var/mnt/${name}/${path}`, content);
  }
  return files;
}

async function* list({ boot }: CallContext, { root }: { root: string }): AsyncGenerator<object> {
  const folder = `/${root.replaceAll(/^\/|\/$/g, '')}`;
  const etcdFiles = boot.machine.ephemeral?.etcd === undefined ? [] : ['/var/lib/etcd/member'];
  const paths = [...filesOf(boot).keys(), ...etcdFiles].filter((path) =>
    path.startsWith(folder === '/' ? '/' : `${folder}/`),
  );
  if (paths.length === 0 && !['/', '/var', '/var/lib', '/var/lib/etcd', '/var/mnt'].includes(folder)) {
    throw new RpcError('Unknown', `lstat ${folder}: no such file or directory`);
  }
  const modified = Math.floor(boot.startedAt / 1000);
  yield { name: folder, relativeName: '.', isDir: true, mode: 2_147_484_141, modified };
  for (const path of paths) {
    yield {
      name: path,
      relativeName: path.slice(folder.length).replace(/^\//, ''),
      mode: 420,
      modified,
      size: fileContent(boot, path)?.length ?? 0,
    };
  }
}

async function* logs(
  context: CallContext,
  { id, follow, tailLines }: { id: string; follow: boolean; tailLines: number },
): AsyncGenerator<object> {
  const { boot } = context;
  if (boot.services.get(id) === undefined)
    throw new RpcError('Unknown', `open /var/log/${id}.log: no such file or directory`);
  const lines = () =>
    (boot.services.get(id)?.events ?? []).map(
      ({ message, state, at }) => `${new Date(at).toISOString()} ${state.toLowerCase()} ${message}\n`,
    );
  yield* growing(context, lines, tailLines > 0 ? tailLines : Number.POSITIVE_INFINITY, follow);
}

async function* dmesg(
  context: CallContext,
  { follow, tail }: { follow: boolean; tail: boolean },
): AsyncGenerator<object> {
  const lines = () =>
    context.boot.kernelLog.map(({ at, message }) => `user: warning: [${new Date(at).toISOString()}]: ${message}\n`);
  yield* growing(context, lines, tail ? 0 : Number.POSITIVE_INFINITY, follow);
}

async function* growing(
  context: CallContext,
  lines: () => string[],
  tail: number,
  follow: boolean,
): AsyncGenerator<object> {
  let sent = Math.max(0, lines().length - tail);
  for (;;) {
    const all = lines();
    for (const line of all.slice(sent)) yield { bytes: Buffer.from(line) };
    sent = all.length;
    if (!follow || !(await more(context, () => lines().length > sent))) return;
  }
}

interface EventsRequest {
  tailEvents: number;
  tailId: string;
  tailSeconds: number;
  withActorId: string;
}

/** Begins with an empty event, which says that the stream is there, and goes on until the node shuts its API down. */
async function* events(context: CallContext, request: EventsRequest): AsyncGenerator<object> {
  const { boot } = context;
  yield {};
  let position = startPosition(boot, request);
  for (let goesOn = true; goesOn; goesOn = await more(context, () => boot.events.position > position)) {
    for (const event of boot.events.since(position)) {
      if (request.withActorId !== '' && event.actorId !== request.withActorId) continue;
      yield {
        data: { typeUrl: `talos/runtime/machine.${event.type}`, value: encode(event.type, event.payload) },
        id: event.id,
        actorId: event.actorId,
      };
    }
    position = boot.events.position;
  }
}

function startPosition({ events: log, machine }: Boot, { tailEvents, tailId, tailSeconds }: EventsRequest): number {
  const kept = log.events;
  if (tailEvents !== 0) return log.position - (tailEvents < 0 ? kept.length : Math.min(tailEvents, kept.length));
  if (tailId !== '') return log.position - kept.filter(({ id }) => id > tailId).length;
  if (tailSeconds !== 0)
    return log.position - kept.filter(({ at }) => at >= machine.world.clock.wallNow() - tailSeconds * 1000).length;
  return log.position;
}

/** Waits for more to send. False when the node's API is being shut down: then a stream ends well. */
async function more({ boot, signal, shutdown }: CallContext, look: () => boolean): Promise<boolean> {
  try {
    return await boot.until(look, AbortSignal.any([signal, shutdown]));
  } catch (error) {
    if (shutdown.aborted && isEnd(error)) return false;
    throw error;
  }
}
