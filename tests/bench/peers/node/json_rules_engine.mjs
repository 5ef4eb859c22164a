// SPDX-License-Identifier: Apache-2.0
// The table of the semantics as rules of json-rules-engine, in json-rules.json: the first rule from
// the top that matches decides. The engine only compares; it neither calculates nor remembers. The
// sum, the count of reminder instants and the alert itself are in JavaScript, with amounts as
// BigInts of 10^-18, for which the rules have their own operators.
import fs from 'node:fs';

import {Engine} from 'json-rules-engine';

import {ALERTING, apply, remindersPast, serve, versionOf} from './peer.mjs';

const PLACES = 18;

function amount(text) {
  const [whole, fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(PLACES, '0'));
}

function text(units) {
  const digits = (units < 0n ? -units : units).toString().padStart(PLACES + 1, '0');
  const fraction = digits.slice(-PLACES).replace(/0+$/, '');
  return (units < 0n ? '-' : '') + digits.slice(0, -PLACES) + (fraction && `.${fraction}`);
}

const engine = new Engine(JSON.parse(fs.readFileSync(new URL('./json-rules.json', import.meta.url), 'utf8')));
engine.addOperator('given', (value, is) => (value !== null) === is);
engine.addOperator('notNewer', (sequence, last) => last !== null && sequence <= last);
engine.addOperator('notLess', (a, b) => a >= b);
engine.addOperator('same', (a, b) => a === b);
engine.addOperator('negative', (a, is) => a < 0n === is);
engine.on('success', () => engine.stop());

async function decide(alerts, changes) {
  const outputs = [];
  for (let i = 0; i < alerts.length; ++i) {
    const [alert, change] = [alerts[i], changes[i]];
    const credit = change.cash + change.limit + change.refunds - change.current - change.previous;
    const k = alert.phase === ALERTING ? remindersPast(alert, change.at) : 0;
    const {events: [event]} = await engine.run({
      phase: alert.phase, count: alert.count, threshold: alert.threshold, last_reminder: alert.last_reminder, last_credit: alert.credit,
      last_sequence: alert.sequence, sequence: change.sequence, credit, reminders_past: k,
    });
    if (event.type === 'stale') continue;
    alert.credit = credit;
    alert.sequence = change.sequence ?? alert.sequence;
    apply(alert, change.at, event.params, k, outputs);
  }
  return outputs;
}

await serve({version: versionOf('json-rules-engine'), decide, amount, text});
