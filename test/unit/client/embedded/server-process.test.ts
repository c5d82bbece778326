import { describe, expect, it } from 'vitest';
import { portSequence } from '../../../../src/client/embedded/ports.js';
import { idleSecondsOf } from '../../../../src/client/embedded/server.js';
import { isServerCommand, serverArguments } from '../../../../src/client/embedded/server-process.js';

const DATABASE = '/s/temporal/h/temporal.db';

describe('the arguments of the server', () => {
  it('keep it on this machine, on one locked database file, with the search attributes of runs', () => {
    expect(serverArguments({ grpc: 20_001, ui: 20_002 }, DATABASE).join(' ')).toBe(
      `server start-dev --ip 127.0.0.1 --port 20001 --ui-port 20002 --db-filename ${DATABASE} ` +
        '--sqlite-pragma journal_mode=wal --sqlite-pragma synchronous=normal --sqlite-pragma locking_mode=exclusive ' +
        '--search-attribute NelBenchmark=Keyword --search-attribute NelModel=Keyword --search-attribute NelVerdict=Keyword ' +
        '--search-attribute NelScore=Double --search-attribute NelRun=Keyword --log-level warn --log-format text ' +
        '--dynamic-config-value frontend.enableServerVersionCheck=false',
    );
  });

  it('are recognised as those of a server of that database, and of no other', () => {
    const command = ['/x/temporal', ...serverArguments({ grpc: 1, ui: 2 }, DATABASE), ''];
    for (const form of [command, command.join(' ')]) {
      expect(isServerCommand(form, DATABASE)).toBe(true);
      expect(isServerCommand(form, '/s/temporal/h/temporal')).toBe(false);
      expect(isServerCommand(form, '/other.db')).toBe(false);
    }
    expect(isServerCommand(['grep', 'server', 'x', '--db-filename', DATABASE], DATABASE)).toBe(false);
    expect(isServerCommand([], DATABASE)).toBe(false);
  });
});

it('tries ports below the ephemeral ones, each once, from a start of each folder', () => {
  const ports = Array.from({ length: 10_000 }, (_, index) => portSequence('/s', index));
  expect(new Set(ports).size).toBe(10_000);
  expect([Math.min(...ports), Math.max(...ports)]).toEqual([20_000, 29_999]);
  expect(portSequence('/s', 0)).not.toBe(portSequence('/t', 0));
});

describe('the idle time', () => {
  it('is seconds from an option or a variable, or left to the server', () => {
    expect([idleSecondsOf(2), idleSecondsOf('0.5'), idleSecondsOf('0'), idleSecondsOf(''), idleSecondsOf(undefined)]).toEqual([
      2,
      0.5,
      0,
      undefined,
      undefined,
    ]);
  });

  it.each(['ten', '-1', 'Infinity', Number.NaN])('is not %s', (value) => {
    expect(() => idleSecondsOf(value)).toThrow("the embedded server's idle time is no number of seconds");
  });
});
