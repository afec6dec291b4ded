import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { startLab, type Lab } from './lab.ts';
import { startControlServer } from './program/control-server.ts';
import { introduce } from './program/introduction.ts';
import { writeJournal } from './program/journal-lines.ts';
import { readMachinesFile } from './program/machines-file.ts';
import { Mistake } from './program/problems.ts';

interface Options {
  readonly speed?: number;
  readonly control: number;
  readonly journal?: string;
}

const exitCodes = { ended: 0, failed: 1, usage: 64 };

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const command = program();
  try {
    command.parse([...args], { from: 'user' });
    await simulate(command.args[0] ?? '', command.opts<Options>());
    return exitCodes.ended;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ended : exitCodes.usage; // it has spoken already
    say(...(error instanceof Mistake ? error.lines : [error instanceof Error ? error.message : String(error)]));
    return exitCodes.failed;
  }
}

function program(): Command {
  return new Command('talos-simulator')
    .description(
      'Talos machines that are not there: the real talosctl and kubectl talk to them on loopback addresses, until Ctrl-C.',
    )
    .argument('<machines.yaml>', 'which machines there are')
    .option('--speed <factor>', 'simulated seconds in a second, instead of what the file says', positive)
    .option(
      '--control <port>',
      'of 127.0.0.1, to see and disturb the machines by HTTP; 0: any that is free',
      port,
      50_080,
    )
    .option('--journal <file>', 'write the journal there instead of to stdout, as JSON lines')
    .exitOverride()
    .showHelpAfterError('(see --help)')
    .addHelpText(
      'after',
      `
machines.yaml:
  speed: 20
  machines:
    - { name: cp1, address: 127.50.0.11 }
    - name: w1
      address: 127.50.0.21
      extraDisks: [{ devPath: /dev/sda, size: 1TB, transport: usb }]

Every key and every fault: simulator/README.md`,
    );
}

/** Runs the machines of a file until a signal ends them. */
async function simulate(file: string, { speed, control: port, journal }: Options): Promise<void> {
  const { options, bootstrapped } = readMachinesFile(file);
  const interrupted = interruption();
  const lab = await startLab({ ...options, ...(speed === undefined ? {} : { speed }) });
  let endJournal: (() => void) | undefined;
  try {
    const control = await startControlServer(lab, port);
    try {
      endJournal = writeJournal(lab.journal, journal);
      say(...introduce(lab, options, control.url, journal === undefined ? 'on stdout' : `in ${journal}`));
      const silence = tellStages(lab);
      if (bootstrapped !== undefined) await Promise.race([lab.bootstrapOldCluster(bootstrapped), interrupted]);
      await interrupted;
      silence();
      say('Ending …');
    } finally {
      await control.close();
    }
  } finally {
    await lab.close();
    endJournal?.();
  }
}

/** A line whenever a machine has come into another stage. Returns how to end that. */
function tellStages({ journal }: Lab): () => void {
  return journal.subscribe((entry) => {
    if (entry.kind !== 'state' || entry.aspect !== 'stage') return;
    say(`${new Date(entry.at).toLocaleTimeString('en-GB')} ${entry.machine}: ${entry.value}`);
  });
}

/**
 * Resolves at the first Ctrl-C or SIGTERM, or when nobody reads the journal any more. A second signal
 * ends the process at once.
 */
function interruption(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
    process.stdout.once('error', () => resolve());
  });
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError('Write a number above 0.');
  return value;
}

function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535)
    throw new InvalidArgumentError('Write a port, 0 to 65535.');
  return value;
}

function say(...lines: readonly string[]): void {
  for (const line of lines) process.stderr.write(`${line}\n`);
}
