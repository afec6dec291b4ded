import type { Lab, LabOptions } from '../lab.ts';
import { raspberryPi } from '../timings.ts';

/** What a person needs to know of the machines that have just been started. */
export function introduce(lab: Lab, { machines, timings }: LabOptions, control: string, journal: string): string[] {
  const width = Math.max(...machines.map(({ name }) => name.length));
  const { boot, maintenanceApi } = { ...raspberryPi, ...timings };
  const seconds = ((boot + maintenanceApi) / lab.speed / 1000).toFixed(1);
  const unconfigured = machines.find(({ configuration }) => configuration === undefined);
  return [
    ...machines.map(({ name, address, configuration }) =>
      [name.padEnd(width), `${address}:50000`, configuration === undefined ? '' : 'with a configuration']
        .join('  ')
        .trimEnd(),
    ),
    '',
    `A machine boots in ${seconds} s: a second here is ${lab.speed} s for it.`,
    ...(unconfigured === undefined
      ? []
      : [
          'Then, in maintenance mode:',
          `  talosctl get disks --insecure -n ${unconfigured.address}`,
          `  talosctl apply-config --insecure -n ${unconfigured.address} -f controlplane.yaml`,
        ]),
    `See and disturb the machines: curl ${control}`,
    `Journal: JSON lines ${journal}. Ctrl-C ends everything.`,
    '',
  ];
}
