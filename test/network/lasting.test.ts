import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FaultRule, InjectedFault } from '../../simulator/src/lab.ts';
import { rehearse } from '../rebuild/rehearsal.ts';
import { assertDoneOnce, question, questionAbout, toTheEnd } from './questions.ts';
import { lost, refused } from './troubles.ts';
import type { Trouble } from './troubles.ts';

/** A person is asked when this much time is over; what a step does anyway has to fit in, on a slow computer too. */
const timeouts = 'timeouts: { reset: 6s, apply: 6s, bootstrap: 5s, verify: 5s }\n';

describe('trouble that lasts', () => {
  test('ends in a question that says which machine, what was seen and what to do; once it is over, retry goes on to the end', async (t) => {
    const { lab, start } = await rehearse(t, { settings: timeouts });
    const [unavailable, internal, denied] = [refused(14), refused(13), refused(7)];
    const trouble = (method: string, one: Trouble, machine?: string): InjectedFault =>
      lab.faults.inject({ method, ...one, ...(machine === undefined ? {} : { machine }) });

    const looks = [
      trouble('State/List', unavailable, 'w-1'),
      trouble('State/List', internal, 'cp-1'),
      trouble('State/List', denied, 'cp-2'),
    ];
    const rebuild = await start();
    const preflight = await questionAbout(rebuild, 'preflight', looks);
    assert.match(preflight.seen, /cp-1: failed .*fault 13 → Read/);
    assert.match(preflight.seen, /cp-2: does not allow this .*fault 7 → Check that the talosconfig/);
    assert.match(preflight.seen, /w-1: does not answer .*fault 14 → Look at the machine/);
    const plan = await questionAbout(rebuild, 'plan', [trouble('State/Get', denied, 'cp-3')], 'preflight');
    assert.match(plan.seen, /^cp-3 .*does not allow this/);
    await rebuild.answer('plan', 'retry');

    await rebuild.gate('approval');
    const resets = [
      trouble('Reset', lost[0] ?? unavailable, 'cp-1'),
      trouble('Reset', denied, 'cp-2'),
      trouble('Reset', internal, 'cp-3'),
    ];
    await rebuild.approve();
    const together = ['reset/cp-1', 'reset/cp-2', 'reset/cp-3'];
    const [first, second, third] = await Promise.all(together.map((id) => question(rebuild, id, together)));
    assert.match(first?.seen ?? '', /^cp-1: not in maintenance mode after 6 s.*The last one: cp-1 .*does not answer/);
    assert.match(second?.seen ?? '', /^cp-2 .*does not allow this.*fault 7/);
    assert.match(third?.seen ?? '', /^cp-3: not in maintenance mode after 6 s.*The last one: cp-3 .*fault 13/);
    for (const end of resets) end();

    // Before the machines are back, so that it is what they meet: no clock, and a configuration that one cannot take.
    for (const machine of lab.machines) machine.reachTimeServers(false);
    const apply = trouble('ApplyConfiguration', internal, 'cp-2');
    for (const id of together) await rebuild.answer(id, 'retry');
    const configuration = await question(rebuild, 'bootstrap/cp-2', ['bootstrap']);
    assert.match(configuration.seen, /^cp-2: .*its configuration was not accepted: cp-2 .*fault 13/);
    apply();
    await rebuild.answer('bootstrap/cp-2', 'retry');
    const clock = await question(rebuild, 'bootstrap');
    assert.match(clock.seen, /on cp-1 it is Waiting \(Waiting for time sync\)/);
    assert.match(clock.causes?.[0]?.remedy ?? '', /time server/);
    for (const machine of lab.machines) machine.reachTimeServers(true);
    const bootstrap = [trouble('Bootstrap', unavailable)];
    await rebuild.answer('bootstrap', 'retry');
    const beginning = await questionAbout(rebuild, 'bootstrap', bootstrap);
    assert.match(beginning.seen, /^cp-\d: its etcd does not list it as a member 5 s after the bootstrap .*fault 14/);

    const checks: [what: FaultRule[], seen: RegExp][] = [
      [[{ method: 'Kubeconfig', ...unavailable }], /^cp-\d .*does not answer \(talosctl kubeconfig/],
      [[{ method: 'EtcdMemberList', machine: 'cp-2', ...denied }], /^etcd has the planned members: cp-2 .*fault 7/],
      [[{ method: 'kubernetes:GET', ...refused(503, 'etcd is away') }], /The API server .*503: etcd is away/],
      [[{ method: 'kubernetes:GET', machine: 'cp-3', phase: 'before', action: { drop: true } }], /broke off before/],
    ];
    let before = 'bootstrap';
    for (const [rules, seen] of checks) {
      const faults = rules.map((rule) => lab.faults.inject(rule));
      const gate = await questionAbout(rebuild, 'verify', faults, before);
      assert.match(gate.seen, seen);
      before = 'verify';
    }
    const reboot = [trouble('Reboot', denied)];
    const drill = await questionAbout(rebuild, 'failoverDrill', reboot, 'verify');
    assert.match(drill.seen, /^cp-\d .*does not allow this.*talosctl reboot/);
    await rebuild.answer('failoverDrill', 'retry');
    const progress = await toTheEnd(rebuild);

    await assertDoneOnce(lab, rebuild, progress);
  });
});
