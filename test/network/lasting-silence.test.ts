import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FaultRule, InjectedFault, Lab, LabMachine } from '../../simulator/src/lab.ts';
import { rehearse } from '../rebuild/rehearsal.ts';
import { assertDoneOnce, question, questionAbout, toTheEnd } from './questions.ts';
import { hanging, refused } from './troubles.ts';

/** As in the test of other trouble that lasts; a call that hangs is given up when the time of its step is over. */
const timeouts = 'timeouts: { reset: 6s, apply: 6s, bootstrap: 5s, verify: 5s }\n';

const silentAfter = { phase: 'after', action: { hang: true } } as const;

describe('silence that lasts', () => {
  test('of machines and of the API server, and a VIP without rest, end in a question; once it is over, retry goes on to the end', async (t) => {
    const { lab, vip, start } = await rehearse(t, { settings: timeouts });
    const fault = (rule: Pick<FaultRule, 'method'> & Partial<FaultRule>): InjectedFault =>
      lab.faults.inject({ ...hanging, ...rule });

    const looks = [fault({ method: 'State/List', machine: 'cp-1' }), fault({ method: 'State/List', machine: 'w-1' })];
    const rebuild = await start();
    const preflight = await questionAbout(rebuild, 'preflight', looks);
    assert.match(preflight.seen, /cp-1: did not answer within 8 s \(talosctl get \w+\) → Look at the machine/);
    assert.match(preflight.seen, /w-1: did not answer within 8 s/);
    await rebuild.answer('preflight', 'retry');

    await rebuild.gate('approval');
    // Before it acts, or after it has acted: of the latter nobody hears either, but what it does is seen.
    const silent = [
      fault({ method: 'Reset', machine: 'cp-1' }),
      fault({ method: 'Reset', machine: 'cp-3', ...silentAfter }),
      fault({ method: 'ApplyConfiguration', machine: 'cp-3' }),
      fault({ method: 'ApplyConfiguration', machine: 'w-1', ...silentAfter }),
      fault({ method: 'Bootstrap' }),
    ];
    await rebuild.approve();
    const together = ['reset/cp-1', 'bootstrap/cp-3', 'bootstrap'];
    const [reset, configuration, bootstrap] = await Promise.all(together.map((id) => question(rebuild, id, together)));
    assert.match(
      reset?.seen ?? '',
      /^cp-1: not in maintenance mode after 6 s.*did not answer within [\d.]+ s \(talosctl reset\)/,
    );
    assert.match(configuration?.seen ?? '', /^cp-3: .*was not accepted: cp-3 .*did not answer within [\d.]+ s/);
    assert.match(
      bootstrap?.seen ?? '',
      /^cp-2: its etcd does not list it .*nobody knows.*did not answer within [\d.]+ s/,
    );
    for (const end of silent) {
      assert.ok(end.hits > 0, `${end.rule.method} of ${end.rule.machine} was not called`);
      end();
    }
    for (const id of together) await rebuild.answer(id, 'retry');

    const answers: [answer: Omit<FaultRule, 'method'>, seen: RegExp, cause: RegExp | undefined][] = [
      [hanging, /no answer within \d+ ms/, undefined],
      [refused(401), /does not know the credentials of the kubeconfig \(401\)/, /clock/],
      [refused(403, 'it may not'), /it answered 403: it may not/, /authorizationConfig/],
      [refused(429, 'too many requests'), /it answered 429: too many requests/, /talosctl stats/],
    ];
    let before: string | undefined;
    for (const [answer, seen, cause] of answers) {
      const faults = [fault({ method: 'kubernetes:GET', ...answer })];
      const about = new RegExp(`^The API server answers through the VIP: the Kubernetes API at ${vip}:6443: `);
      const gate = await questionAbout(rebuild, 'verify', faults, before, about);
      assert.match(gate.seen, seen);
      if (cause) assert.match(gate.causes?.[0]?.remedy ?? '', cause);
      before = 'verify';
    }

    const settle = comeAndGo(lab, vip);
    const away = new RegExp(`${vip} comes and goes: .* a moment ago it was on cp-\\d`);
    await questionAbout(rebuild, 'verify', [], 'verify', away);
    settle();

    const stay = wander(lab, vip);
    const restless = /^The VIP .* moves from one control plane to another again and again.* Nothing was rebooted/;
    await questionAbout(rebuild, 'failoverDrill', [], 'verify', restless);
    stay();
    const reboot = await questionAbout(rebuild, 'failoverDrill', [fault({ method: 'Reboot' })], 'failoverDrill');
    assert.match(reboot.seen, /^cp-\d .*did not answer within [\d.]+ s \(talosctl reboot\)/);
    await rebuild.answer('failoverDrill', 'retry');
    await assertDoneOnce(lab, rebuild, await toTheEnd(rebuild));
  });
});

/**
 * Whenever the API server of the machine with the VIP is asked, the VIP goes, and is on another a second later. Calling
 * what is returned lets it stay.
 */
function comeAndGo(lab: Lab, vip: string): () => void {
  for (const machine of lab.machines) machine.setTimings({ vipElection: lab.speed * 1000 });
  const end = lab.faults.watch(async ({ method, machine, phase }) => {
    if (phase !== 'before' || method !== 'kubernetes:GET' || !has(lab.machine(machine), vip)) return 'go on';
    lab.machine(machine).resignVirtualIps();
    return 'drop';
  });
  return () => {
    end();
    for (const machine of lab.machines) machine.setTimings({ vipElection: 100 });
  };
}

/** Whenever a machine with the VIP is asked which boot it is in, another one has the VIP by the time it answers. */
function wander(lab: Lab, vip: string): () => void {
  return lab.faults.watch(async ({ method, machine, phase }) => {
    const holder = lab.machine(machine);
    if (phase !== 'before' || method !== 'MachineService/Read' || !has(holder, vip)) return 'go on';
    holder.resignVirtualIps();
    await lab.until(() => !has(holder, vip) && lab.machines.some((one) => has(one, vip)));
    return 'go on';
  });
}

function has(machine: LabMachine, vip: string): boolean {
  return machine.inspect().virtualIps.includes(vip);
}
