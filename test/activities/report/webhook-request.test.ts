import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { webhookRequest } from '../../../src/activities/report/webhook-request.ts';
import type { Notification } from '../../../src/run/words/notification.ts';

const notification: Notification = {
  event: 'gate',
  cluster: 'home',
  title: 'home: Reset of pi-12 did not succeed',
  text: 'seen <nothing> & nobody',
  answer: ['talos-rebuild answer reset/pi-12 retry --name home', 'talos-rebuild answer reset/pi-12 abort --name home'],
};

describe('what is posted to a web address', () => {
  test('is for ntfy the plain text, with title and priority in headers', () => {
    const { headers, body } = webhookRequest('ntfy', notification);
    assert.equal(headers['title'], notification.title);
    assert.equal(headers['priority'], 'high');
    assert.equal(body, `${notification.text}\n\n${notification.answer.join('\n')}`);
    assert.equal(webhookRequest('ntfy', { ...notification, answer: [] }).headers['priority'], 'default');
  });

  test('holds no letter in a header that HTTP does not carry', () => {
    const { headers } = webhookRequest('ntfy', { ...notification, title: 'home: “Büro” → weg' });
    const [, encoded = ''] = /^=\?UTF-8\?B\?(.+)\?=$/.exec(headers['title'] ?? '') ?? [];
    assert.equal(Buffer.from(encoded, 'base64').toString(), 'home: “Büro” → weg');
  });

  test('is for Slack its markup, with the lines to paste in a block', () => {
    const { text } = JSON.parse(webhookRequest('slack', notification).body) as { text: string };
    assert.match(
      text,
      /^\*home: Reset of pi-12 did not succeed\*\nseen &lt;nothing&gt; &amp; nobody\n```talos-rebuild/,
    );
    assert.match(text, /abort --name home```$/);
  });

  test('is otherwise all of it as JSON', () => {
    assert.deepEqual(JSON.parse(webhookRequest('json', notification).body), notification);
  });
});
