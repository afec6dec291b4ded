import type { Boot } from '../boot.ts';
import { needsReboot, validateMachineConfiguration } from '../configuration-validation.ts';
import {
  InvalidConfiguration,
  parseMachineConfiguration,
  type MachineConfiguration,
} from '../machine-configuration.ts';
import { newNodeId } from '../node-id.ts';
import { launchReboot } from '../power-sequences.ts';
import { newActorId } from '../sequences.ts';
import type { CallContext } from './methods.ts';
import { notAuthorized, RpcError } from './rpc-error.ts';

type Mode = 'REBOOT' | 'AUTO' | 'NO_REBOOT' | 'STAGED' | 'TRY';

export interface ApplyConfigurationRequest {
  data: Buffer;
  mode: Mode;
  dryRun: boolean;
  tryModeTimeout: { seconds: string } | null;
}

const messages: Record<'REBOOT' | 'NO_REBOOT' | 'STAGED' | 'TRY', string> = {
  REBOOT: 'Applied configuration with a reboot',
  NO_REBOOT: 'Applied configuration without a reboot',
  STAGED: 'Staged configuration to be applied after the next reboot',
  TRY: 'Applied configuration without a reboot',
};

/**
 * Takes a machine configuration: in maintenance mode from anyone and without a reboot, else from
 * administrators and with one where the change needs it. In maintenance mode a configuration without its main
 * document is kept and changes nothing.
 */
export async function applyConfiguration(
  { boot, roles, signal }: CallContext,
  request: ApplyConfigurationRequest,
): Promise<object> {
  const { isInMaintenance } = boot;
  if (!isInMaintenance && !roles.has('os:admin')) throw notAuthorized();
  if (boot.isConfiguring)
    throw new RpcError('FailedPrecondition', 'another apply configuration is already in progress');
  const next = accepted(boot, request.data.toString('utf8'));
  const reason =
    boot.configuration === undefined || isInMaintenance ? undefined : needsReboot(boot.configuration, next);
  const mode = modeOf(request.mode, isInMaintenance, reason);
  const details = messages[mode] + (request.mode === 'AUTO' && mode === 'REBOOT' ? `: ${reason}` : '');
  if (request.dryRun) {
    return {
      messages: [
        { mode, modeDetails: `Dry run summary:\n${messages[mode]} (skipped in dry-run).\n${difference(boot, next)}` },
      ],
    };
  }
  boot.isConfiguring = true;
  try {
    await boot.pause('applyConfiguration', signal);
    carryOut(boot, mode, next, Number(request.tryModeTimeout?.seconds ?? 60));
  } finally {
    boot.isConfiguring = false;
  }
  return { messages: [{ mode, modeDetails: details + (mode === 'TRY' ? tryNote(request) : '') }] };
}

function accepted(boot: Boot, text: string): MachineConfiguration {
  try {
    const configuration = parseMachineConfiguration(text);
    if (!boot.isInMaintenance && !configuration.complete) {
      throw new InvalidConfiguration(
        "the applied machine configuration doesn't contain v1alpha1 config, did you mean to patch the machine config instead?",
      );
    }
    const problems = validateMachineConfiguration(configuration, boot.machine.systemDisk !== undefined);
    if (problems.length === 0) return configuration;
    const count = problems.length === 1 ? '1 error' : `${problems.length} errors`;
    throw new InvalidConfiguration(`${count} occurred:\n\t* ${problems.join('\n\t* ')}\n\n`);
  } catch (error) {
    if (error instanceof InvalidConfiguration) throw new RpcError('InvalidArgument', error.message);
    throw error;
  }
}

function modeOf(mode: Mode, isInMaintenance: boolean, rebootReason: string | undefined): keyof typeof messages {
  if (isInMaintenance && (mode === 'REBOOT' || mode === 'AUTO')) return 'NO_REBOOT';
  if ((mode === 'NO_REBOOT' || mode === 'TRY') && rebootReason !== undefined)
    throw new RpcError('InvalidArgument', rebootReason);
  if (mode === 'AUTO') return rebootReason === undefined ? 'NO_REBOOT' : 'REBOOT';
  return mode;
}

function carryOut(boot: Boot, mode: keyof typeof messages, next: MachineConfiguration, tryForSeconds: number): void {
  const { machine } = boot;
  const former = boot.configuration;
  if (mode !== 'TRY') {
    const state = machine.systemDisk?.state(newNodeId);
    if (state !== undefined) state.configuration = next.text;
  }
  machine.record(mode === 'STAGED' ? 'staged' : 'applied', {
    mode,
    digest: next.digest,
    type: next.type,
    complete: next.complete,
    fromMaintenance: boot.isInMaintenance,
  });
  boot.log(`[talos] apply config request: mode ${mode.toLowerCase()}`);
  if (mode === 'NO_REBOOT' || mode === 'TRY') boot.update(() => (boot.configuration = next));
  if (mode === 'TRY') machine.task(rollBack(boot, next, former, tryForSeconds));
  if (mode === 'REBOOT') setImmediate(() => launchReboot(boot, newActorId(), 'DEFAULT'));
}

async function rollBack(
  boot: Boot,
  tried: MachineConfiguration,
  former: MachineConfiguration | undefined,
  afterSeconds: number,
): Promise<void> {
  await boot.machine.world.clock.sleep(afterSeconds * 1000, boot.signal);
  if (boot.configuration === tried) boot.update(() => (boot.configuration = former));
}

function tryNote({ tryModeTimeout }: ApplyConfigurationRequest): string {
  const seconds = Number(tryModeTimeout?.seconds ?? 60);
  const duration = `${Math.floor(seconds / 60)}m${seconds % 60}s`;
  return `\nThe config is applied in 'try' mode and will be automatically reverted back in ${duration}`;
}

/** As the real one: everything that differs, private keys included. */
function difference(boot: Boot, next: MachineConfiguration): string {
  const before = (boot.configuration?.text ?? '').split('\n');
  const after = next.text.split('\n');
  if (before.join('\n') === after.join('\n')) return 'Config diff:\n\nNo changes.';
  let start = 0;
  while (start < before.length && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < Math.min(before.length, after.length) - start && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  const removed = before.slice(start, before.length - end).map((line) => `-${line}`);
  const added = after.slice(start, after.length - end).map((line) => `+${line}`);
  return `Config diff:\n\n--- a\n+++ b\n@@ -${start + 1},${removed.length} +${start + 1},${added.length} @@\n${[...removed, ...added].join('\n')}\n`;
}
