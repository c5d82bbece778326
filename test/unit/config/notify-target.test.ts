import { describe, expect, it } from 'vitest';
import { parseNotifyTarget } from '../../../src/config/notify-target.js';

describe('a notification target', () => {
  it('is the name of a variable after env:', () => {
    expect(parseNotifyTarget('env:SLACK_WEBHOOK')).toEqual({ kind: 'env', name: 'SLACK_WEBHOOK' });
  });

  it('is an address without secrets', () => {
    expect(parseNotifyTarget('https://ci.example/webhooks/nel?team=evals')).toEqual({
      kind: 'url',
      url: 'https://ci.example/webhooks/nel?team=evals',
    });
  });

  it.each([
    'http://127.0.0.1:8898/',
    'https://ci.example/api/v2/nightly-evaluations-of-2026/team_language_models',
    'https://ci.example/robots/1',
  ])('may have a path that a person chose: %s', (url) => {
    expect(parseNotifyTarget(url)).toEqual({ kind: 'url', url });
  });

  it.each([
    'https://hooks.slack.com/services/T0/B0/hush',
    'https://hooks.slack-gov.com/services/T0/B0/hush',
    'https://discord.com/api/webhooks/1/hush',
    'https://chat.example/hooks/hush',
    'https://chat.example/sub/hooks/4tq8rhushpw7fxqeb1n4k9j3yh',
    'https://api.telegram.example/bot123456:hush/sendMessage',
    'https://api.telegram.example/bot123456%3Ahush/sendMessage',
    'https://ci.example/hush/3f2b8c1e-7a44-4d0b-9c57-0a1b2c3d4e5f',
    'https://ci.example/in/hush1hush2hush3hush4',
    'https://ci.example/in/hushhushhushhushhushhushhush?x=1',
    'https://ci.example/in?x=hush1hush2hush3hush4',
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
