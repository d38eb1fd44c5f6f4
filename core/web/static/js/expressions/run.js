/* Runs expressions in the browser: the checked tree that core/expressions/to_json.py sends becomes closures.

   const run = compile(expression); run({ this: row, today, now, zone }) gives the value. A Failure says that there
   is none (the server would refuse), a NotHere that the page does not hold what is read. Nothing here evaluates
   text, so it works under the strictest security policy. */
import { add, decimal, divide } from "./exact.js";
import { AROUND, LENIENT, STRICT, rank } from "./functions.js";
import { Span } from "./times.js";
import { Ref, compare, decode, keyOf, equal } from "./values.js";

export function compile(expression) {
  const run = node(expression.tree);
  return (surroundings) => run({ ...surroundings, locals: {} });
}

function node(tree) {
  const make = COMPILERS[tree.node];
  if (!make) throw new Error(`the browser cannot run ${tree.node}`);
  return make(tree);
}

function variable({ name }) {
  if (name.startsWith("#")) return (env) => env.locals[name];
  if (name.startsWith("settings.")) return (env) => env.settings[name.slice("settings.".length)];
  if (["this", "old", "me", "company", "now", "today"].includes(name)) return (env) => env[name];
  return (env) => env.names[name];
}

function read({ of, name }) {
  const record = node(of);
  return (env) => record(env)?.read(name) ?? null;
}

function follow({ of, name, type }) {
  const record = node(of);
  const entity = type.entities[0];
  return (env) => {
    const target = record(env)?.related(name) ?? null;
    return target?.entity === entity ? target : null;
  };
}

function identity({ of }) {
  const record = node(of);
  return (env) => record(env)?.id ?? null;
}

function narrow({ of, type }) {
  const reference = node(of);
  return (env) => {
    const found = reference(env);
    return found?.entity === type.entities[0] ? found.id : null;
  };
}

function widen({ of }) {
  const link = node(of);
  const entity = of.type.entities[0];
  return (env) => {
    const id = link(env);
    return id === null ? null : new Ref(entity, id);
  };
}

function call({ function: name, args }) {
  const inputs = args.map(node);
  if (name in LENIENT) return (env) => LENIENT[name](...inputs.map((input) => input(env)));
  if (name in AROUND) return strict(inputs, (values, env) => AROUND[name](env.zone, ...values));
  const body = name === "rank" ? rank(args[0].type.choices) : STRICT[name];
  if (!body) throw new Error(`the browser does not know ${name}`);
  return inputs.length <= 2 ? careful(inputs, body) : strict(inputs, (values) => body(...values));
}

/* One or two arguments: the second is not looked at if the first is null. */
function careful([first, second], body) {
  return (env) => {
    const a = first(env);
    if (a === null) return null;
    if (!second) return body(a);
    const b = second(env);
    return b === null ? null : body(a, b);
  };
}

function strict(inputs, body) {
  return (env) => {
    const values = inputs.map((input) => input(env));
    return values.includes(null) ? null : body(values, env);
  };
}

/* `and` stops at false, `or` at true; an unknown operand leaves the answer unknown. */
function logic({ operator, args }) {
  const inputs = args.map(node);
  if (operator === "not") {
    return (env) => {
      const value = inputs[0](env);
      return value === null ? null : !value;
    };
  }
  const stop = operator === "or";
  return (env) => {
    let result = !stop;
    for (const input of inputs) {
      const value = input(env);
      if (value === stop) return stop;
      if (value === null) result = null;
    }
    return result;
  };
}

function conditional({ test, then, other }) {
  const [condition, yes, no] = [node(test), node(then), node(other)];
  return (env) => (condition(env) === true ? yes(env) : no(env));
}

function coalesce({ args }) {
  const inputs = args.map(node);
  return (env) => {
    for (const input of inputs) {
      const value = input(env);
      if (value !== null) return value;
    }
    return null;
  };
}

function isNull({ of }) {
  const value = node(of);
  return (env) => value(env) === null;
}

function oneOf({ needle, items }) {
  const [wanted, others] = [node(needle), items.map(node)];
  return (env) => {
    const value = wanted(env);
    if (value === null) return null;
    let found = false;
    for (const other of others) {
      const one = other(env);
      if (one === null) found = null;
      else if (equal(one, value)) return true;
    }
    return found;
  };
}

function among({ needle, select: list }) {
  const [wanted, items] = [node(needle), loop(list)];
  return (env) => {
    const value = wanted(env);
    if (value === null) return null;
    for (const item of items(env)) if (item !== null && equal(item, value)) return true;
    return false;
  };
}

/* -- lists ------------------------------------------------------------------------------------------------- */

function source(tree) {
  if (tree.node === "tomany") {
    const record = node(tree.of);
    return (env) => record(env)?.related(tree.name) ?? [];
  }
  if (tree.node === "items") {
    const items = tree.items.map(node);
    return (env) => items.map((item) => item(env));
  }
  const list = node(tree);
  return (env) => list(env) ?? [];
}

function loop({ binds, where, item }) {
  const condition = where && node(where);
  const value = node(item);
  let inner = function* (env) {
    if (!condition || condition(env) === true) yield value(env);
  };
  for (const bind of [...binds].reverse()) inner = around(bind.variable, source(bind.source), inner);
  return inner;
}

function around(name, items, inner) {
  return function* (env) {
    for (const item of items(env)) {
      env.locals[name] = item;
      yield* inner(env);
    }
  };
}

function select(tree) {
  const items = loop(tree);
  if (tree.type.item?.kind !== "record") return (env) => [...items(env)];
  return (env) => [...items(env)].filter((row) => row !== null).map((row) => row.id);
}

/* Rows are counted by themselves, as a line not yet saved has no id. */
function counted({ name, select: list }) {
  const rows = list.item.node === "identity" && list.item.of.node === "variable";
  return ["count", "exists"].includes(name) && rows ? { ...list, item: list.item.of } : list;
}

function aggregate(tree) {
  const items = loop(counted(tree));
  if (tree.name === "any" || tree.name === "all") {
    const wanted = tree.name === "any";
    return (env) => {
      for (const item of items(env)) if (item === wanted) return wanted;
      return !wanted;
    };
  }
  if (tree.name === "join") {
    const separator = node(tree.args[0]);
    return (env) => {
      const texts = [...items(env)].filter((text) => text !== null);
      return texts.join(separator(env) ?? "") || null;
    };
  }
  const finish = FINISH[tree.name];
  return (env) => finish(present(items(env)), tree.type);
}

function* present(items) {
  for (const item of items) if (item !== null) yield item;
}

function sum(items, { kind }) {
  if (kind === "duration") return new Span([...items].reduce((total, span) => total + span.count, 0n));
  let total = kind === "integer" ? 0n : decimal(0n);
  for (const item of items) total = add(total, item);
  return total;
}

function mean(items) {
  let [total, count] = [decimal(0n), 0n];
  for (const item of items) [total, count] = [add(total, item), count + 1n];
  return divide(total, count);
}

const best = (sign) => (items) => {
  let found = null;
  for (const item of items) if (found === null || compare(item, found) * sign < 0) found = item;
  return found;
};

const FINISH = {
  sum,
  avg: mean,
  min: best(1),
  max: best(-1),
  first: (items) => items.next().value ?? null,
  last: (items) => [...items].pop() ?? null,
  count: (items) => BigInt([...items].length),
  count_distinct: (items) => BigInt(new Set([...items].map(keyOf)).size),
  exists: (items) => !items.next().done,
};

const COMPILERS = {
  literal: ({ type, value }) => {
    const constant = decode(type, value);
    return () => constant;
  },
  variable,
  read,
  follow,
  identity,
  narrow,
  widen,
  call,
  logic,
  conditional,
  coalesce,
  isnull: isNull,
  oneof: oneOf,
  among,
  select,
  aggregate,
};
