/**
 * The Python program that judges a Python answer inside a sandbox. Two processes: the judge, which knows the tests and gives the
 * verdict, and its child, in which the answer runs. What the answer does to its own interpreter does not reach the judge.
 */

import { NelError } from '../errors.js';
import type { SandboxJob, SandboxLimits, SandboxOutcome } from '../sandbox.js';

/**
 * - `program`: the answer's program runs as `__main__`. It passes by running to its end, or (`exit_zero`) by ending with code 0.
 * - `function`: the tests run in the judge and call the answer's function in the child; arguments and results cross as plain values.
 */
export type HarnessTask =
  | { readonly mode: 'program'; readonly entry: string; readonly success: 'reaches_end' | 'exit_zero' }
  | {
      readonly mode: 'function';
      /** Run in the judge before the tests: what they use beside the function. */
      readonly prompt: string;
      /** Defines `check(candidate)`. */
      readonly test: string;
      readonly entry_point: string;
      /** Files that define the function, run one after the other in one module. */
      readonly answer: readonly string[];
    };

export interface HarnessVerdict {
  readonly passed: boolean;
  /** The last line of what went wrong; null when it passed. */
  readonly error: string | null;
}

/** Standard library only, no bytecode files; the scratch directory is taken off the path by the harness itself. */
const COMMAND = ['python3', '-s', '-S', '-B', 'nel_harness.py'];

/**
 * How forging is kept out. The tests, the prompt and the token come through stdin, which the judge reads to its end after the
 * fork and before the answer starts: no file, no pipe and no memory of the child holds them. The child has neither the judge's stdout nor a way into its memory (not dumpable: no
 * ptrace, no /proc/PID/mem, no /proc/PID/fd). Modules are not looked for in the scratch directory, where the answer can write.
 * Results come back as JSON of plain values, so that no object of the answer's (an `__eq__` that is always true) meets an
 * assertion; anything else becomes an object that equals nothing.
 *
 * What remains: an answer that leaves the sandbox, and in mode `program`, where tests and answer share an interpreter, one that
 * looks for the pipe of the harness and writes to it.
 */
const HARNESS = String.raw`import sys
sys.path[:] = sys.path[1:]
import os


class NotPlain(BaseException):
    """The tests pass an argument that cannot cross to the child."""


def plain(value, depth=0, strict=False):
    kind = type(value)
    if value is None or kind is bool or kind is str:
        return value
    if kind is int:
        return value if -2**63 < value < 2**63 else ["int", "%x" % value]
    if kind is float:
        return value
    inner = lambda items: [plain(item, depth + 1, strict) for item in items]
    for name, base in (("list", list), ("tuple", tuple), ("set", set), ("frozenset", frozenset)):
        if isinstance(value, base):
            return [name, inner(base.__iter__(value))]
    if isinstance(value, dict):
        return ["dict", inner(dict.keys(value)), inner(dict.values(value))]
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return plain(int.__int__(value))
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, complex):
        return ["complex", value.real, value.imag]
    if isinstance(value, (bytes, bytearray)):
        return [kind.__name__ if kind in (bytes, bytearray) else "bytes", bytes(value).hex()]
    if kind is range:
        return ["range", inner((value.start, value.stop, value.step))]
    if kind.__module__ in ("decimal", "fractions"):
        return [kind.__name__, str(value)]
    if strict:
        raise NotPlain("an argument of type " + kind.__name__ + " cannot be passed")
    if hasattr(value, "__iter__"):
        items = []
        for item in value:
            if len(items) >= 100000:
                return ["other", kind.__name__]
            items.append(plain(item, depth + 1))
        return ["items", items]
    return ["other", kind.__name__]


class Other:
    """A value that is not plain: equals nothing but itself."""


class Items(Other):
    """The same of what can be walked through, once or more."""

    def __init__(self, items):
        self.items = items

    def __iter__(self):
        return iter(self.items)

    def __next__(self):
        if not self.items:
            raise StopIteration
        return self.items.pop(0)

    def __len__(self):
        return len(self.items)


def value_of(text):
    if not isinstance(text, list):
        return text
    kind, rest = text[0], text[1:]
    inner = lambda items: [value_of(item) for item in items]
    if kind in ("list", "tuple", "set", "frozenset"):
        return {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}[kind](inner(rest[0]))
    if kind == "dict":
        return dict(zip(inner(rest[0]), inner(rest[1])))
    if kind == "int":
        return int(rest[0], 16)
    if kind == "complex":
        return complex(rest[0], rest[1])
    if kind in ("bytes", "bytearray"):
        return {"bytes": bytes, "bytearray": bytearray}[kind].fromhex(rest[0])
    if kind == "range":
        return range(*inner(rest[0]))
    if kind in ("Decimal", "Fraction"):
        import decimal
        import fractions
        return {"Decimal": decimal.Decimal, "Fraction": fractions.Fraction}[kind](rest[0])
    if kind == "items":
        return Items(inner(rest[0]))
    return Other()


def told(error):
    try:
        return [type(error).__name__, str(error)[:300]]
    except BaseException:
        return [type(error).__name__, ""]


def line_of(name, message):
    return (name + ": " + message if message else name).strip().split("\n")[-1][:300]


def set_dumpable(yes):
    try:
        import ctypes
        ctypes.CDLL(None).prctl(4, yes, 0, 0, 0)
    except Exception:
        pass


def run_answer(task, requests, replies, out):
    """The child: never returns."""
    import types
    code = 1
    try:
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(out if out is not None else null, 1)
        os.dup2(1, 2)
        # The answer starts once the judge has read all of stdin.
        if os.read(requests, 1) != b"\n":
            os._exit(1)
        low, high = sorted((requests, replies))
        os.closerange(3, low)
        os.closerange(low + 1, high)
        os.closerange(high + 1, 1024)
        set_dumpable(1)
        program = task["mode"] == "program"
        module = types.ModuleType("__main__" if program else "answer")
        sys.modules[module.__name__] = module
        if program:
            sys.path.insert(0, os.getcwd())
            sys.argv[:] = [task["entry"]]
            module.__file__ = os.path.join(os.getcwd(), task["entry"])

        def say(value):
            import json
            data = json.dumps(value).encode() + b"\n"
            while data:
                data = data[os.write(replies, data):]

        try:
            for name in task["answer"]:
                with open(name, "rb") as file:
                    source = file.read()
                exec(compile(source, name, "exec"), module.__dict__)
            function = None if program else module.__dict__[task["entry_point"]]
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else 0 if error.code is None else 1
            say(["error"] + told(error))
        except BaseException as error:
            if isinstance(error, KeyError) and not program and task["entry_point"] not in module.__dict__:
                error = NameError("the answer does not define " + task["entry_point"])
            say(["error"] + told(error))
        else:
            code = 0
            say(["end"])
            if not program:
                serve(function, requests, say)
        try:
            sys.stdout.flush()
        except BaseException:
            pass
    finally:
        os._exit(code & 255)


def serve(function, requests, say):
    import json
    for line in os.fdopen(requests, "r", encoding="utf-8"):
        args, kwargs = [value_of(text) for text in json.loads(line)]
        try:
            reply = ["value", plain(function(*args, **kwargs))]
        except BaseException as error:
            reply = ["error"] + told(error)
        say(reply)


class Gone(Exception):
    """The child has ended, or said something that is no reply."""


LONGEST_REPLY = 64 << 20


def read_reply(replies):
    import json
    line = replies.readline(LONGEST_REPLY)
    if not line.endswith(b"\n"):
        raise Gone()
    try:
        reply = json.loads(line.decode("utf-8"))
        if reply[0] not in ("end", "value", "error"):
            raise ValueError()
        return reply
    except Exception:
        raise Gone()


def raised(name, message):
    import builtins
    kind = getattr(builtins, str(name), None)
    if not (isinstance(kind, type) and issubclass(kind, Exception)):
        kind = RuntimeError
    try:
        return kind(str(message))
    except Exception:
        return RuntimeError(str(message))


def judge_function(task, requests, replies):
    import json
    first = read_reply(replies)
    if first[0] == "error":
        return line_of(*first[1:3])

    def candidate(*args, **kwargs):
        data = json.dumps([plain(list(args), strict=True), plain(kwargs, strict=True)]).encode() + b"\n"
        try:
            while data:
                data = data[os.write(requests, data):]
        except OSError:
            raise Gone()
        reply = read_reply(replies)
        if reply[0] == "error":
            raise raised(*reply[1:3])
        return value_of(reply[1])

    space = {"__name__": "tests"}
    exec(compile(task["prompt"], "prompt", "exec"), space)
    space[task["entry_point"]] = candidate
    exec(compile(task["test"], "tests", "exec"), space)
    check = space["check"]
    try:
        check(candidate)
    except (Gone, NotPlain):
        raise
    except BaseException as error:
        name, message = told(error)
        return line_of(name, message.strip().split("\n")[-1] or failed_line(error, task["test"]))
    return None


def failed_line(error, test):
    number, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "tests":
            number = trace.tb_lineno
        trace = trace.tb_next
    lines = test.split("\n")
    return lines[number - 1].strip() if 0 < number <= len(lines) else ""


def judge_program(task, replies):
    reply = read_reply(replies)
    return None if reply[0] == "end" else line_of(*reply[1:3])


def ending(status):
    if os.WIFSIGNALED(status):
        import signal
        try:
            return "the program was ended by " + signal.Signals(os.WTERMSIG(status)).name
        except ValueError:
            return "the program was ended by signal %d" % os.WTERMSIG(status)
    return "the program ended early with exit code %d" % os.WEXITSTATUS(status)


def main():
    import json
    with open("nel_task.json", encoding="utf-8") as file:
        task = json.load(file)
    set_dumpable(0)
    to_child, requests = os.pipe()
    replies, to_judge = os.pipe()
    child = os.fork()
    if child == 0:
        run_answer(task, to_child, to_judge, 2 if task["mode"] == "program" else None)
    os.close(to_child)
    os.close(to_judge)
    secret = json.loads(sys.stdin.buffer.read().decode("utf-8"))
    token = secret.pop("token")
    task.update(secret)

    def say(word, text=""):
        os.write(1, (token + " " + word + " " + json.dumps(text) + "\n").encode())

    say("started")
    os.write(requests, b"\n")
    stream = os.fdopen(replies, "rb")
    try:
        try:
            if task["mode"] == "function":
                error = judge_function(task, requests, stream)
            else:
                error = judge_program(task, stream)
                if task["success"] == "exit_zero" or error is None:
                    status = os.waitpid(child, 0)[1]
                    error = None if status == 0 else error or ending(status)
        except Gone:
            os.close(requests)
            status = os.waitpid(child, 0)[1]
            error = ending(status)
            if status == 0 and task.get("success") == "exit_zero":
                error = None
    except BaseException as problem:
        say("broken", line_of(*told(problem)))
        os._exit(3)
    say("passed" if error is None else "failed", error or "")
    os._exit(0 if error is None else 1)


main()
`;

/** The sandbox job that has `files` judged. `secret` makes the token: what the answer cannot know, and the job itself. */
export function harnessJob(
  task: HarnessTask,
  files: Readonly<Record<string, string>>,
  secret: string,
  limits: Partial<SandboxLimits>,
): SandboxJob {
  const known =
    task.mode === 'program' ? { ...task, answer: [task.entry] } : { mode: task.mode, entry_point: task.entry_point, answer: task.answer };
  const kept = task.mode === 'program' ? {} : { prompt: task.prompt, test: task.test };
  return {
    files: { ...files, 'nel_harness.py': HARNESS, 'nel_task.json': JSON.stringify(known) },
    command: COMMAND,
    stdin: JSON.stringify({ token: harnessToken(secret), ...kept }),
    limits,
  };
}

/**
 * The judge's verdict; without one the answer has failed (it ran out of time, or ended the judge).
 * @throws NelError of kind `run` when the judge did not get as far as the answer, of kind `data` when the tests themselves fail
 */
export function harnessVerdict(outcome: SandboxOutcome, secret: string): HarnessVerdict {
  const token = harnessToken(secret);
  const words = new Map<string, string>();
  for (const line of outcome.stdout.split('\n')) {
    const match = line.startsWith(`${token} `) ? /^(\w+) (".*")$/.exec(line.slice(token.length + 1)) : null;
    if (match) words.set(match[1] as string, textOf(match[2] as string));
  }
  const broken = words.get('broken');
  if (broken !== undefined) {
    throw new NelError('data', `the tests of the problem cannot be run: ${broken}`, {
      hint: 'Check the fields of the row that hold its tests.',
    });
  }
  if (words.has('passed') && outcome.exit_code === 0) return { passed: true, error: null };
  const failed = words.get('failed');
  if (failed !== undefined) return { passed: false, error: failed };
  if (!words.has('started')) {
    const said = outcome.stderr.trim().split('\n').at(-1)?.slice(0, 300);
    throw new NelError('run', `the sandbox did not get as far as the answer: ${said || outcome.signal || 'nothing was said'}`, {
      hint: 'The machine may be overloaded, or a limit too small to start Python.',
    });
  }
  return { passed: false, error: withoutVerdict(outcome) };
}

function withoutVerdict({ timed_out, output_truncated, signal, exit_code }: SandboxOutcome): string {
  if (timed_out) return 'the time was up';
  if (output_truncated) return 'too much output';
  return signal === null ? `no verdict, exit code ${exit_code}` : `no verdict, ended by ${signal}`;
}

function textOf(quoted: string): string {
  try {
    return String(JSON.parse(quoted));
  } catch {
    return '';
  }
}

/**
 * 128 bits that mark the verdict. As hard to guess as the sandbox's nonce in the secret; never shown to an answer, so that a plain
 * hash does. (Fowler-Noll-Vo 1a, four seeds.)
 */
function harnessToken(secret: string): string {
  const seeds = [0x811c9dc5, 0x9e3779b9, 0x85ebca6b, 0xc2b2ae35];
  return seeds
    .map((seed) => {
      let hash = seed;
      for (let i = 0; i < secret.length; i++) hash = Math.imul(hash ^ secret.charCodeAt(i), 0x01000193);
      return (hash >>> 0).toString(16).padStart(8, '0');
    })
    .join('');
}
