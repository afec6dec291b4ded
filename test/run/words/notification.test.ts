import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { notificationOf, wholeText } from '../../../src/run/words/notification.ts';
import type { Occasion } from '../../../src/run/words/notification.ts';
import { approvalGate, failureGate, plan, running } from '../../cli/sample-run.ts';

describe('a message to people who do not look', () => {
  for (const event of ['approval', 'reminder'] as const) {
    test(`says at ${event} what is lost, until when, and the exact lines that approve and reject this plan`, () => {
      const message = notificationOf({ event, gate: approvalGate }, { ...running, plan });
      assert.match(message.title, /^home: the rebuild (still )?waits for approval$/);
      assert.match(message.text, /expires at 2026-11-23T12:05[^]*Everything in etcd is lost\./);
      assert.deepEqual(message.answer, [
        'talos-rebuild approve --digest 0123456789ab --name home',
        'talos-rebuild reject --digest 0123456789ab --name home',
      ]);
    });
  }

  test('says at a gate what was seen, what to do, what may be behind it, and one line for each answer', () => {
    const gate = { ...failureGate, causes: [{ cause: 'It hangs', remedy: 'take its power away' }] };
    const message = notificationOf({ event: 'gate', gate }, running);
    assert.equal(message.title, 'home: Reset of pi-11 did not succeed');
    assert.equal(
      wholeText(message),
      [
        'pi-11: not in maintenance mode after 15 min; it was last seen rebooting.',
        'Look at the machine: power, network cable, console.',
        'Perhaps: It hangs → take its power away',
        '',
        'talos-rebuild answer reset/pi-11 retry --name home',
        'talos-rebuild answer reset/pi-11 abort --name home',
      ].join('\n'),
    );
  });

  test('says when the point of no return is passed, and how the run ended', () => {
    assert.match(notificationOf({ event: 'point-of-no-return' }, running).title, /^home: the point of no return/);
    const ended = { ...running, outcome: 'aborted', verdict: 'Aborted by a person.', folder: '/f/runs/x' } as const;
    const message = notificationOf({ event: 'end' }, ended);
    assert.equal(message.title, 'home: aborted');
    assert.match(wholeText(message), /Aborted by a person\.\nThe report is \/f\/runs\/x\/report\.md/);
  });

  test('stays short enough for a telephone, and its lines to paste are never cut', () => {
    const consequences = Array.from({ length: 200 }, () => 'A volume is lost.');
    const occasions: Occasion[] = [
      { event: 'approval', gate: { ...approvalGate, consequences } },
      { event: 'gate', gate: { ...failureGate, seen: 'x'.repeat(9000), remedy: 'y'.repeat(9000) } },
    ];
    for (const occasion of occasions) {
      const message = notificationOf(occasion, { ...running, plan });
      assert.ok(Buffer.byteLength(wholeText(message)) < 4096);
      assert.equal(message.answer.length, 2);
      if (occasion.event === 'approval') assert.match(message.text, /expires at/);
    }
  });
});
