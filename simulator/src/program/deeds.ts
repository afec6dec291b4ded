import { z } from 'zod';
import type { LabMachine } from '../lab.ts';
import { given, timingsSchema } from './machines-schema.ts';
import { describeProblem, Mistake, problemsOf } from './problems.ts';

/** Something that is done to a machine by who stands in front of it: from what is given for it, if anything is. */
type Deed = (machine: LabMachine, given: unknown) => void;

const nothing = z.strictObject({});
const parts = z.strictObject({
  serial: z.string().optional(),
  mac: z.string().optional(),
  diskSerial: z.string().optional(),
});

/** All that can be done to a machine, by name. */
export const deeds: Readonly<Record<string, Deed>> = {
  'power-off': deed(nothing, (machine) => machine.powerOff()),
  'power-on': deed(nothing, (machine) => machine.powerOn()),
  'power-cut': deed(nothing, (machine) => machine.crash()),
  reflash: deed(nothing, (machine) => machine.reflash()),
  'resign-virtual-ips': deed(nothing, (machine) => machine.resignVirtualIps()),
  'swap-identity': deed(parts, (machine, identity) => machine.swapIdentity(given(identity))),
  'unplug-disk': deed(z.strictObject({ devPath: z.string() }), (machine, { devPath }) => machine.unplugDisk(devPath)),
  'rename-link': deed(z.strictObject({ link: z.string().min(1) }), (machine, { link }) => machine.renameLink(link)),
  'reach-time-servers': deed(z.strictObject({ reaches: z.boolean() }), (machine, { reaches }) =>
    machine.reachTimeServers(reaches),
  ),
  'set-timings': deed(timingsSchema, (machine, timings) => machine.setTimings(timings)),
};

/** Checks what is given before the machine hears of it. */
function deed<Schema extends z.ZodType>(
  schema: Schema,
  act: (machine: LabMachine, given: z.output<Schema>) => void,
): Deed {
  return (machine, value) => {
    const checked = schema.safeParse(value ?? {}, { reportInput: true });
    if (!checked.success) throw new Mistake(...problemsOf(checked.error).map(describeProblem));
    act(machine, checked.data);
  };
}
