import { describe, expect, it } from 'vitest';
import { parseNotifyTarget } from '../../../src/config/notify-target.js';

describe('a notification target', () => {
  it('is the name of a variable after env:', () => {
    expect(parseNotifyTarget('env:SLACK_WEBHOOK')).toEqual({ kind: 'env', name: 'SLACK_WEBHOOK' });
  });

  it('is an address without secrets', () => {
    expect(parseNotifyTarget('https://ci.example/hooks/nel?team=evals')).toEqual({
      kind: 'url',
      url: 'https://ci.example/hooks/nel?team=evals',
    });
  });

  it.each([
    'https://hooks.slack.com/services/T0/B0/hush',
    'https://discord.com/api/webhooks/1/hush',
    'https://user:hush@ci.example/',
    'https://ci.example/hook?token=hush',
    'https://ci.example/hook/Ab3hushAb3hushAb3hushAb3hush',
    'https://ci.example/hook?x=Ab3hushAb3hushAb3hushAb3hush',
  ])('is refused when it is a secret, without being repeated: %s', (text) => {
    expect(() => parseNotifyTarget(text)).toThrow(/^--notify: it holds a secret, or is one$/);
  });

  it.each(['', 'ftp://ci.example', 'SLACK_WEBHOOK', 'https://', 'env:', 'env:A-B', 'env:https://hush'])(
    'is refused when it is %j',
    (text) => {
      expect(() => parseNotifyTarget(text)).toThrow(/^--notify: it /);
      expect(() => parseNotifyTarget(text)).not.toThrow(/hush/);
    },
  );
});
