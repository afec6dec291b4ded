import type { Notifier } from '../../run/cluster-definition.ts';
import type { Notification } from '../../run/words/notification.ts';
import { wholeText } from '../../run/words/notification.ts';

export type WebhookFormat = Extract<Notifier, { kind: 'webhook' }>['format'];

export interface WebhookRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * What is posted to a web address: https://docs.ntfy.sh/publish,
 * https://api.slack.com/messaging/webhooks, or all of it as JSON.
 */
export function webhookRequest(format: WebhookFormat, notification: Notification): WebhookRequest {
  switch (format) {
    case 'json':
      return json(notification);
    case 'slack':
      return json({ text: slackText(notification) });
    case 'ntfy': {
      const isAsked = notification.answer.length > 0;
      return {
        headers: {
          'content-type': 'text/plain; charset=utf-8',
          title: encodedWord(notification.title),
          priority: isAsked ? 'high' : 'default',
          tags: isAsked ? 'warning' : notification.event === 'end' ? 'checkered_flag' : 'information_source',
        },
        body: wholeText(notification),
      };
    }
  }
}

function json(value: unknown): WebhookRequest {
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

/**
 * In Slack's markup, where these three characters have a meaning. The lines to paste stand in a block,
 * which keeps them as they are.
 */
function slackText({ title, text, answer }: Notification): string {
  const escape = (raw: string): string => raw.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const lines = answer.length === 0 ? '' : `\n\`\`\`${escape(answer.join('\n'))}\`\`\``;
  return `*${escape(title)}*\n${escape(text)}${lines}`;
}

/** A header holds ASCII alone; ntfy reads the rest as RFC 2047 writes it. */
function encodedWord(text: string): string {
  return /^[\x20-\x7E]*$/.test(text) ? text : `=?UTF-8?B?${Buffer.from(text).toString('base64')}?=`;
}
