// The canonical form of a row, as docs/record.md says: values as text, in the bytes that are hashed.
"use strict";
const Canonical = (() => {
  const COLUMNS = {
    backtest_results: "result_hash text, strategy text, run_id text, trial_identity text, snapshot_hash text, parameters text, " +
      "costs text, settings text, engine text, second_engine text, second_engine_difference double precision, versions text, " +
      "capital_usd numeric, worth_usd text, benchmark text, positions_last text, weights_last text, tearsheet text, verdict text, " +
      "git_sha text, lock_hash text, code_hash text, first_session date, last_session date, licence text, caveat text, " +
      "known_at timestamptz",
    notebooks: "content_hash text, strategy text, name text, kind text, run_id text, size_bytes bigint, content bytea",
    order_events: "order_id text, strategy text, mode text, session date, run_id text, event text, quantity numeric, price numeric, " +
      "commission_usd numeric, spread_usd numeric, detail text, known_at timestamptz",
    orders: "order_id text, strategy text, mode text, session date, run_id text, symbol text, quantity numeric, " +
      "reference_price numeric, limit_price numeric, target_weight double precision, known_at timestamptz",
    portfolio_worth: "strategy text, mode text, session date, run_id text, worth_usd numeric, cash_usd numeric, costs_usd numeric, " +
      "turnover double precision, exposure double precision, holdings text, prices text, snapshot_hash text, known_at timestamptz, " +
      "backfilled boolean",
    runs: "run_id text, strategy text, job text, mode text, session date, attempt integer, as_of timestamptz, git_sha text, " +
      "git_dirty boolean, image_tag text, lock_hash text, code_hash text, parameters text, versions text",
    suspensions: "strategy text, action text, reason text, reviewer text, known_at timestamptz",
  };
  const PUBLIC = { notebooks: ["content_hash", "strategy", "name", "kind", "run_id", "size_bytes"] };
  const SHORTENED = { backtest_results: "positions_last" };

  class Refused extends Error {}

  const bytesOf = text => {
    if (typeof text !== "string" || /\p{Cs}/u.test(text)) throw new Refused("a text is no text");
    return new TextEncoder().encode(text);
  };
  const fromHex = text => {
    if (!/^(?:[0-9a-f]{2})*$/.test(text)) throw new Refused("hexadecimal digits are something else");
    return Uint8Array.from(text.match(/../g) || [], pair => parseInt(pair, 16));
  };
  const toHex = bytes => Array.from(bytes, byte => byte.toString(16).padStart(2, "0")).join("");
  const joined = parts => {
    const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
    return whole;
  };
  const sha256 = async bytes => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

  const written = (width, write) => {
    const view = new DataView(new ArrayBuffer(width));
    write(view);
    return new Uint8Array(view.buffer);
  };
  const integer = (text, width) => {
    if (!/^[-+]?\d{1,19}$/.test(text)) throw new Refused(`${text} is no whole number`);
    const number = BigInt(text.replace("+", ""));
    if (BigInt.asIntN(8 * width, number) !== number) throw new Refused(`${text} is too large`);
    return written(width, view => width === 8 ? view.setBigInt64(0, number) : view.setInt32(0, Number(number)));
  };
  const double = text => {
    if (!/^(?:-?(?:\d+(?:\.\d+)?(?:e[-+]?\d+)?|Infinity)|NaN)$/.test(text)) throw new Refused(`${text} is no number`);
    return written(8, view => view.setFloat64(0, Number(text)));
  };
  const midnight = (year, month, day) => {
    const date = new Date(0);
    date.setUTCFullYear(year, month - 1, day);
    if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) throw new Refused("there is no such day");
    return date.getTime();
  };
  const EPOCH = Date.UTC(2000, 0, 1);
  const days = text => {
    const found = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
    if (!found) throw new Refused(`${text} is no day`);
    return integer(String((midnight(...found.slice(1).map(Number)) - EPOCH) / 86400000), 4);
  };
  const moment = text => {
    if (text === "infinity") return integer("9223372036854775807", 8);
    if (text === "-infinity") return integer("-9223372036854775808", 8);
    const found = /^(\d{4})-(\d\d)-(\d\d) ([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d{1,6}))?(?:\+00)?$/.exec(text);
    if (!found) throw new Refused(`${text} is no time`);
    const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number);
    const milliseconds = midnight(year, month, day) - EPOCH + ((hour * 60 + minute) * 60 + second) * 1000;
    return integer(String(BigInt(milliseconds) * 1000n + BigInt((found[7] || "0").padEnd(6, "0"))), 8);
  };
  const ENCODERS = {
    "text": bytesOf,
    "numeric": bytesOf,
    "boolean": text => {
      if (text !== "true" && text !== "false") throw new Refused(`${text} is neither true nor false`);
      return Uint8Array.of(text === "true" ? 1 : 0);
    },
    "integer": text => integer(text, 4),
    "bigint": text => integer(text, 8),
    "double precision": double,
    "date": days,
    "timestamp": moment,
    "timestamptz": moment,
    "bytea": text => fromHex(text.replace(/^\\x/, "")),
  };
  const framed = (kind, text) => {
    if (text === null) return Uint8Array.of(255, 255, 255, 255);
    if (typeof text !== "string") throw new Refused("a value is no text");
    const content = ENCODERS[kind](text);
    return joined([written(4, view => view.setInt32(0, content.length)), content]);
  };
  const framedAll = pairs => joined(pairs.map(([kind, text]) => framed(kind, text)));

  const columnsOf = table => {
    if (!Object.hasOwn(COLUMNS, table)) throw new Refused(`no page shows rows of a table ${table.slice(0, 60)}`);
    const all = COLUMNS[table].split(", ").map(one => [one.slice(0, one.indexOf(" ")), one.slice(one.indexOf(" ") + 1)]);
    const open = PUBLIC[table] || [];
    return { open: all.filter(([name]) => open.includes(name)), payload: all.filter(([name]) => !open.includes(name)) };
  };

  // SHA-256 gone on with from its state after whole blocks (FIPS 180-4, 6.2.2): WebCrypto begins at the beginning.
  const K = Uint32Array.from(("428a2f98 71374491 b5c0fbcf e9b5dba5 3956c25b 59f111f1 923f82a4 ab1c5ed5 d807aa98 12835b01 243185be 550c7dc3 " +
    "72be5d74 80deb1fe 9bdc06a7 c19bf174 e49b69c1 efbe4786 0fc19dc6 240ca1cc 2de92c6f 4a7484aa 5cb0a9dc 76f988da 983e5152 a831c66d " +
    "b00327c8 bf597fc7 c6e00bf3 d5a79147 06ca6351 14292967 27b70a85 2e1b2138 4d2c6dfc 53380d13 650a7354 766a0abb 81c2c92e 92722c85 " +
    "a2bfe8a1 a81a664b c24b8b70 c76c51a3 d192e819 d6990624 f40e3585 106aa070 19a4c116 1e376c08 2748774c 34b0bcb5 391c0cb3 4ed8aa4a " +
    "5b9cca4f 682e6ff3 748f82ee 78a5636f 84c87814 8cc70208 90befffa a4506ceb bef9a3f7 c67178f2").split(" "), word => parseInt(word, 16));
  const turned = (word, by) => word >>> by | word << 32 - by;
  const resumed = (state, hashed, rest) => {
    const length = hashed + rest.length, tail = new Uint8Array(9 + (((-(length + 9)) % 64) + 64) % 64);
    tail[0] = 0x80;
    new DataView(tail.buffer).setBigUint64(tail.length - 8, BigInt(length) * 8n);
    const content = joined([rest, tail]), view = new DataView(content.buffer), before = new DataView(state.slice().buffer);
    const words = new Uint32Array(64), inner = Uint32Array.from({ length: 8 }, (_, at) => before.getUint32(4 * at));
    for (let block = 0; block < content.length; block += 64) {
      for (let t = 0; t < 16; t++) words[t] = view.getUint32(block + 4 * t);
      for (let t = 16; t < 64; t++) {
        const near = words[t - 15], far = words[t - 2];
        words[t] = (turned(far, 17) ^ turned(far, 19) ^ far >>> 10) + words[t - 7] +
          (turned(near, 7) ^ turned(near, 18) ^ near >>> 3) + words[t - 16];
      }
      let [a, b, c, d, e, f, g, h] = inner;
      for (let t = 0; t < 64; t++) {
        const one = h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + (e & f ^ ~e & g) + K[t] + words[t] | 0;
        const two = (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + (a & b ^ a & c ^ b & c) | 0;
        [a, b, c, d, e, f, g, h] = [one + two | 0, a, b, c, d + one | 0, e, f, g];
      }
      [a, b, c, d, e, f, g, h].forEach((word, at) => { inner[at] += word; });
    }
    return written(32, out => inner.forEach((word, at) => out.setUint32(4 * at, word)));
  };

  const paired = (columns, values) => {
    if (columns.length !== values.length) throw new Refused(`it has ${values.length} values for ${columns.length} columns`);
    return columns.map(([, kind], at) => [kind, values[at]]);
  };
  const payloadHash = async (row, columns) => {
    if (row.payloadHash !== null) return fromHex(row.payloadHash);
    if (columns.open.length) throw new Refused("its payload is left out");
    if (!row.skipped) return sha256(framedAll(paired(columns.payload, row.values)));
    const { length, state, rest } = row.skipped, names = columns.payload.map(([name]) => name);
    const count = names.length - names.indexOf(SHORTENED[row.table]);
    const known = Object.hasOwn(SHORTENED, row.table) && count === row.values.length && row.values[0] !== null;
    if (!known || !rest.length || rest.includes(0)) throw new Refused("it does not say where its first value begins");
    if (length < 64 || length % 64) throw new Refused("what it skips does not end with a block");
    return resumed(state, length, joined([rest, framedAll(paired(columns.payload.slice(-count), row.values))]));
  };

  // The hash of a row, from what the bundle has of it, and its values by column.
  const hashed = async (row, previousHash) => {
    const columns = columnsOf(row.table);
    const shown = row.payloadHash === null ? [] : paired(columns.open, row.values);
    const place = [["text", row.table], ["text", row.stream], ["bigint", String(row.sequence)], ["timestamptz", row.recordedAt]];
    const hashes = [framed("bytea", previousHash), framed("bytea", toHex(await payloadHash(row, columns)))];
    const names = (row.payloadHash === null ? columns.payload : columns.open).map(([name]) => name).slice(-row.values.length);
    return {
      hash: await sha256(joined([framedAll(place), ...hashes, framedAll(shown)])),
      values: Object.assign(Object.create(null), Object.fromEntries(names.map((name, at) => [name, row.values[at]]))),
    };
  };

  return { COLUMNS, PUBLIC, SHORTENED, Refused, bytesOf, fromHex, toHex, joined, sha256, framed, framedAll, columnsOf, resumed, hashed };
})();
