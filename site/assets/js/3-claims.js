// What rows say of the numbers on a page, and to which page they belong: as framework/page/claims.py, printed.py and evidence.py.
"use strict";
const Claims = (() => {
  const { Refused } = Canonical;
  const SERIES = { research: "simulated", nightly: "paper", paper: "paper", live: "live" };
  const WORDS = ["content_hash", "git_sha", "verdict"];
  const TABLES = {
    home: ["backtest_results"],
    strategy: ["backtest_results", "suspensions", "runs", "notebooks", "portfolio_worth", "orders", "order_events"],
    notebook: ["notebooks", "runs"],
  };
  const NOTHING = null, ANY_RUN = "";

  const text = (row, column) => {
    if (typeof row.values[column] !== "string") throw new Refused(`its ${column} is missing`);
    return row.values[column];
  };
  const real = value => {
    if (value === undefined || typeof value === "string" && !/^[-+\d.eE]+$/.test(value) || Number.isNaN(Number(value)))
      throw new Refused("a number is none");
    return Number(value);
  };
  const maybe = value => value === null || value === undefined ? NOTHING : real(value);
  const json = (row, column) => JSON.parse(text(row, column));
  const series = word => {
    if (!Object.hasOwn(SERIES, word)) throw new Refused(`there is no series ${word}`);
    return SERIES[word];
  };

  const SAYING = {
    *backtest_results(row) {
      const of = ["simulated", ANY_RUN];
      for (const one of json(row, "tearsheet").rows) {
        yield [one.key, of, maybe(one.value)];
        yield [`${one.key}.n`, of, maybe(one.n)];
        for (const end of ["low", "high"]) yield [`${one.key}.${end}`, of, maybe(one[end])];
      }
      const verdict = json(row, "verdict");
      for (const reason of verdict.reasons) {
        yield [`gate.${reason.gate}`, of, maybe(reason.value)];
        yield [`gate.${reason.gate}.limit`, of, maybe(reason.limit)];
      }
      yield ["gates", of, verdict.reasons.length];
      yield ["gates_passed", of, verdict.reasons.filter(reason => reason.passed === true).length];
      yield ["trials", of, maybe(verdict.trials)];
      yield ["verdict", of, verdict.promoted === true ? "promoted" : "rejected"];
      const shares = json(row, "positions_last"), weights = json(row, "weights_last");
      for (const symbol of new Set([...Object.keys(shares), ...Object.keys(weights)])) {
        yield [`positions_last.${symbol}`, of, Object.hasOwn(shares, symbol) ? maybe(shares[symbol]) : 0];
        yield [`weights_last.${symbol}`, of, Object.hasOwn(weights, symbol) ? maybe(weights[symbol]) : NOTHING];
      }
    },
    *portfolio_worth(row) {
      const of = [series(text(row, "mode")), text(row, "run_id")], session = text(row, "session");
      const worth = real(text(row, "worth_usd")), prices = json(row, "prices");
      yield [`worth.${session}`, of, worth];
      yield ["final_worth", of, worth];
      yield [`cash.${session}`, of, real(text(row, "cash_usd"))];
      for (const [symbol, held] of Object.entries(json(row, "holdings"))) {
        yield [`position.${symbol}`, of, real(held)];
        yield [`position_value.${symbol}`, of, real(held) * real(prices[symbol])];
      }
    },
    *orders(row) {
      const of = [series(text(row, "mode")), text(row, "run_id")], identity = text(row, "order_id");
      for (const metric of ["quantity", "reference_price"]) yield [`order.${identity}.${metric}`, of, real(text(row, metric))];
    },
    *order_events(row, ordered) {
      const identity = text(row, "order_id");
      if (!ordered.has(identity)) return;
      const of = [series(text(row, "mode")), ordered.get(identity)];
      yield [`order.${identity}.filled`, of, real(text(row, "quantity"))];
      yield [`order.${identity}.costs`, of, real(text(row, "commission_usd")) + real(text(row, "spread_usd"))];
      if (row.values.price !== null) yield [`order.${identity}.price`, of, real(text(row, "price"))];
    },
    *runs(row) { yield ["git_sha", [series(text(row, "mode")), text(row, "run_id")], text(row, "git_sha")]; },
    *notebooks(row) {
      yield ["content_hash", [series(text(row, "kind")), row.values.run_id ?? "none"], text(row, "content_hash")];
    },
  };
  const keyOf = (metric, strategy, series, run) => JSON.stringify([metric, strategy, series, run]);

  const claims = rows => {
    const every = rows.slice().sort((one, other) => one.sequence - other.sequence), found = new Map();
    const orders = every.filter(row => row.table === "orders");
    const ordered = new Map(orders.map(row => [row.values.order_id, row.values.run_id]));
    for (const row of every) {
      if (!Object.hasOwn(SAYING, row.table)) continue;
      try {
        for (const [metric, of, claim] of SAYING[row.table](row, ordered)) found.set(keyOf(metric, row.strategy, ...of), claim);
      } catch (error) {
        throw new Refused(`${row.table}, row ${row.sequence}, says nothing that a page shows (${error.message})`);
      }
    }
    return found;
  };

  const refuseForeign = (page, rows) => {
    const match = /^strategies\/([^/]+)\/(?:(research|nightly)\/)?$/.exec(page);
    if (page && !match) throw new Refused(`no page ${page} shows rows of the record`);
    const places = TABLES[match ? match[2] ? "notebook" : "strategy" : "home"];
    for (const row of rows) {
      if (!places.includes(row.table)) throw new Refused(`a row of ${row.table} has no place on this page`);
      if (match && row.strategy !== match[1]) throw new Refused(`a row of ${row.strategy} has no place on the page of ${match[1]}`);
      if (match && match[2] && row.table === "notebooks" && row.values.kind !== match[2])
        throw new Refused(`a ${row.values.kind} notebook has no place on this page`);
    }
  };

  const valueOf = given => /^-?\d+(?:\.\d+)?(?:e[-+]?\d+)?$/.test(given) ? Number(given) : NaN;
  const is = (given, claim) => claim === NOTHING ? given === "" : typeof claim === "string" ? given === claim : valueOf(given) === claim;

  const RAISED = "⁻⁰¹²³⁴⁵⁶⁷⁸⁹";
  const read = printed => {
    let exponent = 0;
    const power = /^(.+?)(?: × 10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)|e([-+]?\d{1,3}))$/.exec(printed);
    if (power) {
      const raised = power[2] ? Array.from(power[2], one => "-0123456789"[RAISED.indexOf(one)]).join("") : power[3];
      if (!/^[-+]?\d{1,3}$/.test(raised)) return null;
      [printed, exponent] = [power[1], Number(raised)];
    }
    const match = /^(-?)\$?(\d[\d,]*(?:\.(\d+))?)(%?)$/.exec(printed.replaceAll("−", "-"));
    if (!match) return null;
    const scale = Number(`1e${exponent}`);
    return { number: Number(match[1] + match[2].replaceAll(",", "")) * scale, unit: scale * 10 ** -(match[3] || "").length, perCent: match[4] === "%" };
  };
  const isPrinted = (printed, given, metric) => {
    if (WORDS.includes(metric)) return printed.toLowerCase() === given.toLowerCase();
    if (!given) return !/\p{Nd}/u.test(printed);
    const value = valueOf(given), found = read(printed.trim());
    if (Number.isNaN(value) || !found) return false;
    const months = metric.startsWith("monthly_return.") || metric.startsWith("annual_return.");
    if (printed.includes(" × 10")) return Math.abs(found.number - value) <= 0.5 * found.unit * (1 + 1e-9) && printed.includes(".");
    const scaled = found.perCent || months ? value * 100 : value;
    const coarsest = Math.abs(scaled) >= 999.99 ? 0.5 : months ? 0.05 : 0.005;
    return Math.abs(found.number - scaled) <= Math.min(0.5 * found.unit, coarsest) * (1 + 1e-9) + 1e-12 * Math.abs(scaled);
  };

  // Each number of the page: whether a row says it, and what is wrong with it, if anything.
  const compare = (elements, said) => elements.map(element => {
    const { metric = "", strategy = "", series = "", run = "" } = element.dataset, given = element.getAttribute("value") || "";
    const exact = keyOf(metric, strategy, series, run), key = said.has(exact) ? exact : keyOf(metric, strategy, series, ANY_RUN);
    const known = said.has(key), named = `${metric} of ${strategy} (${series})`, printed = element.textContent;
    let fault = "";
    if (known && !is(given, said.get(key))) fault = `${named} is ${given || "nothing"} on the page and ${said.get(key) ?? "nothing"} in its row`;
    else if (!isPrinted(printed, given, metric)) fault = `${named} is ${given || "nothing"} and is printed as ${printed}`;
    return { element, known, fault };
  });

  return { TABLES, SERIES, WORDS, claims, refuseForeign, isPrinted, compare };
})();
