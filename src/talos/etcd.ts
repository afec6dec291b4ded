import { Failure } from '../run/failure.ts';
import { type CallOptions, type CredentialAccess, type MachineAddress, nameOf } from './access.ts';
import { bytesOf, callOverApi, listOf, valueOf } from './grpc-call.ts';
import { writeWhole } from './private-file.ts';
import { parseTable } from './table.ts';
import { callMachine } from './talosctl.ts';

type EtcdAccess = MachineAddress & CredentialAccess;

export interface EtcdMember {
  /** Hex, as etcd's other commands take it. */
  readonly id: string;
  readonly hostname: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  /** Not yet a voter. */
  readonly learner: boolean;
}

export interface EtcdStatus {
  readonly memberId: string;
  /** Member id of the leader; absent without a quorum. */
  readonly leaderId?: string;
  readonly learner: boolean;
  readonly raftIndex: number;
  readonly errors: string;
}

export interface EtcdSnapshot {
  readonly sizeBytes: number;
  readonly revision: number;
  readonly totalKeys: number;
  /** Hex, etcd's own checksum. */
  readonly hash: string;
}

/** How long the API may take, in ms, before `talosctl` is asked, which also says what is wrong. */
const apiTimeoutMs = 2000;

/** The members that the machine's own etcd knows. It has to have a quorum to answer. */
export async function listEtcdMembers(access: EtcdAccess, options: CallOptions = {}): Promise<EtcdMember[]> {
  const answer = await askEtcd(access, 'EtcdMemberList', options);
  if (answer) return listOf(answer, 3).map(memberOf);
  const { stdout } = await callMachine(access, ['etcd', 'members'], { timeoutMs: 5000, ...options });
  return parseEtcdMembers(stdout);
}

export function parseEtcdMembers(table: string): EtcdMember[] {
  return parseTable(table).map((row) => ({
    id: row['ID'] ?? '',
    hostname: row['HOSTNAME'] ?? '',
    peerUrls: urls(row['PEER URLS']),
    clientUrls: urls(row['CLIENT URLS']),
    learner: row['LEARNER'] === 'true',
  }));
}

/** `EtcdMember { id = 2, hostname = 3, peer_urls = 4, client_urls = 5, is_learner = 6 }` */
function memberOf(message: Buffer): EtcdMember {
  const texts = (number: number): string[] => listOf(message, number).map(String);
  return {
    id: hex(valueOf(message, 2)),
    hostname: texts(3).at(-1) ?? '',
    peerUrls: texts(4),
    clientUrls: texts(5),
    learner: valueOf(message, 6) !== 0n,
  };
}

/** The first message of the answer, without a process; undefined where the API does not give it. */
async function askEtcd(access: EtcdAccess, call: string, { signal }: CallOptions): Promise<Buffer | undefined> {
  const options = { timeoutMs: apiTimeoutMs, ...(signal ? { signal } : {}) };
  const calls = [{ method: `machine.MachineService/${call}`, fields: [] }];
  const answers = await callOverApi(access, calls, options).catch(() => undefined);
  signal?.throwIfAborted();
  const [response] = answers?.[0] ?? [];
  return response && listOf(response, 1)[0];
}

/** As `talosctl` writes ids. */
function hex(id: bigint): string {
  return id.toString(16).padStart(16, '0');
}

/** How the machine's own etcd is. */
export async function readEtcdStatus(access: EtcdAccess, options: CallOptions = {}): Promise<EtcdStatus> {
  const answer = await askEtcd(access, 'EtcdStatus', options);
  if (answer) return statusOf(bytesOf(answer, 2));
  const { stdout } = await callMachine(access, ['etcd', 'status'], { timeoutMs: 15_000, ...options });
  const [status] = parseEtcdStatus(stdout);
  if (status === undefined) throw new Failure('CommandFailed', `${nameOf(access)}: its etcd did not tell its status.`);
  return status;
}

/** `EtcdMemberStatus { leader = 4, raft_index = 5, errors = 8, is_learner = 9, member_id = 10 }` */
function statusOf(message: Buffer): EtcdStatus {
  const leader = valueOf(message, 4);
  return {
    memberId: hex(valueOf(message, 10)),
    ...(leader === 0n ? {} : { leaderId: hex(leader) }),
    learner: valueOf(message, 9) !== 0n,
    raftIndex: Number(valueOf(message, 5)),
    errors: listOf(message, 8).map(String).join(' '),
  };
}

export function parseEtcdStatus(table: string): EtcdStatus[] {
  return parseTable(table).map((row) => {
    const leader = row['LEADER'] ?? '';
    return {
      memberId: row['MEMBER'] ?? '',
      ...(/^0*$/.test(leader) ? {} : { leaderId: leader }),
      learner: row['LEARNER'] === 'true',
      raftIndex: Number(row['RAFT INDEX']),
      errors: row['ERRORS'] ?? '',
    };
  });
}

/**
 * Saves etcd's content to `file`, 0600, whole or not at all; a file that is there is refused. Holds
 * every secret of the cluster.
 */
export async function saveEtcdSnapshot(
  access: EtcdAccess,
  file: string,
  options: CallOptions = {},
): Promise<EtcdSnapshot> {
  let said = '';
  const saved = await writeWhole(
    file,
    async (unfinished) => {
      const { stdout } = await callMachine(access, ['etcd', 'snapshot', unfinished], {
        timeoutMs: 300_000,
        ...options,
      });
      said = stdout;
    },
    { replace: false },
  );
  if (!saved) throw new Failure('FilesDamaged', `There is a snapshot at ${file} already. It was left alone.`);
  return parseSnapshot(said);
}

export function parseSnapshot(said: string): EtcdSnapshot {
  return {
    sizeBytes: Number(/\((\d+) bytes\)/.exec(said)?.[1]),
    revision: Number(/revision (\d+)/.exec(said)?.[1]),
    totalKeys: Number(/total keys (\d+)/.exec(said)?.[1]),
    hash: /hash ([0-9a-f]+)/.exec(said)?.[1] ?? '',
  };
}

function urls(list: string | undefined): string[] {
  return (list ?? '').split(',').filter((url) => url !== '');
}
