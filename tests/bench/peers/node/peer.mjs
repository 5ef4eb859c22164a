// SPDX-License-Identifier: Apache-2.0
// The common part of the peers in JavaScript: the stream, the answers, and the state around the
// rules of an engine. peer.py says how a peer is called.
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';

const ROUNDS = 5;
const DAY = 86400;
export const OFF = 0, ARMED = 1, ALERTING = 2, QUIET = 3;
export const FIRE = 1, REMIND = 2, STOP = 3;
export const COMPLETED = 3;

async function* rows(folder, name, count) {
  const lines = readline.createInterface({input: fs.createReadStream(path.join(folder, name)), crlfDelay: Infinity});
  let taken = 0;
  for await (const line of lines) {
    yield line.split('\t');
    if (++taken === count) return;
  }
  throw new Error(`${name} ends after ${taken} lines`);
}

const integer = (field) => (field === '' ? null : Number(field));

// `amount` converts a text to the amount of the engine. Integers are numbers: those of the stream
// are exact.
async function readAlerts(folder, count, amount) {
  const alerts = [];
  for await (const f of rows(folder, 'alerts.tsv', count)) {
    alerts.push({
      id: Number(f[0]), threshold: amount(f[1]), count: Number(f[2]), time_of_day: integer(f[3]), utc_offset: Number(f[4]),
      phase: Number(f[5]), episode: Number(f[6]), fired_at: integer(f[7]), fire_day: integer(f[8]), last_reminder: Number(f[9]),
      reminders_sent: Number(f[10]), stop_reason: integer(f[11]), credit: f[12] === '' ? null : amount(f[12]), sequence: integer(f[13]),
    });
  }
  return alerts;
}

async function readChanges(folder, round, count, amount) {
  const changes = [];
  for await (const f of rows(folder, `round-${round}.tsv`, count)) {
    changes.push({
      at: Number(f[1]), sequence: integer(f[2]), cash: amount(f[3]), limit: amount(f[4]), refunds: amount(f[5]), current: amount(f[6]),
      previous: amount(f[7]),
    });
  }
  return changes;
}

// The number of the last reminder instant that is not after `at`.
export function remindersPast(alert, at) {
  const origin = alert.time_of_day === null ? alert.fired_at : alert.fire_day * DAY + (alert.time_of_day - alert.utc_offset) * 60;
  return Math.floor((at - origin) / DAY);
}

function output(alert, at, kind, reminder, skipped, reason) {
  return [alert.id, kind, alert.episode, reminder, skipped, reason, alert.reminders_sent, alert.fired_at, at, alert.credit, alert.threshold];
}

// Applies the result of the rules: {phase, fire, remind, stop}; stop is a reason or 0.
export function apply(alert, at, verdict, k, outputs) {
  if (verdict.fire) {
    ++alert.episode;
    alert.fired_at = at;
    alert.fire_day = Math.floor((at + alert.utc_offset * 60) / DAY);
    alert.last_reminder = alert.reminders_sent = 0;
    alert.stop_reason = null;
    outputs.push(output(alert, at, FIRE, 0, 0, 0));
  }
  if (verdict.remind) {
    const skipped = k - alert.last_reminder - 1;
    alert.last_reminder = k;
    ++alert.reminders_sent;
    outputs.push(output(alert, at, REMIND, k, skipped, 0));
  }
  if (verdict.stop) {
    alert.stop_reason = verdict.stop;
    outputs.push(output(alert, at, STOP, 0, 0, verdict.stop));
  }
  alert.phase = verdict.phase;
}

// The tick after the rounds is only for the comparison of the answers. It is not measured and uses
// no engine.
function tick(alert, at, outputs) {
  if (alert.phase !== ALERTING) return;
  const k = remindersPast(alert, at);
  if (k <= alert.last_reminder) return;
  const over = k >= alert.count;
  apply(alert, at, {phase: over ? QUIET : ALERTING, fire: false, remind: k <= alert.count, stop: over ? COMPLETED : 0}, k, outputs);
}

function write(file, lines) {
  fs.writeFileSync(file, lines.map((line) => line.map((field) => field ?? '').join('\t') + '\n').join(''));
}

// decide(alerts, changes) resolves to the outputs of a round. `amount` and `text` convert texts to
// the amounts of the engine and back.
export async function serve({version, decide, amount, text}) {
  const [folder, count] = [process.argv[2], Number(process.argv[3])];
  const play = async (answers) => {
    const alerts = await readAlerts(folder, count, amount);
    const lines = [];
    const tell = (round, outputs) => {
      for (const o of outputs) lines.push([round, ...o.slice(0, 9), text(o[9]), text(o[10])]);
    };
    const taken = {wall: 0n, processor: 0};  // nanoseconds and microseconds
    for (let round = 1; round <= ROUNDS; ++round) {
      const changes = await readChanges(folder, round, count, amount);
      const [start, used] = [process.hrtime.bigint(), process.cpuUsage()];
      const outputs = await decide(alerts, changes);
      const {user, system} = process.cpuUsage(used);
      taken.wall += process.hrtime.bigint() - start;
      taken.processor += user + system;
      tell(round, outputs);
    }
    if (answers) {
      const outputs = [];
      const at = Number(fs.readFileSync(path.join(folder, 'tick'), 'ascii'));
      for (const alert of alerts) tick(alert, at, outputs);
      tell(ROUNDS + 1, outputs);
      write(`${answers}.outputs`, lines);
      write(`${answers}.states`, alerts.map((a) => [a.id, a.phase, a.episode, a.last_reminder, a.reminders_sent, a.stop_reason, a.fired_at,
        a.fire_day, a.credit === null ? '' : text(a.credit), a.sequence]));
    }
    return `${(Number(taken.wall) * 1e-9).toFixed(9)} ${(taken.processor * 1e-6).toFixed(9)}`;
  };
  console.log(`${version}, Node.js ${process.versions.node}`);
  for await (const line of readline.createInterface({input: process.stdin})) {
    console.log(await play(line.startsWith('answer ') ? line.slice('answer '.length) : ''));
  }
}

// The version of an installed package.
export function versionOf(name) {
  const file = new URL(`./node_modules/${name}/package.json`, import.meta.url);
  return `${name} ${JSON.parse(fs.readFileSync(file, 'utf8')).version}`;
}
