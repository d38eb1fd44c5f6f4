/* What the fuzz test calls in its page: worlds are kept, expressions run over them. */
import { compile } from "/js/expressions/run.js";
import { Failure } from "/js/expressions/exact.js";
import { Moment, Day } from "/js/expressions/times.js";
import { Row, decode, encode } from "/js/expressions/values.js";
import { AROUND, LENIENT, STRICT } from "/js/expressions/functions.js";
import { fold, lower, upper } from "/js/expressions/texts.js";

const worlds = [];
window.functions = [...Object.keys({ ...AROUND, ...LENIENT, ...STRICT }), "rank"];
window.cases = (texts) => texts.map((one) => [fold(one), lower(one), upper(one)]);

window.keep = ({ types, rows }) => {
  const all = {};
  for (const [entity, given] of Object.entries(rows)) {
    all[entity] = given.map(({ id, values }) => {
      const read = Object.entries(values).map(([name, value]) => [name, decode(types[entity][name], value)]);
      return new Row(entity, BigInt(id), Object.fromEntries(read));
    });
  }
  const find = (ref) => (ref === null ? null : all[ref[0]][ref[1] - 1]);
  for (const [entity, given] of Object.entries(rows)) {
    given.forEach(({ relations }, at) => {
      for (const [name, to] of Object.entries(relations)) {
        all[entity][at].relations[name] = Array.isArray(to?.[0]) || to?.length === 0 ? to.map(find) : find(to);
      }
    });
  }
  worlds.push(all);
};

window.run = ({ world, entity, expressions, now, today, zone, settings }) => {
  const all = worlds[world];
  const around = {
    me: all["base.user"][0],
    company: all["base.company"][0],
    now: Moment.parse(now),
    today: Day.parse(today),
    zone,
    settings: Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, BigInt(value)])),
    names: {},
  };
  return expressions.map((expression) => {
    const run = compile(expression);
    return all[entity].map((row) => {
      try {
        return encode(run({ ...around, this: row }));
      } catch (error) {
        if (error instanceof Failure) return "failed";
        throw new Error(`${error.stack} in ${JSON.stringify(expression.tree)}`);
      }
    });
  });
};
window.ready = true;
