// SPDX-License-Identifier: Apache-2.0
// The table of the semantics as a decision of @gorules/zen-engine, in zen-rules.json: an expression
// node computes the Available Credit and the count of reminder instants, and a decision table with
// the policy "first" decides. The decimals of the engine have 28 digits, which is exact for this
// stream. They come from text: a JavaScript number would already be rounded. The engine remembers
// nothing; the alert itself is in JavaScript.
import fs from 'node:fs';

import {ZenDecisionContent, ZenEngine} from '@gorules/zen-engine';

import {apply, serve, versionOf} from './peer.mjs';

const AT_ONCE = 500;  // concurrent evaluations; fewer, or many more, take longer

// The rules are parsed once, by making a content object of them first.
const rules = new ZenDecisionContent(fs.readFileSync(new URL('./zen-rules.json', import.meta.url)));
const decision = new ZenEngine().createDecision(rules);

function trimmed(text) {
  const plain = text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  return plain === '-0' ? '0' : plain;
}

function evaluate(alert, change) {
  return decision.evaluate({
    phase: alert.phase, count: alert.count, threshold: alert.threshold, time_of_day: alert.time_of_day, utc_offset: alert.utc_offset,
    fired_at: alert.fired_at, fire_day: alert.fire_day, last_reminder: alert.last_reminder, last_credit: alert.credit,
    last_sequence: alert.sequence, ...change,
  });
}

async function decide(alerts, changes) {
  const outputs = [];
  for (let from = 0; from < alerts.length; from += AT_ONCE) {
    const part = alerts.slice(from, from + AT_ONCE);
    const verdicts = await Promise.all(part.map((alert, i) => evaluate(alert, changes[from + i])));
    part.forEach((alert, i) => {
      const {result} = verdicts[i];
      const change = changes[from + i];
      if (result.why === 'stale') return;
      alert.credit = result.credit;
      alert.sequence = change.sequence ?? alert.sequence;
      apply(alert, change.at, result, result.past, outputs);
    });
  }
  return outputs;
}

await serve({version: versionOf('@gorules/zen-engine'), decide, amount: (text) => text, text: trimmed});
