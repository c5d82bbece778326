/**
 * A small program between us and a harness: it ends the harness, and all that it started, when our end of a pipe closes. So a worker that is
 * killed leaves nothing behind that would go on asking a paid endpoint.
 */

/**
 * Run as `node -e GUARD -- GRACE_MS FILE ARGS…`. Ends with the harness's exit code, 128 + n for signal n, 127 when it cannot be started.
 * The harness has a process group of its own: TERM goes to all of it, KILL after the grace time and to what outlives the harness.
 */
export const GUARD = `
const { spawn } = require('node:child_process');
const { signals } = require('node:os').constants;
const [grace, file, ...args] = process.argv.slice(1);
const child = spawn(file, args, { stdio: ['ignore', 'inherit', 'inherit'], detached: true });
const send = (name) => { try { if (child.pid) process.kill(-child.pid, name); } catch {} };
let ending = false;
const end = () => {
  if (ending) return;
  ending = true;
  send('SIGTERM');
  setTimeout(() => send('SIGKILL'), Number(grace));
};
child.on('error', (error) => { console.error(error.message); process.exit(127); });
child.on('exit', (code, name) => { send('SIGKILL'); process.exit(code === null ? 128 + signals[name] : code); });
for (const event of ['end', 'close', 'error']) process.stdin.on(event, end);
process.stdin.resume();
for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(name, end);
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});
`;
